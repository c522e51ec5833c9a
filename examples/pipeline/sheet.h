/* A contact sheet: at most twelve frames of a video of any length, small, side by side in a PNG. */
#ifndef PIPELINE_SHEET_H
#define PIPELINE_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "picture.h"

#define SHEET_COLUMNS 4
#define SHEET_TILES   12

struct sheet {
    struct sysmem_size tile; /* pixels of a small picture */
    uint32_t scale;          /* pixels of the video for each */
    bool full_range;
    uint64_t interval; /* a tile for each frame whose number this divides */
    uint32_t count;
    unsigned char *tiles; /* SHEET_TILES times RGB */
};

/* For frames of `size`; full_range says which values luma takes. False: no memory. */
bool sheet_init(struct sheet *sheet, struct sysmem_size size, bool full_range);

/* Shows a frame to the sheet, which takes it or not. Frames come in order, from 0. */
void sheet_add(struct sheet *sheet, const struct picture *picture, uint64_t frame);

/* Writes the PNG. False: `error` (size bytes) says why. */
bool sheet_write(const struct sheet *sheet, const char *path, char *error, size_t size);

void sheet_deinit(struct sheet *sheet);

#endif
