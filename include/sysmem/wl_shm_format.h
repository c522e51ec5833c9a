/* The formats of Wayland's wl_shm, as <wayland-client-protocol.h> has them: DRM's codes, but for
 * ARGB8888 (0) and XRGB8888 (1). Images in wl_shm are linear. No call of this header talks to
 * the daemon; any thread may call. A format is a counterpart of another only if the bytes in memory
 * are the same. */
#ifndef SYSMEM_WL_SHM_FORMAT_H
#define SYSMEM_WL_SHM_FORMAT_H

#include <stdint.h>

#include <sysmem/error.h>
#include <sysmem/export.h>
#include <sysmem/pixel_format.h>
#include <sysmem/types.h>

/* What wl_shm calls the format of the constraints: pixel_format with is_alpha_present (false: a
 * format with an X; unset: with an A where there is one, else with an X). ret_why: NULL, or
 * SYSMEM_FORMAT_WHY_SIZE bytes, which get a sentence in case of an error. ZX_ERR_NOT_SUPPORTED:
 * wl_shm has no counterpart, or the modifier is not LINEAR (nor unset). ZX_ERR_INVALID_ARGS: no
 * pixel format is set. */
SYSMEM_EXPORT sysmem_status_t sysmem_wl_shm_format_from_constraints(
    const struct sysmem_image_format_constraints *constraints, uint32_t *ret_format, char *ret_why);

/* Sets pixel_format, pixel_format_modifier (LINEAR) and is_alpha_present (unset for formats without
 * a channel A or X) of the constraints, and leaves the rest. ret_why: as above.
 * ZX_ERR_NOT_SUPPORTED: the interface has no counterpart. */
SYSMEM_EXPORT sysmem_status_t sysmem_wl_shm_format_into_constraints(
    uint32_t format, struct sysmem_image_format_constraints *constraints, char *ret_why);

#endif
