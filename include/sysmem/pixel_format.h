/* What is known of pixel formats, modifiers and color spaces, and their names. No call of this
 * header talks to the daemon; any thread may call.
 *
 * Source: fuchsia.images2/PixelFormat, PixelFormatModifier, ColorSpace, as
 * spec/fuchsia.sysmem2.txt, TABLES, ImageFormatConstraints refers to them. */
#ifndef SYSMEM_PIXEL_FORMAT_H
#define SYSMEM_PIXEL_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include <sysmem/error.h>
#include <sysmem/export.h>
#include <sysmem/format.h>

/* The space that a sentence on why a format has no counterpart in another system needs, its end
 * included (<sysmem/drm_format.h> and its like). */
#define SYSMEM_FORMAT_WHY_SIZE 160

/* What a pixel format says by itself, whatever its modifier is. The library makes these, so that
 * later versions can say more: members are added at the end. */
struct sysmem_pixel_format_info {
    /* Of samples, on average over an image. P010 has 15, though its samples take 24 in memory. */
    uint32_t bits_per_pixel;
    /* Of one sample, as color spaces count them: 10 for P010, 8 for every other format. */
    uint32_t bits_per_sample;
    /* Of a row of plane 0, for each pixel of the width. */
    uint32_t bytes_per_width_pixel;
    /* How many pixels share a sample of the coarsest channel; sizes are multiples of it. */
    uint32_t width_divisor;
    uint32_t height_divisor;
    /* Rows and an image's start are multiples of so many bytes. */
    uint32_t sample_alignment;
    /* There is a channel A or X: is_alpha_present means something. */
    bool has_alpha;
};

/* Stays as long as the library. NULL: images cannot be laid out in this format (MJPEG, DO_NOT_CARE,
 * INVALID, a value that is not known). */
SYSMEM_EXPORT const struct sysmem_pixel_format_info *sysmem_pixel_format_info(
    uint32_t pixel_format);

/* Whether there are images of this format with this modifier. DO_NOT_CARE is neither. */
SYSMEM_EXPORT bool sysmem_pixel_format_supports_modifier(uint32_t pixel_format, uint64_t modifier);

/* Whether images of this format may have this color space. */
SYSMEM_EXPORT bool sysmem_pixel_format_supports_color_space(uint32_t pixel_format,
                                                            uint32_t color_space);

/* Whether hardware can write images with this modifier into protected (secure) memory: all but
 * those with ARM's transaction elimination. False for a modifier that is not known. */
SYSMEM_EXPORT bool sysmem_pixel_format_modifier_is_protected_compatible(uint64_t modifier);

/* The name of a value, as the interface spells it: "R8G8B8A8", "INTEL_I915_X_TILED", "REC709".
 * NULL: it has none (such as AFBC modifiers with flags that no name has). A constant string. */
SYSMEM_EXPORT const char *sysmem_pixel_format_name(uint32_t pixel_format);
SYSMEM_EXPORT const char *sysmem_pixel_format_modifier_name(uint64_t modifier);
SYSMEM_EXPORT const char *sysmem_color_space_name(uint32_t color_space);

/* The value of such a name. ZX_ERR_NOT_FOUND: there is no such name. */
SYSMEM_EXPORT sysmem_status_t sysmem_pixel_format_from_name(const char *name,
                                                            uint32_t *ret_pixel_format);
SYSMEM_EXPORT sysmem_status_t sysmem_pixel_format_modifier_from_name(const char *name,
                                                                     uint64_t *ret_modifier);
SYSMEM_EXPORT sysmem_status_t sysmem_color_space_from_name(const char *name,
                                                           uint32_t *ret_color_space);

#endif
