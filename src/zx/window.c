#include "zx/window.h"

#include "base/checked.h"

static bool is_inside_file(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    uint64_t end;
    return checked_add_u64(offset, size, &end) && end <= store_file_size(vmo->store);
}

bool window_can_leave(struct vmo *vmo)
{
    return vmo_is_whole_file(vmo) ||
           (vmo->origin == VMO_SLICE && is_inside_file(vmo, vmo->offset, vmo_size(vmo)));
}

void window_describe(struct vmo *vmo, struct form *form)
{
    form->flags = FORM_CONTENT_SIZE;
    form->content_size = vmo_get_content_size(vmo);
    if (vmo->discardable != NULL) {
        form->flags |= FORM_DISCARDABLE;
    }
    if (!vmo_is_whole_file(vmo)) {
        form->flags |= FORM_WINDOW;
        form->window_offset = vmo->offset;
        form->window_size = vmo_size(vmo);
    }
}

/* A window is a slice whose parent is in another process. */
static zx_status_t apply_window(struct vmo *vmo, const struct form *form)
{
    uint64_t page = vmo_page(vmo);
    if (vmo->extent->is_resizable || form->window_offset % page != 0 ||
        form->window_size % page != 0 ||
        !is_inside_file(vmo, form->window_offset, form->window_size)) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct extent *extent = extent_new(form->window_size, form->window_size);
    if (extent == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    extent_unref(vmo->extent);
    vmo->extent = extent;
    vmo->origin = VMO_SLICE;
    vmo->offset = form->window_offset;
    vmo->resizable = false;
    return ZX_OK;
}

/* Slices of such memory are not made. */
static zx_status_t apply_discardable(struct vmo *vmo, const struct form *form)
{
    if ((form->flags & FORM_WINDOW) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    vmo->discardable = discardable_new_received(vmo->store);
    return vmo->discardable == NULL ? ZX_ERR_NO_MEMORY : ZX_OK;
}

zx_status_t window_apply(struct vmo *vmo, const struct form *form)
{
    zx_status_t status =
        (form->flags & FORM_DISCARDABLE) != 0 ? apply_discardable(vmo, form) : ZX_OK;
    if (status == ZX_OK && (form->flags & FORM_WINDOW) != 0) {
        status = apply_window(vmo, form);
    }
    if (status == ZX_OK && (form->flags & FORM_CONTENT_SIZE) != 0) {
        vmo_set_content_size(vmo, form->content_size);
    }
    return status;
}
