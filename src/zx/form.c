/* The form of a handle between processes: docs/handles.md has the table. */
#include <string.h>

#include <sysmem/handle.h>

#define KNOWN_FLAGS (SYSMEM_HANDLE_WINDOW | SYSMEM_HANDLE_CONTENT_SIZE)

/* As it lies in the bytes. Both ends are on one machine: its own byte order. */
struct form {
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
_Static_assert(sizeof(struct form) == SYSMEM_HANDLE_FORM_BYTES, "no gaps");

void sysmem_handle_info_write(const struct sysmem_handle_info *info,
                              unsigned char ret_form[SYSMEM_HANDLE_FORM_BYTES])
{
    const struct form form = {
        .version = SYSMEM_HANDLE_FORM_VERSION,
        .flags = (uint16_t)info->flags,
        .type = info->type,
        .rights = info->rights,
        .signals = info->signals,
        .koid = info->koid,
        .related_koid = info->related_koid,
        .window_offset = info->window_offset,
        .window_size = info->window_size,
        .content_size = info->content_size,
    };
    memcpy(ret_form, &form, sizeof(form));
}

zx_status_t sysmem_handle_info_read(const unsigned char form[SYSMEM_HANDLE_FORM_BYTES],
                                    struct sysmem_handle_info *ret_info)
{
    struct form read;
    memcpy(&read, form, sizeof(read));
    if (read.version != SYSMEM_HANDLE_FORM_VERSION) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    if ((read.flags & ~KNOWN_FLAGS) != 0 || read.reserved != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    *ret_info = (struct sysmem_handle_info){
        .type = read.type,
        .rights = read.rights,
        .koid = read.koid,
        .related_koid = read.related_koid,
        .flags = read.flags,
        .signals = read.signals,
        .window_offset = read.window_offset,
        .window_size = read.window_size,
        .content_size = read.content_size,
    };
    return ZX_OK;
}
