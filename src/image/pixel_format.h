/* What is known of each pixel format, independent of its modifier. Pure.
 * Source: fuchsia.images2/PixelFormat, as spec/fuchsia.sysmem2.txt, TABLES, ImageFormatConstraints
 * refers to it. */
#ifndef IMAGE_PIXEL_FORMAT_H
#define IMAGE_PIXEL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a format's samples are spread over planes when the rows are linear. */
enum pixel_planes {
    PIXEL_PLANES_ONE,         /* all channels side by side */
    PIXEL_PLANES_INTERLEAVED, /* 4:2:0 in one plane: lines of luma and chroma take turns */
    PIXEL_PLANES_TWO,         /* 4:2:0: luma, then both chroma channels side by side */
    PIXEL_PLANES_THREE,       /* 4:2:0: luma, then each chroma channel by itself */
};

/* Color models, as a set. */
enum {
    COLOR_MODEL_RGB = 1,
    COLOR_MODEL_YUV = 2,
};

struct pixel_format {
    uint32_t value;           /* SYSMEM_PIXEL_FORMAT_* */
    uint8_t bits_per_pixel;   /* of samples, on average */
    uint8_t stride_bytes;     /* bytes of a row of plane 0 that one pixel of width takes */
    uint8_t size_divisor;     /* width and height are multiples of it */
    uint8_t sample_alignment; /* of rows and of the image's start, in bytes */
    uint8_t sample_bits;      /* of one channel, as color spaces count them */
    uint8_t color_models;     /* COLOR_MODEL_* */
    bool has_alpha;           /* has a channel A or X */
    enum pixel_planes planes;
};

/* The row of a format. NULL: no image can be laid out in it (INVALID, DO_NOT_CARE, MJPEG, unknown
 * values). */
const struct pixel_format *pixel_format_find(uint32_t value);

/* All rows, in the order of their values. */
const struct pixel_format *pixel_formats(size_t *ret_count);

#endif
