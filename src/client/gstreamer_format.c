#include <sysmem/gstreamer_format.h>

#include <stddef.h>
#include <string.h>

#include "client/foreign.h"

static bool has(const struct counterpart *row)
{
    return row->gstreamer != NULL;
}

static const struct foreign_system gstreamer = {"GStreamer", has};

sysmem_status_t sysmem_gstreamer_format_from_constraints(
    const struct sysmem_image_format_constraints *constraints, const char **ret_name, char *ret_why)
{
    const struct counterpart *row;
    sysmem_status_t status = foreign_find_linear(&gstreamer, constraints, &row, ret_why);
    if (status == ZX_OK) {
        *ret_name = row->gstreamer;
    }
    return status;
}

sysmem_status_t sysmem_gstreamer_format_into_constraints(
    const char *name, struct sysmem_image_format_constraints *constraints, char *ret_why)
{
    size_t count = 0;
    const struct counterpart *rows = counterparts(&count);
    for (size_t i = 0; i < count; i++) {
        if (has(&rows[i]) && strcmp(rows[i].gstreamer, name) == 0) {
            foreign_fill(&rows[i], SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR, constraints);
            return ZX_OK;
        }
    }
    return foreign_unknown_name(&gstreamer, name, ret_why);
}
