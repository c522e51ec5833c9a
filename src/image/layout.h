/* Where the bytes of an image are: sizes, planes and rows. Pure, and checked for overflow.
 *
 * An image here has a supported pair of pixel format and modifier (image_format_is_supported).
 * Sizes are in pixels, rows and offsets in bytes. Each function returns false, and leaves *ret
 * alone, where the image or the plane does not exist or a number does not fit.
 *
 * Source: spec/fuchsia.sysmem2.txt, TABLES, ImageFormatConstraints (min_bytes_per_row and what
 * surrounds it). */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/* The plane number of what a modifier adds behind the image's own planes: Intel's compression
 * control surface, ARM's transaction elimination. */
#define IMAGE_PLANE_AUXILIARY 3

struct image {
    uint32_t pixel_format;
    uint64_t modifier;
    uint32_t width;
    uint32_t height;
    uint32_t bytes_per_row; /* of plane 0 */
};

/* What constraints say of widths and rows. */
struct image_row_limits {
    uint32_t min_width;
    uint32_t max_width;
    uint32_t width_alignment; /* not 0 */
    uint32_t min_bytes_per_row;
    uint32_t max_bytes_per_row;
    uint32_t bytes_per_row_divisor; /* not 0 */
};

/* The fewest bytes that a row of an image of `width` may have under the limits. */
bool image_min_bytes_per_row(uint32_t pixel_format, uint64_t modifier,
                             const struct image_row_limits *limits, uint32_t width, uint32_t *ret);

/* How many planes images of a supported pair have, without the auxiliary one. */
uint32_t image_plane_count(uint32_t pixel_format, uint64_t modifier);

/* Whether the plane is one of those, or the auxiliary one of a modifier that adds it. */
bool image_has_plane(uint32_t pixel_format, uint64_t modifier, uint32_t plane);

/* All bytes of the image, auxiliary plane included. */
bool image_size_bytes(const struct image *image, uint64_t *ret);

/* Where a plane starts, from the image's start. */
bool image_plane_offset(const struct image *image, uint32_t plane, uint64_t *ret);

/* The bytes of one of a plane's rows; 0 for a plane without rows (AFBC). */
bool image_plane_bytes_per_row(const struct image *image, uint32_t plane, uint32_t *ret);

#endif
