#include "image/modifier.h"

#include <sysmem/format.h>

#include "image/pixel_format.h"

#define AFBC_FLAGS                                                                                 \
    (MODIFIER_AFBC_YUV | MODIFIER_AFBC_SPLIT_BLOCK | MODIFIER_AFBC_SPARSE | MODIFIER_AFBC_BCH |    \
     MODIFIER_AFBC_TE | MODIFIER_AFBC_TILED_HEADER)

enum modifier_family modifier_family_of(uint64_t modifier)
{
    switch (modifier) {
    case SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR:
        return MODIFIER_LINEAR;
    case SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED:
    case SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED:
    case SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED:
    case SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED_CCS:
    case SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED_CCS:
        return MODIFIER_INTEL;
    case SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_LINEAR_TE:
        return MODIFIER_LINEAR_TE;
    case SYSMEM_PIXEL_FORMAT_MODIFIER_GOOGLE_GOLDFISH_OPTIMAL:
        return MODIFIER_GOLDFISH;
    default:
        break;
    }
    uint64_t block = modifier & ~AFBC_FLAGS;
    if (block == SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16 ||
        block == SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8) {
        return MODIFIER_AFBC;
    }
    return MODIFIER_UNKNOWN;
}

bool modifier_has_te(uint64_t modifier)
{
    enum modifier_family family = modifier_family_of(modifier);
    return family == MODIFIER_LINEAR_TE ||
           (family == MODIFIER_AFBC && (modifier & MODIFIER_AFBC_TE) != 0);
}

bool modifier_has_auxiliary_plane(uint64_t modifier)
{
    return modifier_has_te(modifier) ||
           (modifier_family_of(modifier) == MODIFIER_INTEL && (modifier & MODIFIER_INTEL_CCS) != 0);
}

static bool is_8888(uint32_t pixel_format)
{
    return pixel_format == SYSMEM_PIXEL_FORMAT_R8G8B8A8 ||
           pixel_format == SYSMEM_PIXEL_FORMAT_B8G8R8A8 ||
           pixel_format == SYSMEM_PIXEL_FORMAT_R8G8B8X8 ||
           pixel_format == SYSMEM_PIXEL_FORMAT_B8G8R8X8;
}

bool image_format_is_supported(uint32_t pixel_format, uint64_t modifier)
{
    switch (modifier_family_of(modifier)) {
    case MODIFIER_LINEAR:
    case MODIFIER_LINEAR_TE:
    case MODIFIER_GOLDFISH:
        return pixel_format_find(pixel_format) != NULL;
    case MODIFIER_INTEL:
        return is_8888(pixel_format) || pixel_format == SYSMEM_PIXEL_FORMAT_NV12;
    case MODIFIER_AFBC:
        return is_8888(pixel_format);
    case MODIFIER_UNKNOWN:
        break;
    }
    return false;
}

bool pixel_format_is_usable(uint32_t pixel_format)
{
    return pixel_format_find(pixel_format) != NULL; /* every format can be linear */
}

bool modifier_is_usable(uint64_t modifier)
{
    return modifier_family_of(modifier) != MODIFIER_UNKNOWN;
}

bool modifier_is_protected_compatible(uint64_t modifier)
{
    return !modifier_has_te(modifier);
}
