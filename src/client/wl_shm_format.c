#include <sysmem/wl_shm_format.h>

#include <stddef.h>

#include "client/foreign.h"

static bool has(const struct counterpart *row)
{
    return row->drm != NULL;
}

static const struct foreign_system wl_shm = {"wl_shm", has};

sysmem_status_t sysmem_wl_shm_format_from_constraints(
    const struct sysmem_image_format_constraints *constraints, uint32_t *ret_format, char *ret_why)
{
    const struct counterpart *row;
    sysmem_status_t status = foreign_find_linear(&wl_shm, constraints, &row, ret_why);
    if (status == ZX_OK) {
        *ret_format = counterpart_wl_shm(row);
    }
    return status;
}

sysmem_status_t sysmem_wl_shm_format_into_constraints(
    uint32_t format, struct sysmem_image_format_constraints *constraints, char *ret_why)
{
    size_t count = 0;
    const struct counterpart *rows = counterparts(&count);
    for (size_t i = 0; i < count; i++) {
        const struct counterpart *row = &rows[i];
        if (has(row) && counterpart_wl_shm(row) == format) {
            foreign_fill(row, SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR, constraints);
            return ZX_OK;
        }
    }
    return foreign_unknown_code(&wl_shm, format, ret_why);
}
