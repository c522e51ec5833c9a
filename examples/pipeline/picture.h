/* A 4:2:0 picture in a buffer: where its samples lie, and what the filter does to them. */
#ifndef PIPELINE_PICTURE_H
#define PIPELINE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/types.h>

#define PICTURE_PLANES 3 /* Y, U, V */

struct plane {
    unsigned char *samples; /* the first one */
    uint32_t width;         /* in samples */
    uint32_t height;
    size_t stride; /* bytes from one row to the next */
    size_t step;   /* bytes from one sample to the next: 2 where U and V alternate */
};

struct picture {
    struct plane planes[PICTURE_PLANES];
};

/* Where the planes of every buffer of a collection lie: what all participants compute alike from
 * the settings that they were given. */
struct picture_layout {
    uint32_t pixel_format;   /* SYSMEM_PIXEL_FORMAT_NV12, _I420 or _YV12 */
    struct sysmem_size size; /* of the visible picture, in pixels */
    uint32_t rows;           /* luma rows with alignment */
    uint32_t bytes_per_row;  /* of luma */
    uint64_t bytes;          /* of the whole picture */
};

/* The layout of pictures of `size` under these settings. False: another pixel format or modifier
 * than the three linear ones, or a picture that the settings have no room for. */
bool picture_layout_init(struct picture_layout *layout,
                         const struct sysmem_single_buffer_settings *settings,
                         struct sysmem_size size);

/* The layout of unpadded I420 in a program's own memory. */
struct picture_layout picture_layout_packed(struct sysmem_size size);

/* The picture in the buffer that begins at `base`. */
struct picture picture_at(const struct picture_layout *layout, void *base);

/* What the filter does: turns the luma of a band, a quarter of the picture high, into its negative.
 * The band moves three rows down with each frame and comes back in at the top. In place; doing it
 * twice undoes it. */
void picture_filter(const struct picture *picture, uint64_t frame);

/* "I420", "NV12", "YV12", or "?". */
const char *picture_format_name(uint32_t pixel_format);

#endif
