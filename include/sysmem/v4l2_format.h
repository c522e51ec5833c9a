/* The pixel formats of V4L2, as <linux/videodev2.h> has them: those that keep an image in one
 * buffer, V4L2_PIX_FMT_*. No call of this header talks to
 * the daemon; any thread may call. A format is a counterpart of another only if the bytes in memory
 * are the same. */
#ifndef SYSMEM_V4L2_FORMAT_H
#define SYSMEM_V4L2_FORMAT_H

#include <stdint.h>

#include <sysmem/error.h>
#include <sysmem/export.h>
#include <sysmem/pixel_format.h>
#include <sysmem/types.h>

/* What V4L2 calls the format of the constraints: pixel_format with is_alpha_present (false: a
 * format with an X; unset: with an A where there is one, else with an X). ret_why: NULL, or
 * SYSMEM_FORMAT_WHY_SIZE bytes, which get a sentence in case of an error. ZX_ERR_NOT_SUPPORTED:
 * V4L2 has no counterpart, or the modifier is not LINEAR (nor unset). ZX_ERR_INVALID_ARGS: no pixel
 * format is set. */
SYSMEM_EXPORT sysmem_status_t sysmem_v4l2_format_from_constraints(
    const struct sysmem_image_format_constraints *constraints, uint32_t *ret_fourcc, char *ret_why);

/* Sets pixel_format, pixel_format_modifier (LINEAR) and is_alpha_present (unset for formats without
 * a channel A or X) of the constraints, and leaves the rest. ret_why: as above.
 * ZX_ERR_NOT_SUPPORTED: the interface has no counterpart. */
SYSMEM_EXPORT sysmem_status_t sysmem_v4l2_format_into_constraints(
    uint32_t fourcc, struct sysmem_image_format_constraints *constraints, char *ret_why);

#endif
