/* DRM's formats and modifiers, as <drm_fourcc.h> of libdrm has them: for GBM, EGL, Vulkan, KMS and
 * Wayland's linux-dmabuf. No call of this header talks to the daemon; any thread may call.
 *
 * DRM reads a pixel as a little-endian word from its highest bit down, the interface's formats of
 * whole bytes are in the order of memory: R8G8B8A8 is DRM_FORMAT_ABGR8888. What is not the same in
 * memory is no counterpart: the calls then return ZX_ERR_NOT_SUPPORTED. */
#ifndef SYSMEM_DRM_FORMAT_H
#define SYSMEM_DRM_FORMAT_H

#include <stdint.h>

#include <sysmem/error.h>
#include <sysmem/export.h>
#include <sysmem/pixel_format.h>
#include <sysmem/types.h>

struct sysmem_drm_format {
    uint32_t fourcc;   /* DRM_FORMAT_* */
    uint64_t modifier; /* DRM_FORMAT_MOD_*, I915_FORMAT_MOD_*, AFBC's */
};

/* What DRM calls the format of the constraints: pixel_format with is_alpha_present (false: DRM's
 * format with an X; unset: with an A where there is one) and pixel_format_modifier (unset: LINEAR).
 * ret_why: NULL, or SYSMEM_FORMAT_WHY_SIZE bytes, which get a sentence in case of an error.
 * ZX_ERR_NOT_SUPPORTED: DRM has no counterpart; no modifier with ARM's transaction elimination has
 * one. ZX_ERR_INVALID_ARGS: no pixel format is set. */
SYSMEM_EXPORT sysmem_status_t
sysmem_drm_format_from_constraints(const struct sysmem_image_format_constraints *constraints,
                                   struct sysmem_drm_format *ret_format, char *ret_why);

/* Sets pixel_format, pixel_format_modifier and is_alpha_present (unset for formats without a
 * channel A or X) of the constraints, and leaves the rest. ret_why: as above. ZX_ERR_NOT_SUPPORTED:
 * the interface has no counterpart, or no images of that format with that modifier;
 * DRM_FORMAT_MOD_INVALID, which does not say what the layout is, has none. */
SYSMEM_EXPORT sysmem_status_t sysmem_drm_format_into_constraints(
    const struct sysmem_drm_format *format, struct sysmem_image_format_constraints *constraints,
    char *ret_why);

#endif
