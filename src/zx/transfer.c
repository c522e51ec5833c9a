#include "zx/transfer.h"

#include "base/fd.h"
#include "zx/endpoint.h"
#include "zx/event.h"
#include "zx/handle.h"
#include "zx/status.h"
#include "zx/vmo.h"
#include "zx/window.h"

#include <zircon/syscalls.h>

/* The rights that a received handle may have at most. */
static zx_rights_t possible_rights(zx_obj_type_t type)
{
    switch (type) {
    case ZX_OBJ_TYPE_VMO:
        return ZX_DEFAULT_VMO_RIGHTS | ZX_RIGHT_EXECUTE | ZX_RIGHT_RESIZE;
    case ZX_OBJ_TYPE_CHANNEL:
        return ZX_DEFAULT_CHANNEL_RIGHTS;
    case ZX_OBJ_TYPE_EVENT:
        return ZX_DEFAULT_EVENT_RIGHTS;
    default:
        return ZX_DEFAULT_EVENTPAIR_RIGHTS;
    }
}

static zx_status_t received_vmo(int fd, const struct sysmem_handle_info *info, zx_rights_t *rights,
                                struct object **ret_object)
{
    struct object *object = NULL;
    zx_status_t status = vmo_from_fd(fd, info->koid, rights, &object);
    if (status == ZX_OK && info->flags != 0) {
        status = window_apply(vmo_of(object), info);
        if (status != ZX_OK) {
            (void)object_take_fd(object); /* the caller's still */
            object_unref(object);
        } else if (rights != NULL && (info->flags & SYSMEM_HANDLE_WINDOW) != 0) {
            *rights &= ~ZX_RIGHT_RESIZE;
        }
    }
    if (status == ZX_OK) {
        object_update_signals(object, 0, info->signals & object->kind->settable);
        *ret_object = object;
    }
    return status;
}

/* Makes the object, which takes the descriptor on success. */
static zx_status_t object_from_fd(int fd, const struct sysmem_handle_info *info, bool believed,
                                  zx_rights_t *rights, struct object **ret_object)
{
    switch (info->type) {
    case ZX_OBJ_TYPE_VMO:
        return received_vmo(fd, info, believed ? NULL : rights, ret_object);
    case ZX_OBJ_TYPE_CHANNEL:
    case ZX_OBJ_TYPE_EVENTPAIR:
        return endpoint_from_fd(fd, info, ret_object);
    case ZX_OBJ_TYPE_EVENT:
        return event_from_fd(fd, info, ret_object);
    default:
        return ZX_ERR_NOT_SUPPORTED;
    }
}

static zx_status_t from_fd(int fd, const struct sysmem_handle_info *info, bool believed,
                           struct loose_handle *ret_loose)
{
    FD_CLEANUP int owned = fd;
    zx_rights_t rights = info->rights & possible_rights(info->type);
    struct object *object = NULL;
    if ((info->flags & ~(SYSMEM_HANDLE_WINDOW | SYSMEM_HANDLE_CONTENT_SIZE)) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    zx_status_t status = object_from_fd(fd, info, believed, &rights, &object);
    if (status != ZX_OK) {
        return status;
    }
    (void)fd_take(&owned); /* the object's now */
    *ret_loose = loose_handle_new(object, rights);
    return ZX_OK;
}

zx_status_t sysmem_handle_from_fd(int fd, const struct sysmem_handle_info *info,
                                  zx_handle_t *ret_handle)
{
    struct loose_handle loose;
    zx_status_t status = from_fd(fd, info, false, &loose);
    return status == ZX_OK ? handle_put(loose, ret_handle) : status;
}

zx_status_t transfer_from_believed_fd(int fd, const struct sysmem_handle_info *info,
                                      zx_handle_t *ret_handle)
{
    struct loose_handle loose;
    zx_status_t status = from_fd(fd, info, true, &loose);
    return status == ZX_OK ? handle_put(loose, ret_handle) : status;
}

zx_status_t transfer_in(int fd, const struct sysmem_handle_info *info,
                        struct loose_handle *ret_loose)
{
    struct sysmem_handle_info judged = *info;
    if (judged.type == ZX_OBJ_TYPE_CHANNEL || judged.type == ZX_OBJ_TYPE_EVENTPAIR) {
        judged.koid = ZX_KOID_INVALID;
    }
    return from_fd(fd, &judged, false, ret_loose);
}

zx_status_t transfer_check(struct object *object)
{
    switch (object->kind->type) {
    case ZX_OBJ_TYPE_CHANNEL:
    case ZX_OBJ_TYPE_EVENTPAIR:
        return endpoint_can_leave(endpoint_of(object));
    case ZX_OBJ_TYPE_VMO:
        return window_can_leave(vmo_of(object)) ? ZX_OK : ZX_ERR_NOT_SUPPORTED;
    case ZX_OBJ_TYPE_EVENT:
        return ZX_OK;
    default:
        return ZX_ERR_NOT_SUPPORTED;
    }
}

/* The descriptor that leaves, for the caller to own, or -errno. */
static int take_fd(const struct loose_handle *loose)
{
    switch (loose->object->kind->type) {
    case ZX_OBJ_TYPE_VMO:
        return vmo_take_fd(vmo_of(loose->object), loose->rights);
    case ZX_OBJ_TYPE_EVENT:
        return event_take_fd(loose->object);
    default:
        return object_take_fd(loose->object);
    }
}

static zx_signals_t signals_to_send(struct object *object)
{
    (void)pthread_mutex_lock(&object->lock);
    zx_signals_t signals = object->signals & object->kind->settable;
    (void)pthread_mutex_unlock(&object->lock);
    return signals;
}

static zx_koid_t related_koid(struct object *object)
{
    return object->kind->related_koid == NULL ? ZX_KOID_INVALID
                                              : object->kind->related_koid(object);
}

/* Without what the kernel would have to be asked for. */
static zx_status_t take_out(const struct loose_handle *loose, struct sysmem_handle_info *ret_info,
                            int *ret_fd)
{
    struct object *object = loose->object;
    zx_obj_type_t type = object->kind->type;
    zx_status_t status = ZX_OK;
    if (type == ZX_OBJ_TYPE_CHANNEL || type == ZX_OBJ_TYPE_EVENTPAIR) {
        status = endpoint_expose(endpoint_of(object));
    }
    if (status != ZX_OK) {
        return status;
    }
    struct sysmem_handle_info info = {.type = type,
                                      .rights = loose->rights,
                                      .koid = object->koid,
                                      .signals = signals_to_send(object)};
    int fd = take_fd(loose);
    if (fd < 0) {
        return status_from_errno(-fd);
    }
    *ret_info = info;
    *ret_fd = fd;
    return ZX_OK;
}

zx_status_t transfer_out(const struct loose_handle *loose, struct sysmem_handle_info *ret_info,
                         int *ret_fd)
{
    zx_koid_t related = related_koid(loose->object);
    struct sysmem_handle_info sizes = {0};
    if (loose->object->kind->type == ZX_OBJ_TYPE_VMO) {
        window_describe(vmo_of(loose->object), &sizes);
    }
    zx_status_t status = take_out(loose, ret_info, ret_fd);
    if (status == ZX_OK) {
        ret_info->related_koid = related;
        ret_info->flags = sizes.flags;
        ret_info->window_offset = sizes.window_offset;
        ret_info->window_size = sizes.window_size;
        ret_info->content_size = sizes.content_size;
    }
    return status;
}

/* Looks whether a handle can leave, without touching it. */
static zx_status_t check_handle(zx_handle_t handle, bool with_parts)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_TRANSFER, &use);
    if (status != ZX_OK) {
        return status;
    }
    status = transfer_check(use.object);
    if (status == ZX_OK && !with_parts && use.object->kind->type == ZX_OBJ_TYPE_VMO &&
        !vmo_is_whole_file(vmo_of(use.object))) {
        status = ZX_ERR_NOT_SUPPORTED;
    }
    object_unref(use.object);
    return status;
}

zx_status_t transfer_into_fd(zx_handle_t handle, struct sysmem_handle_info *ret_info, int *ret_fd)
{
    struct loose_handle loose;
    zx_status_t status = check_handle(handle, false);
    if (status == ZX_OK) {
        status = handle_take(handle, &loose); /* first: a sole object gives its own descriptor */
    }
    if (status == ZX_OK) {
        status = take_out(&loose, ret_info, ret_fd);
        loose_handle_drop(loose);
    }
    return status;
}

zx_status_t sysmem_handle_into_fd(zx_handle_t handle, struct sysmem_handle_info *ret_info,
                                  int *ret_fd)
{
    struct loose_handle loose;
    struct sysmem_handle_info info;
    zx_status_t status = check_handle(handle, ret_info != NULL);
    if (status == ZX_OK) {
        status = handle_take(handle, &loose);
    }
    if (status == ZX_OK) {
        status = transfer_out(&loose, ret_info != NULL ? ret_info : &info, ret_fd);
        loose_handle_drop(loose);
    }
    return status;
}

int sysmem_handle_fd(zx_handle_t handle)
{
    struct handle_use use;
    if (handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_NONE, &use) != ZX_OK) {
        return -1;
    }
    zx_obj_type_t type = use.object->kind->type;
    bool has_ends = type == ZX_OBJ_TYPE_CHANNEL || type == ZX_OBJ_TYPE_EVENTPAIR;
    bool goes_on = !has_ends || endpoint_expose(endpoint_of(use.object)) == ZX_OK;
    int fd = goes_on ? object_fd(use.object) : -1;
    object_unref(use.object);
    return fd;
}
