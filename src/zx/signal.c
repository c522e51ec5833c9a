/* Signals that programs set. */
#include <zircon/syscalls.h>

#include "zx/handle.h"

zx_status_t zx_object_signal(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_SIGNAL, &use);
    if (status != ZX_OK) {
        return status;
    }
    if (((clear_mask | set_mask) & ~use.object->kind->settable) != 0) {
        status = ZX_ERR_INVALID_ARGS;
    } else {
        object_update_signals(use.object, clear_mask, set_mask);
    }
    object_unref(use.object);
    return status;
}

zx_status_t zx_object_signal_peer(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_SIGNAL_PEER, &use);
    if (status != ZX_OK) {
        return status;
    }
    const struct object_kind *kind = use.object->kind;
    if (kind->signal_peer == NULL) {
        status = ZX_ERR_NOT_SUPPORTED; /* no kind without another end has the right */
    } else if (((clear_mask | set_mask) & ~kind->settable) != 0) {
        status = ZX_ERR_INVALID_ARGS;
    } else {
        status = kind->signal_peer(use.object, clear_mask, set_mask);
    }
    object_unref(use.object);
    return status;
}
