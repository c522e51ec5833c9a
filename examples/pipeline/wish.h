/* What a program of the pipeline asks for, as the tables of the interface, and in words. */
#ifndef PIPELINE_WISH_H
#define PIPELINE_WISH_H

#include <stddef.h>
#include <stdint.h>

#include <sysmem/types.h>

#include "picture.h"
#include "report.h"

#define WISH_MAX_ITEMS 4

/* A size of 0 x 0 is not asked for. */
struct wish {
    uint32_t formats[WISH_MAX_ITEMS]; /* SYSMEM_PIXEL_FORMAT_*, the favourite first; linear */
    size_t format_count;
    uint32_t color_spaces[WISH_MAX_ITEMS]; /* SYSMEM_COLOR_SPACE_* */
    size_t color_space_count;
    uint32_t cpu_usage;             /* SYSMEM_CPU_USAGE_* */
    uint32_t camping;               /* buffers that it may keep to itself */
    uint32_t bytes_per_row_divisor; /* bytes */
    struct sysmem_size size_alignment;
    struct sysmem_size min_size;
    struct sysmem_size max_size;
    struct sysmem_size required_max_size; /* what the buffers must have room for */
};

/* The tables of a wish. They point into this struct and into the wish. */
struct wish_tables {
    struct sysmem_buffer_collection_constraints constraints;
    struct sysmem_image_format_constraints image;
    struct sysmem_pixel_format_and_modifier formats[WISH_MAX_ITEMS];
};

void wish_fill(const struct wish *wish, struct wish_tables *ret);

/* Reports what was asked for (asked.*), and what came out (got.*). */
void wish_report(const struct wish *wish, struct report *report);
void wish_report_outcome(const struct sysmem_buffer_collection_info *info,
                         const struct picture_layout *layout, struct report *report);

#endif
