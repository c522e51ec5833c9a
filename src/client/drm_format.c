#include <sysmem/drm_format.h>

#include <inttypes.h>
#include <stddef.h>

#include "client/foreign.h"

static bool has(const struct counterpart *row)
{
    return row->drm != NULL;
}

static const struct foreign_system drm = {"DRM", has};

sysmem_status_t sysmem_drm_format_from_constraints(
    const struct sysmem_image_format_constraints *constraints, struct sysmem_drm_format *ret_format,
    char *ret_why)
{
    char text[FOREIGN_MODIFIER_SIZE];
    const struct counterpart *row;
    uint64_t modifier = foreign_modifier(constraints);
    sysmem_status_t status = foreign_find(&drm, constraints, &row, ret_why);
    if (status != ZX_OK) {
        return status;
    }
    if (!counterpart_drm_modifier(modifier, &ret_format->modifier)) {
        return foreign_refuse(ret_why, "DRM has no counterpart of the modifier %s",
                              foreign_modifier_text(modifier, text));
    }
    ret_format->fourcc = counterpart_code(row->drm);
    return ZX_OK;
}

static const struct counterpart *find_fourcc(uint32_t fourcc)
{
    size_t count = 0;
    const struct counterpart *rows = counterparts(&count);
    for (size_t i = 0; i < count; i++) {
        if (has(&rows[i]) && counterpart_code(rows[i].drm) == fourcc) {
            return &rows[i];
        }
    }
    return NULL;
}

sysmem_status_t sysmem_drm_format_into_constraints(
    const struct sysmem_drm_format *format, struct sysmem_image_format_constraints *constraints,
    char *ret_why)
{
    char text[FOREIGN_MODIFIER_SIZE];
    const struct counterpart *row = find_fourcc(format->fourcc);
    uint64_t modifier;
    if (row == NULL) {
        return foreign_unknown_code(&drm, format->fourcc, ret_why);
    }
    if (!counterpart_of_drm_modifier(format->modifier, &modifier)) {
        return foreign_refuse(ret_why, "sysmem has no counterpart of DRM's modifier 0x%016" PRIx64,
                              format->modifier);
    }
    if (!sysmem_pixel_format_supports_modifier(row->pixel_format, modifier)) {
        return foreign_refuse(ret_why, "sysmem has no images of %s with %s",
                              sysmem_pixel_format_name(row->pixel_format),
                              foreign_modifier_text(modifier, text));
    }
    foreign_fill(row, modifier, constraints);
    return ZX_OK;
}
