#include "zx/form.h"

#include <string.h>

#define KNOWN_FLAGS (FORM_WINDOW | FORM_CONTENT_SIZE | FORM_COMPANION | FORM_DISCARDABLE)

/* As it lies in the bytes. Both ends are on one machine: its own byte order. */
struct layout {
    uint16_t version;
    uint16_t flags;
    uint32_t type;
    uint32_t rights;
    uint32_t signals;
    uint64_t koid;
    uint64_t related_koid;
    uint64_t window_offset;
    uint64_t window_size;
    uint64_t content_size;
    uint64_t reserved; /* 0 */
};
_Static_assert(sizeof(struct layout) == SYSMEM_HANDLE_FORM_BYTES, "no gaps");

void form_write(const struct form *form, unsigned char ret_bytes[SYSMEM_HANDLE_FORM_BYTES])
{
    const struct layout layout = {
        .version = SYSMEM_HANDLE_FORM_VERSION,
        .flags = (uint16_t)form->flags,
        .type = form->type,
        .rights = form->rights,
        .signals = form->signals,
        .koid = form->koid,
        .related_koid = form->related_koid,
        .window_offset = form->window_offset,
        .window_size = form->window_size,
        .content_size = form->content_size,
    };
    memcpy(ret_bytes, &layout, sizeof(layout));
}

zx_status_t form_read(const unsigned char bytes[SYSMEM_HANDLE_FORM_BYTES], struct form *ret_form)
{
    struct layout layout;
    memcpy(&layout, bytes, sizeof(layout));
    if (layout.version != SYSMEM_HANDLE_FORM_VERSION) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    if ((layout.flags & ~KNOWN_FLAGS) != 0 || layout.reserved != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    *ret_form = (struct form){
        .type = layout.type,
        .rights = layout.rights,
        .signals = layout.signals,
        .flags = layout.flags,
        .koid = layout.koid,
        .related_koid = layout.related_koid,
        .window_offset = layout.window_offset,
        .window_size = layout.window_size,
        .content_size = layout.content_size,
    };
    return ZX_OK;
}
