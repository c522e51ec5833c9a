#include <sysmem/v4l2_format.h>

#include <stddef.h>

#include "client/foreign.h"

static bool has(const struct counterpart *row)
{
    return row->v4l2 != NULL;
}

static const struct foreign_system v4l2 = {"V4L2", has};

sysmem_status_t sysmem_v4l2_format_from_constraints(
    const struct sysmem_image_format_constraints *constraints, uint32_t *ret_fourcc, char *ret_why)
{
    const struct counterpart *row;
    sysmem_status_t status = foreign_find_linear(&v4l2, constraints, &row, ret_why);
    if (status == ZX_OK) {
        *ret_fourcc = counterpart_code(row->v4l2);
    }
    return status;
}

sysmem_status_t sysmem_v4l2_format_into_constraints(
    uint32_t fourcc, struct sysmem_image_format_constraints *constraints, char *ret_why)
{
    size_t count = 0;
    const struct counterpart *rows = counterparts(&count);
    for (size_t i = 0; i < count; i++) {
        const struct counterpart *row = &rows[i];
        if (has(row) && counterpart_code(row->v4l2) == fourcc) {
            foreign_fill(row, SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR, constraints);
            return ZX_OK;
        }
    }
    return foreign_unknown_code(&v4l2, fourcc, ret_why);
}
