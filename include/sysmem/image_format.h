/* Where the bytes of an image are: what a participant computes from the constraints that were
 * negotiated (sysmem_collection_info_get(), settings.image_format_constraints) and from the size
 * that it wants. No call of this header talks to the daemon; any thread may call.
 *
 * Widths and heights are in pixels, rows, offsets and sizes in bytes. Statuses of all calls, which
 * leave *ret alone:
 *   ZX_ERR_NOT_SUPPORTED  there are no images of this pixel format with this modifier
 *   ZX_ERR_OUT_OF_RANGE   the constraints do not allow this size, or a number does not fit
 *   ZX_ERR_NOT_FOUND      the image has no such plane
 *   ZX_ERR_INVALID_ARGS   the constraints have no pixel format, or a divisor or alignment of 0; or
 *                         `reserved` is not 0
 *
 * Source: spec/fuchsia.sysmem2.txt, TABLES, ImageFormatConstraints; what is not there of tilings
 * and compression is in docs/solver.md, Images. */
#ifndef SYSMEM_IMAGE_FORMAT_H
#define SYSMEM_IMAGE_FORMAT_H

#include <stdint.h>

#include <sysmem/error.h>
#include <sysmem/export.h>
#include <sysmem/pixel_format.h>
#include <sysmem/types.h>

/* The number of the plane that some modifiers add behind the image's own: Intel's compression
 * control surface, ARM's transaction elimination. */
#define SYSMEM_IMAGE_PLANE_AUXILIARY 3

/* One image, as fuchsia.images2/ImageFormat has it. */
struct sysmem_image_format {
    uint32_t pixel_format;
    uint64_t pixel_format_modifier;
    struct sysmem_size size;
    uint32_t bytes_per_row; /* of plane 0 */
    uint64_t reserved[4];   /* 0: room for what an image may have to say later */
};

/* The fewest bytes that a row of plane 0 may have in an image of this width. What is unset in the
 * constraints has the interface's default. The width is rounded up to size_alignment. Compressed
 * images (AFBC) have no rows: the number is that of their blocks, and bounds do not apply.
 * ZX_ERR_NOT_SUPPORTED also for GOOGLE_GOLDFISH_OPTIMAL, whose rows nobody is told of. */
SYSMEM_EXPORT sysmem_status_t sysmem_image_format_min_bytes_per_row(
    const struct sysmem_image_format_constraints *constraints, uint32_t width, uint32_t *ret_bytes);

/* The image of this size with the shortest rows that the constraints allow. The size must be a
 * multiple of size_alignment, and within min_size, max_size and max_width_times_height. */
SYSMEM_EXPORT sysmem_status_t sysmem_image_format_from_constraints(
    const struct sysmem_image_format_constraints *constraints, struct sysmem_size size,
    struct sysmem_image_format *ret_format);

/* All bytes of the image, with its auxiliary plane. */
SYSMEM_EXPORT sysmem_status_t
sysmem_image_format_size_bytes(const struct sysmem_image_format *format, uint64_t *ret_bytes);

/* How many planes the image has, numbered from 0; the auxiliary one is not counted. What tiles and
 * compression keep in one piece is one plane, and so is M420. */
SYSMEM_EXPORT sysmem_status_t
sysmem_image_format_plane_count(const struct sysmem_image_format *format, uint32_t *ret_count);

/* Where a plane starts, from the image's start. */
SYSMEM_EXPORT sysmem_status_t sysmem_image_format_plane_offset(
    const struct sysmem_image_format *format, uint32_t plane, uint64_t *ret_offset);

/* The bytes of one of a plane's rows; 0 for a plane without rows (AFBC). */
SYSMEM_EXPORT sysmem_status_t sysmem_image_format_plane_bytes_per_row(
    const struct sysmem_image_format *format, uint32_t plane, uint32_t *ret_bytes);

#endif
