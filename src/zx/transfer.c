#include "zx/transfer.h"

#include "zx/endpoint.h"
#include "zx/event.h"
#include "zx/handle.h"
#include "zx/status.h"
#include "zx/stray.h"
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

static zx_status_t received_vmo(int fd, const struct form *form, zx_rights_t *rights,
                                struct object **ret_object)
{
    struct object *object = NULL;
    zx_status_t status = vmo_from_fd(fd, form->koid, rights, &object);
    if (status == ZX_OK && form->flags != 0) {
        status = window_apply(vmo_of(object), form);
        if (status != ZX_OK) {
            (void)object_take_fd(object); /* the caller's still */
            object_unref(object);
        } else if (rights != NULL && (form->flags & FORM_WINDOW) != 0) {
            *rights &= ~ZX_RIGHT_RESIZE;
        }
    }
    if (status == ZX_OK) {
        object_update_signals(object, 0, form->signals & object->kind->settable);
        *ret_object = object;
    }
    return status;
}

/* Makes the object, which takes the descriptor on success. No call is made on one of another kind
 * that could reach a file system. */
static zx_status_t object_from_fd(int fd, const struct form *form, bool believed,
                                  zx_rights_t *rights, struct object **ret_object)
{
    switch (form->type) {
    case ZX_OBJ_TYPE_VMO:
        return received_vmo(fd, form, believed ? NULL : rights, ret_object);
    case ZX_OBJ_TYPE_CHANNEL:
    case ZX_OBJ_TYPE_EVENTPAIR:
        return endpoint_from_fd(fd, form, ret_object);
    case ZX_OBJ_TYPE_EVENT:
        return event_from_fd(fd, form, ret_object);
    default:
        return ZX_ERR_NOT_SUPPORTED;
    }
}

static zx_status_t from_form(int fd, const struct form *form, bool believed,
                             struct loose_handle *ret_loose)
{
    zx_rights_t rights = form->rights & possible_rights(form->type);
    struct object *object = NULL;
    zx_status_t status = object_from_fd(fd, form, believed, &rights, &object);
    if (status != ZX_OK) {
        stray_close(&fd);
        return status;
    }
    *ret_loose = loose_handle_new(object, rights);
    return ZX_OK;
}

static zx_status_t from_fd(int fd, const struct sysmem_handle_info *info, bool believed,
                           zx_handle_t *ret_handle)
{
    struct loose_handle loose;
    if ((info->reserved[0] | info->reserved[1]) != 0) {
        stray_close(&fd);
        return ZX_ERR_INVALID_ARGS;
    }
    const struct form form = {.type = info->type,
                              .rights = info->rights,
                              .koid = info->koid,
                              .related_koid = info->related_koid};
    zx_status_t status = from_form(fd, &form, believed, &loose);
    return status == ZX_OK ? handle_put(loose, ret_handle) : status;
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

zx_status_t transfer_in(int fd, const struct form *form, struct loose_handle *ret_loose)
{
    struct form judged = *form;
    if (judged.type == ZX_OBJ_TYPE_CHANNEL || judged.type == ZX_OBJ_TYPE_EVENTPAIR) {
        judged.koid = ZX_KOID_INVALID;
    }
    return from_form(fd, &judged, false, ret_loose);
}

zx_status_t sysmem_handle_from_form(int fd, const unsigned char form[SYSMEM_HANDLE_FORM_BYTES],
                                    zx_handle_t *ret_handle)
{
    struct loose_handle loose;
    struct form read;
    zx_status_t status = form_read(form, &read);
    if (status != ZX_OK) {
        stray_close(&fd);
        return status;
    }
    status = transfer_in(fd, &read, &loose);
    return status == ZX_OK ? handle_put(loose, ret_handle) : status;
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
        return endpoint_take_fd(loose->object);
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
static zx_status_t take_out(const struct loose_handle *loose, struct form *ret_form, int *ret_fd)
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
    int fd = take_fd(loose);
    if (fd < 0) {
        return status_from_errno(-fd);
    }
    *ret_fd = fd;
    *ret_form = (struct form){.type = type,
                              .rights = loose->rights,
                              .koid = object->koid,
                              .signals = signals_to_send(object)}; /* from now on they stay here */
    return ZX_OK;
}

zx_status_t transfer_out(const struct loose_handle *loose, struct form *ret_form, int *ret_fd)
{
    struct form extra = {.related_koid = related_koid(loose->object)};
    if (loose->object->kind->type == ZX_OBJ_TYPE_VMO) {
        window_describe(vmo_of(loose->object), &extra);
    }
    zx_status_t status = take_out(loose, ret_form, ret_fd);
    if (status == ZX_OK) {
        ret_form->related_koid = extra.related_koid;
        ret_form->flags = extra.flags;
        ret_form->window_offset = extra.window_offset;
        ret_form->window_size = extra.window_size;
        ret_form->content_size = extra.content_size;
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

/* Takes a handle out that can leave. */
static zx_status_t take_handle(zx_handle_t handle, bool with_parts, struct loose_handle *ret_loose)
{
    zx_status_t status = check_handle(handle, with_parts);
    return status == ZX_OK ? handle_take(handle, ret_loose) : status;
}

zx_status_t transfer_into_fd(zx_handle_t handle, struct sysmem_handle_info *ret_info, int *ret_fd)
{
    struct loose_handle loose;
    struct form form;
    zx_status_t status = take_handle(handle, false, &loose);
    if (status != ZX_OK) {
        return status;
    }
    status = take_out(&loose, &form, ret_fd);
    loose_handle_drop(loose);
    if (status == ZX_OK) {
        *ret_info = (struct sysmem_handle_info){
            .type = form.type, .rights = form.rights, .koid = form.koid};
    }
    return status;
}

zx_status_t sysmem_handle_into_fd(zx_handle_t handle, struct sysmem_handle_info *ret_info,
                                  int *ret_fd)
{
    struct loose_handle loose;
    struct form form;
    zx_status_t status = take_handle(handle, false, &loose);
    if (status != ZX_OK) {
        return status;
    }
    zx_koid_t related = ret_info == NULL ? ZX_KOID_INVALID : related_koid(loose.object);
    status = take_out(&loose, &form, ret_fd);
    loose_handle_drop(loose);
    if (status == ZX_OK && ret_info != NULL) {
        *ret_info = (struct sysmem_handle_info){
            .type = form.type, .rights = form.rights, .koid = form.koid, .related_koid = related};
    }
    return status;
}

zx_status_t sysmem_handle_into_form(zx_handle_t handle,
                                    unsigned char ret_form[SYSMEM_HANDLE_FORM_BYTES], int *ret_fd)
{
    struct loose_handle loose;
    struct form form;
    zx_status_t status = take_handle(handle, true, &loose);
    if (status != ZX_OK) {
        return status;
    }
    status = transfer_out(&loose, &form, ret_fd);
    loose_handle_drop(loose);
    if (status == ZX_OK) {
        form_write(&form, ret_form);
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
