#include "image/layout.h"

#include <sysmem/format.h>

#include "base/checked.h"
#include "image/modifier.h"
#include "image/pixel_format.h"
#include "image/tiling.h"

/* Transaction elimination: a checksum for each block of 32x32 pixels, twice, behind a header. */
#define TE_BLOCK        32
#define TE_ENTRY_BYTES  16
#define TE_ALIGNMENT    64
#define TE_HEADER_BYTES 64

uint32_t image_plane_count(uint32_t pixel_format, uint64_t modifier)
{
    enum modifier_family family = modifier_family_of(modifier);
    const struct pixel_format *format = pixel_format_find(pixel_format);
    if (format == NULL || family == MODIFIER_GOLDFISH) {
        return 1;
    }
    switch (format->planes) {
    case PIXEL_PLANES_TWO:
        return 2;
    case PIXEL_PLANES_THREE:
        return 3;
    default:
        return 1;
    }
}

bool image_has_plane(uint32_t pixel_format, uint64_t modifier, uint32_t plane)
{
    return plane < image_plane_count(pixel_format, modifier) ||
           (plane == IMAGE_PLANE_AUXILIARY && modifier_has_auxiliary_plane(modifier));
}

static uint32_t te_bytes_per_row(const struct image *image)
{
    uint64_t bytes = div_round_up_u64(image->width, TE_BLOCK) * TE_ENTRY_BYTES; /* at most 2^31 */
    return (uint32_t)((bytes + TE_ALIGNMENT - 1) / TE_ALIGNMENT * TE_ALIGNMENT);
}

static bool linear_size(const struct image *image, uint64_t *ret)
{
    const struct pixel_format *format = pixel_format_find(image->pixel_format);
    if (format == NULL) {
        return false;
    }
    uint64_t luma = (uint64_t)image->height * image->bytes_per_row;
    return checked_add_u64(luma, format->planes == PIXEL_PLANES_ONE ? 0 : luma / 2, ret);
}

/* Without the plane for transaction elimination. */
static bool base_size(const struct image *image, uint64_t *ret)
{
    switch (modifier_family_of(image->modifier)) {
    case MODIFIER_LINEAR:
    case MODIFIER_LINEAR_TE:
    case MODIFIER_GOLDFISH:
        return linear_size(image, ret);
    case MODIFIER_INTEL:
        return intel_size(image, ret);
    case MODIFIER_AFBC:
        return afbc_size(image, ret);
    case MODIFIER_UNKNOWN:
        break;
    }
    return false;
}

bool image_size_bytes(const struct image *image, uint64_t *ret)
{
    uint64_t size;
    if (!base_size(image, &size)) {
        return false;
    }
    if (modifier_has_te(image->modifier)) {
        uint64_t te = /* at most 2^59 */
            2 * (uint64_t)te_bytes_per_row(image) * div_round_up_u64(image->height, TE_BLOCK);
        if (!checked_round_up_u64(size, TE_ALIGNMENT, &size) ||
            !checked_add_u64(size, TE_HEADER_BYTES, &size) || !checked_add_u64(size, te, &size)) {
            return false;
        }
    }
    *ret = size;
    return true;
}

static bool linear_plane_offset(const struct image *image, uint32_t plane, uint64_t *ret)
{
    const struct pixel_format *format = pixel_format_find(image->pixel_format);
    if (format == NULL) {
        return false;
    }
    uint64_t luma = (uint64_t)image->height * image->bytes_per_row;
    uint64_t chroma = (uint64_t)(image->height / 2) * (image->bytes_per_row / 2);
    if (plane == 0) {
        *ret = 0;
        return true;
    }
    if (plane == 1 &&
        (format->planes == PIXEL_PLANES_TWO || format->planes == PIXEL_PLANES_THREE)) {
        *ret = luma;
        return true;
    }
    return plane == 2 && format->planes == PIXEL_PLANES_THREE && checked_add_u64(luma, chroma, ret);
}

bool image_plane_offset(const struct image *image, uint32_t plane, uint64_t *ret)
{
    if (plane == IMAGE_PLANE_AUXILIARY && modifier_has_te(image->modifier)) {
        uint64_t size;
        return base_size(image, &size) && checked_round_up_u64(size, TE_ALIGNMENT, ret);
    }
    switch (modifier_family_of(image->modifier)) {
    case MODIFIER_LINEAR:
    case MODIFIER_LINEAR_TE:
        return linear_plane_offset(image, plane, ret);
    case MODIFIER_GOLDFISH:
    case MODIFIER_AFBC:
        if (plane != 0) {
            return false;
        }
        *ret = 0;
        return true;
    case MODIFIER_INTEL:
        return intel_plane_offset(image, plane, ret);
    case MODIFIER_UNKNOWN:
        break;
    }
    return false;
}

static bool linear_plane_bytes_per_row(const struct image *image, uint32_t plane, uint32_t *ret)
{
    const struct pixel_format *format = pixel_format_find(image->pixel_format);
    if (format == NULL) {
        return false;
    }
    if (plane == 0 || (plane == 1 && format->planes == PIXEL_PLANES_TWO)) {
        *ret = image->bytes_per_row;
        return true;
    }
    if ((plane == 1 || plane == 2) && format->planes == PIXEL_PLANES_THREE) {
        *ret = image->bytes_per_row / 2;
        return true;
    }
    return false;
}

bool image_plane_bytes_per_row(const struct image *image, uint32_t plane, uint32_t *ret)
{
    if (plane == IMAGE_PLANE_AUXILIARY && modifier_has_te(image->modifier)) {
        *ret = te_bytes_per_row(image);
        return true;
    }
    switch (modifier_family_of(image->modifier)) {
    case MODIFIER_LINEAR:
    case MODIFIER_LINEAR_TE:
        return linear_plane_bytes_per_row(image, plane, ret);
    case MODIFIER_GOLDFISH:
    case MODIFIER_AFBC:
        if (plane != 0) {
            return false;
        }
        *ret = modifier_family_of(image->modifier) == MODIFIER_AFBC ? 0 : image->bytes_per_row;
        return true;
    case MODIFIER_INTEL:
        return intel_plane_bytes_per_row(image, plane, ret);
    case MODIFIER_UNKNOWN:
        break;
    }
    return false;
}

static bool row_of_width(uint32_t pixel_format, const struct image_row_limits *limits,
                         uint32_t width, uint32_t *ret)
{
    const struct pixel_format *format = pixel_format_find(pixel_format);
    uint32_t bytes;
    if (format == NULL || !checked_mul_u32(width, format->stride_bytes, &bytes)) {
        return false;
    }
    if (bytes < limits->min_bytes_per_row) {
        bytes = limits->min_bytes_per_row;
    }
    if (!checked_round_up_u32(bytes, limits->bytes_per_row_divisor, &bytes) ||
        bytes > limits->max_bytes_per_row) {
        return false;
    }
    *ret = bytes;
    return true;
}

static bool width_is_allowed(const struct image_row_limits *limits, uint32_t width)
{
    return width >= limits->min_width && width <= limits->max_width;
}

/* The width is rounded up only after it was compared, unlike below: what the interface gives as
 * max_size need not be a multiple of the alignment. */
static bool linear_min_row(uint32_t pixel_format, const struct image_row_limits *limits,
                           uint32_t width, uint32_t *ret)
{
    return width_is_allowed(limits, width) &&
           checked_round_up_u32(width, limits->width_alignment, &width) &&
           row_of_width(pixel_format, limits, width, ret);
}

static bool intel_min_row(uint32_t pixel_format, uint64_t modifier,
                          const struct image_row_limits *limits, uint32_t width, uint32_t *ret)
{
    struct image_row_limits tiled = *limits;
    return checked_round_up_u32(width, limits->width_alignment, &width) &&
           width_is_allowed(limits, width) &&
           checked_round_up_u32(limits->bytes_per_row_divisor, intel_tile_row_bytes(modifier),
                                &tiled.bytes_per_row_divisor) &&
           row_of_width(pixel_format, &tiled, width, ret);
}

bool image_min_bytes_per_row(uint32_t pixel_format, uint64_t modifier,
                             const struct image_row_limits *limits, uint32_t width, uint32_t *ret)
{
    switch (modifier_family_of(modifier)) {
    case MODIFIER_LINEAR:
    case MODIFIER_LINEAR_TE:
        return linear_min_row(pixel_format, limits, width, ret);
    case MODIFIER_INTEL:
        return intel_min_row(pixel_format, modifier, limits, width, ret);
    case MODIFIER_AFBC:
        return afbc_min_row(modifier, width, ret);
    case MODIFIER_GOLDFISH: /* the host lays these out, and tells nobody how */
    case MODIFIER_UNKNOWN:
        break;
    }
    return false;
}
