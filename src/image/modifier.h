/* Pixel format modifiers: families, their parameters, and which pixel formats each goes with. Pure.
 * Source: fuchsia.images2/PixelFormatModifier, as spec/fuchsia.sysmem2.txt refers to it. */
#ifndef IMAGE_MODIFIER_H
#define IMAGE_MODIFIER_H

#include <stdbool.h>
#include <stdint.h>

enum modifier_family {
    MODIFIER_UNKNOWN,
    MODIFIER_LINEAR,
    MODIFIER_INTEL,
    MODIFIER_AFBC,
    MODIFIER_LINEAR_TE, /* linear rows, with a plane for ARM's transaction elimination */
    MODIFIER_GOLDFISH,
};

/* The flag bits of Intel's and ARM's modifiers. */
#define MODIFIER_INTEL_CCS         UINT64_C(0x1000000)
#define MODIFIER_AFBC_YUV          UINT64_C(0x10)
#define MODIFIER_AFBC_SPLIT_BLOCK  UINT64_C(0x20)
#define MODIFIER_AFBC_SPARSE       UINT64_C(0x40)
#define MODIFIER_AFBC_BCH          UINT64_C(0x800)
#define MODIFIER_AFBC_TE           UINT64_C(0x1000)
#define MODIFIER_AFBC_TILED_HEADER UINT64_C(0x2000)

/* The family of a modifier; DO_NOT_CARE and INVALID are unknown. */
enum modifier_family modifier_family_of(uint64_t modifier);

/* Whether images may have transaction elimination's extra plane. */
bool modifier_has_te(uint64_t modifier);

/* Whether images have a plane behind their own: transaction elimination's, or Intel's CCS. */
bool modifier_has_auxiliary_plane(uint64_t modifier);

/* Whether there are images of this format and modifier. Both must be specific. */
bool image_format_is_supported(uint32_t pixel_format, uint64_t modifier);

/* Whether some modifier goes with the format, or some format with the modifier. */
bool pixel_format_is_usable(uint32_t pixel_format);
bool modifier_is_usable(uint64_t modifier);

/* Whether hardware can write such images into protected memory. */
bool modifier_is_protected_compatible(uint64_t modifier);

#endif
