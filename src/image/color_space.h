/* Color spaces: sets of them, which go with a pixel format, and which one is best. Pure.
 * Source: fuchsia.images2/ColorSpace, as spec/fuchsia.sysmem2.txt, TABLES, ImageFormatConstraints,
 * color_spaces refers to it. */
#ifndef IMAGE_COLOR_SPACE_H
#define IMAGE_COLOR_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "image/pixel_format.h"

/* A set of color spaces: bit n stands for the color space with value n. */
typedef uint32_t color_space_set;

/* What has no bit of its own: DO_NOT_CARE, and every value that no format supports. */
#define COLOR_SPACE_SET_ANY     (UINT32_C(1) << 31)
#define COLOR_SPACE_SET_UNKNOWN (UINT32_C(1) << 30)

/* The set that holds just this value (one of the two above for a value without a bit). */
color_space_set color_space_set_of(uint32_t color_space);

/* The color spaces that images of a format may have. */
color_space_set color_spaces_of(const struct pixel_format *format);

/* The best color space of a set that holds at least one known one. */
uint32_t color_space_best(color_space_set set);

#endif
