/* The names of GStreamer's raw video formats, as in caps: video/x-raw, format=NAME. (RGB16 is in
 * the machine's byte order; here it is R5G6B5, which is little-endian, as all machines are that
 * this runs on.) No call of this header talks to the daemon; any thread may call. A format is a
 * counterpart of another only if the bytes in memory are the same. */
#ifndef SYSMEM_GSTREAMER_FORMAT_H
#define SYSMEM_GSTREAMER_FORMAT_H

#include <stdint.h>

#include <sysmem/error.h>
#include <sysmem/export.h>
#include <sysmem/pixel_format.h>
#include <sysmem/types.h>

/* What GStreamer calls the format of the constraints: pixel_format with is_alpha_present (false: a
 * format with an X; unset: with an A where there is one, else with an X). A constant string.
 * ret_why: NULL, or SYSMEM_FORMAT_WHY_SIZE bytes, which get a sentence in case of an error.
 * ZX_ERR_NOT_SUPPORTED: GStreamer has no counterpart, or the modifier is not LINEAR (nor unset).
 * ZX_ERR_INVALID_ARGS: no pixel format is set. */
SYSMEM_EXPORT sysmem_status_t
sysmem_gstreamer_format_from_constraints(const struct sysmem_image_format_constraints *constraints,
                                         const char **ret_name, char *ret_why);

/* Sets pixel_format, pixel_format_modifier (LINEAR) and is_alpha_present (unset for formats without
 * a channel A or X) of the constraints, and leaves the rest. ret_why: as above.
 * ZX_ERR_NOT_SUPPORTED: the interface has no counterpart. */
SYSMEM_EXPORT sysmem_status_t sysmem_gstreamer_format_into_constraints(
    const char *name, struct sysmem_image_format_constraints *constraints, char *ret_why);

#endif
