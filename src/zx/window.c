#include "zx/window.h"

#include <sys/stat.h>

#include <zircon/syscalls.h>

#include "base/checked.h"

static bool is_inside_file(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    struct stat stat;
    uint64_t end;
    return checked_add_u64(offset, size, &end) && fstat(object_fd(&vmo->object), &stat) == 0 &&
           end <= (uint64_t)stat.st_size;
}

bool window_can_leave(struct vmo *vmo)
{
    return vmo_is_whole_file(vmo) ||
           (vmo->origin == VMO_SLICE && is_inside_file(vmo, vmo->offset, vmo_size(vmo)));
}

void window_describe(struct vmo *vmo, struct sysmem_handle_info *info)
{
    info->flags = SYSMEM_HANDLE_CONTENT_SIZE;
    info->content_size = vmo_get_content_size(vmo);
    if (!vmo_is_whole_file(vmo)) {
        info->flags |= SYSMEM_HANDLE_WINDOW;
        info->window_offset = vmo->offset;
        info->window_size = vmo_size(vmo);
    }
}

/* A window is a slice whose parent is in another process. */
static zx_status_t apply_window(struct vmo *vmo, const struct sysmem_handle_info *info)
{
    uint64_t page = zx_system_get_page_size();
    if (info->window_offset % page != 0 || info->window_size % page != 0 ||
        !is_inside_file(vmo, info->window_offset, info->window_size)) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct extent *extent = extent_new(info->window_size, info->window_size);
    if (extent == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    extent_unref(vmo->extent);
    vmo->extent = extent;
    vmo->origin = VMO_SLICE;
    vmo->offset = info->window_offset;
    vmo->resizable = false;
    return ZX_OK;
}

zx_status_t window_apply(struct vmo *vmo, const struct sysmem_handle_info *info)
{
    zx_status_t status =
        (info->flags & SYSMEM_HANDLE_WINDOW) != 0 ? apply_window(vmo, info) : ZX_OK;
    if (status == ZX_OK && (info->flags & SYSMEM_HANDLE_CONTENT_SIZE) != 0) {
        vmo_set_content_size(vmo, info->content_size);
    }
    return status;
}
