#include "zx/transfer.h"

#include "base/fd.h"
#include "zx/endpoint.h"
#include "zx/event.h"
#include "zx/handle.h"
#include "zx/status.h"
#include "zx/vmo.h"

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

static zx_status_t from_fd(int fd, const struct sysmem_handle_info *info, bool believed,
                           zx_handle_t *ret_handle)
{
    FD_CLEANUP int owned = fd;
    if ((info->reserved[0] | info->reserved[1]) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    zx_rights_t rights = info->rights & possible_rights(info->type);
    struct object *object = NULL;
    zx_status_t status;
    switch (info->type) {
    case ZX_OBJ_TYPE_VMO:
        status = vmo_from_fd(fd, info->koid, believed ? NULL : &rights, &object);
        break;
    case ZX_OBJ_TYPE_CHANNEL:
    case ZX_OBJ_TYPE_EVENTPAIR:
        status = endpoint_from_fd(fd, info, &object);
        break;
    case ZX_OBJ_TYPE_EVENT:
        status = event_from_fd(fd, info, &object);
        break;
    default:
        status = ZX_ERR_NOT_SUPPORTED;
    }
    if (status != ZX_OK) {
        return status;
    }
    (void)fd_take(&owned); /* the object's now */
    return handle_new(object, rights, ret_handle);
}

zx_status_t sysmem_handle_from_fd(int fd, const struct sysmem_handle_info *info,
                                  zx_handle_t *ret_handle)
{
    return from_fd(fd, info, false, ret_handle);
}

zx_status_t transfer_from_believed_fd(int fd, const struct sysmem_handle_info *info,
                                      zx_handle_t *ret_handle)
{
    return from_fd(fd, info, true, ret_handle);
}

/* Of a slice the descriptor cannot say which part of the file it is. */
static bool can_leave(struct object *object)
{
    switch (object->kind->type) {
    case ZX_OBJ_TYPE_VMO:
        return vmo_is_whole_file(vmo_of(object));
    case ZX_OBJ_TYPE_EVENT:
        return true;
    default:
        return object->kind->fd != NULL;
    }
}

/* The descriptor that leaves, for the caller to own, or -errno. */
static int take_fd(const struct handle_use *use)
{
    switch (use->object->kind->type) {
    case ZX_OBJ_TYPE_VMO:
        return vmo_take_fd(vmo_of(use->object), use->rights);
    case ZX_OBJ_TYPE_EVENT:
        return event_take_fd(use->object);
    default:
        return object_take_fd(use->object);
    }
}

zx_status_t transfer_into_fd(zx_handle_t handle, struct sysmem_handle_info *ret_info, int *ret_fd)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_TRANSFER, &use);
    if (status != ZX_OK) {
        return status;
    }
    if (!can_leave(use.object)) {
        status = ZX_ERR_NOT_SUPPORTED;
    } else {
        status = zx_handle_close(handle); /* first: a sole object then gives its own descriptor */
    }
    if (status == ZX_OK) {
        const struct sysmem_handle_info info = {
            .type = use.object->kind->type, .rights = use.rights, .koid = use.object->koid};
        int fd = take_fd(&use);
        if (fd < 0) {
            status = status_from_errno(-fd);
        } else {
            *ret_fd = fd;
            *ret_info = info;
        }
    }
    object_unref(use.object);
    return status;
}

static zx_koid_t related_koid(zx_handle_t handle)
{
    struct handle_use use;
    if (handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_TRANSFER, &use) != ZX_OK) {
        return ZX_KOID_INVALID;
    }
    const struct object_kind *kind = use.object->kind;
    zx_koid_t koid = kind->related_koid == NULL ? ZX_KOID_INVALID : kind->related_koid(use.object);
    object_unref(use.object);
    return koid;
}

zx_status_t sysmem_handle_into_fd(zx_handle_t handle, struct sysmem_handle_info *ret_info,
                                  int *ret_fd)
{
    zx_koid_t related = ret_info == NULL ? ZX_KOID_INVALID : related_koid(handle);
    struct sysmem_handle_info info;
    zx_status_t status = transfer_into_fd(handle, &info, ret_fd);
    if (status == ZX_OK && ret_info != NULL) {
        *ret_info = info;
        ret_info->related_koid = related;
    }
    return status;
}

int sysmem_handle_fd(zx_handle_t handle)
{
    struct handle_use use;
    if (handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_NONE, &use) != ZX_OK) {
        return -1;
    }
    int fd = object_fd(use.object);
    object_unref(use.object);
    return fd;
}
