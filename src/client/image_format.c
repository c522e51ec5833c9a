#include <sysmem/image_format.h>

#include "image/layout.h"
#include "image/modifier.h"

_Static_assert(SYSMEM_IMAGE_PLANE_AUXILIARY == IMAGE_PLANE_AUXILIARY, "one number for both");

/* The constraints with the interface's defaults for what is unset. */
struct bounds {
    uint32_t pixel_format;
    uint64_t modifier;
    struct sysmem_size min_size;
    struct sysmem_size max_size;
    struct sysmem_size alignment;
    uint64_t max_width_times_height;
    struct image_row_limits rows;
};

static sysmem_status_t bounds_of(const struct sysmem_image_format_constraints *from,
                                 struct bounds *ret)
{
    const struct sysmem_size one = {1, 1};
    const struct sysmem_size most = {UINT32_MAX, UINT32_MAX};
    struct bounds bounds = {
        .pixel_format = from->pixel_format,
        .modifier = from->has.pixel_format_modifier ? from->pixel_format_modifier
                                                    : SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR,
        .min_size = from->has.min_size ? from->min_size : (struct sysmem_size){0, 0},
        .max_size = from->has.max_size ? from->max_size : most,
        .alignment = from->has.size_alignment ? from->size_alignment : one,
        .max_width_times_height =
            from->has.max_width_times_height ? from->max_width_times_height : UINT32_MAX,
        .rows.min_bytes_per_row = from->has.min_bytes_per_row ? from->min_bytes_per_row : 0,
        .rows.max_bytes_per_row =
            from->has.max_bytes_per_row ? from->max_bytes_per_row : UINT32_MAX,
        .rows.bytes_per_row_divisor =
            from->has.bytes_per_row_divisor ? from->bytes_per_row_divisor : 1,
    };
    bounds.rows.min_width = bounds.min_size.width;
    bounds.rows.max_width = bounds.max_size.width;
    bounds.rows.width_alignment = bounds.alignment.width;
    if (!from->has.pixel_format || bounds.alignment.width == 0 || bounds.alignment.height == 0 ||
        bounds.rows.bytes_per_row_divisor == 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (!image_format_is_supported(bounds.pixel_format, bounds.modifier) ||
        modifier_family_of(bounds.modifier) == MODIFIER_GOLDFISH) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    *ret = bounds;
    return ZX_OK;
}

sysmem_status_t sysmem_image_format_min_bytes_per_row(
    const struct sysmem_image_format_constraints *constraints, uint32_t width, uint32_t *ret_bytes)
{
    struct bounds bounds;
    sysmem_status_t status = bounds_of(constraints, &bounds);
    if (status != ZX_OK) {
        return status;
    }
    return image_min_bytes_per_row(bounds.pixel_format, bounds.modifier, &bounds.rows, width,
                                   ret_bytes)
               ? ZX_OK
               : ZX_ERR_OUT_OF_RANGE;
}

static bool size_is_allowed(const struct bounds *bounds, struct sysmem_size size)
{
    return size.width >= bounds->min_size.width && size.height >= bounds->min_size.height &&
           size.width <= bounds->max_size.width && size.height <= bounds->max_size.height &&
           size.width % bounds->alignment.width == 0 &&
           size.height % bounds->alignment.height == 0 &&
           (uint64_t)size.width * size.height <= bounds->max_width_times_height;
}

sysmem_status_t sysmem_image_format_from_constraints(
    const struct sysmem_image_format_constraints *constraints, struct sysmem_size size,
    struct sysmem_image_format *ret_format)
{
    struct bounds bounds;
    uint32_t row;
    sysmem_status_t status = bounds_of(constraints, &bounds);
    if (status != ZX_OK) {
        return status;
    }
    if (!size_is_allowed(&bounds, size) ||
        !image_min_bytes_per_row(bounds.pixel_format, bounds.modifier, &bounds.rows, size.width,
                                 &row)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    *ret_format = (struct sysmem_image_format){
        .pixel_format = bounds.pixel_format,
        .pixel_format_modifier = bounds.modifier,
        .size = size,
        .bytes_per_row = row,
    };
    return ZX_OK;
}

static sysmem_status_t check_format(const struct sysmem_image_format *format)
{
    for (size_t i = 0; i < sizeof(format->reserved) / sizeof(format->reserved[0]); i++) {
        if (format->reserved[i] != 0) {
            return ZX_ERR_INVALID_ARGS;
        }
    }
    return image_format_is_supported(format->pixel_format, format->pixel_format_modifier)
               ? ZX_OK
               : ZX_ERR_NOT_SUPPORTED;
}

static struct image image_of(const struct sysmem_image_format *format)
{
    return (struct image){
        .pixel_format = format->pixel_format,
        .modifier = format->pixel_format_modifier,
        .width = format->size.width,
        .height = format->size.height,
        .bytes_per_row = format->bytes_per_row,
    };
}

sysmem_status_t sysmem_image_format_size_bytes(const struct sysmem_image_format *format,
                                               uint64_t *ret_bytes)
{
    const struct image image = image_of(format);
    sysmem_status_t status = check_format(format);
    if (status != ZX_OK) {
        return status;
    }
    return image_size_bytes(&image, ret_bytes) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}

sysmem_status_t sysmem_image_format_plane_count(const struct sysmem_image_format *format,
                                                uint32_t *ret_count)
{
    sysmem_status_t status = check_format(format);
    if (status != ZX_OK) {
        return status;
    }
    *ret_count = image_plane_count(format->pixel_format, format->pixel_format_modifier);
    return ZX_OK;
}

static sysmem_status_t check_plane(const struct sysmem_image_format *format, uint32_t plane)
{
    sysmem_status_t status = check_format(format);
    if (status != ZX_OK) {
        return status;
    }
    return image_has_plane(format->pixel_format, format->pixel_format_modifier, plane)
               ? ZX_OK
               : ZX_ERR_NOT_FOUND;
}

sysmem_status_t sysmem_image_format_plane_offset(const struct sysmem_image_format *format,
                                                 uint32_t plane, uint64_t *ret_offset)
{
    const struct image image = image_of(format);
    sysmem_status_t status = check_plane(format, plane);
    if (status != ZX_OK) {
        return status;
    }
    return image_plane_offset(&image, plane, ret_offset) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}

sysmem_status_t sysmem_image_format_plane_bytes_per_row(const struct sysmem_image_format *format,
                                                        uint32_t plane, uint32_t *ret_bytes)
{
    const struct image image = image_of(format);
    sysmem_status_t status = check_plane(format, plane);
    if (status != ZX_OK) {
        return status;
    }
    return image_plane_bytes_per_row(&image, plane, ret_bytes) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}
