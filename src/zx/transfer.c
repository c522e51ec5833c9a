#include "zx/transfer.h"

#include <fcntl.h>

#include "base/fd.h"
#include "os/socket_name.h"
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

void transfer_fds_close(struct transfer_fds *fds)
{
    stray_close(&fds->fd);
    stray_close(&fds->companion);
}

static zx_status_t received_vmo(int fd, const struct form *form, bool believed, zx_rights_t *rights,
                                struct object **ret_object)
{
    struct object *object = NULL;
    zx_status_t status = vmo_from_fd(fd, form->koid, believed, rights, &object);
    if (status == ZX_OK && form->flags != 0) {
        status = window_apply(vmo_of(object), form);
        if (status != ZX_OK) {
            (void)object_take_fd(object); /* the caller's still */
            object_unref(object);
        } else if ((form->flags & FORM_WINDOW) != 0) {
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
        return received_vmo(fd, form, believed, rights, ret_object);
    case ZX_OBJ_TYPE_CHANNEL:
    case ZX_OBJ_TYPE_EVENTPAIR:
        return endpoint_from_fd(fd, form, ret_object);
    case ZX_OBJ_TYPE_EVENT:
        return event_from_fd(fd, form, ret_object);
    default:
        return ZX_ERR_NOT_SUPPORTED;
    }
}

/* Takes the descriptors in every case. */
static zx_status_t from_form(struct transfer_fds fds, const struct form *form, bool believed,
                             struct loose_handle *ret_loose)
{
    zx_rights_t rights = form->rights & possible_rights(form->type);
    struct object *object = NULL;
    zx_status_t status = object_from_fd(fds.fd, form, believed, &rights, &object);
    if (status != ZX_OK) {
        transfer_fds_close(&fds);
        return status;
    }
    if (form->type == ZX_OBJ_TYPE_VMO) {
        vmo_of(object)->store->companion = fd_take(&fds.companion);
    }
    stray_close(&fds.companion); /* of what can have none */
    *ret_loose = loose_handle_new(object, rights);
    return ZX_OK;
}

static zx_status_t from_fds(struct transfer_fds fds, const struct sysmem_handle_info *info,
                            bool believed, zx_handle_t *ret_handle)
{
    struct loose_handle loose;
    if ((info->reserved[0] | info->reserved[1]) != 0) {
        transfer_fds_close(&fds);
        return ZX_ERR_INVALID_ARGS;
    }
    const struct form form = {.type = info->type,
                              .rights = info->rights,
                              .koid = info->koid,
                              .related_koid = info->related_koid};
    zx_status_t status = from_form(fds, &form, believed, &loose);
    return status == ZX_OK ? handle_put(loose, ret_handle) : status;
}

zx_status_t sysmem_handle_from_fd(int fd, const struct sysmem_handle_info *info,
                                  zx_handle_t *ret_handle)
{
    const struct transfer_fds fds = {.fd = fd, .companion = -1};
    return from_fds(fds, info, false, ret_handle);
}

zx_status_t transfer_from_believed_fds(struct transfer_fds fds,
                                       const struct sysmem_handle_info *info,
                                       zx_handle_t *ret_handle)
{
    return from_fds(fds, info, true, ret_handle);
}

/* Whether a descriptor of a sender who is not believed can be a companion: the end of a pipe or of
 * a pair of sockets, which no file system hears of. */
static bool can_be_companion(int fd)
{
    return fcntl(fd, F_GETPIPE_SZ) >= 0 || socket_is_channel_end(fd);
}

/* Whether the form and the companion of such a sender go together. */
static bool is_fitting(int companion, const struct form *form)
{
    if ((form->flags & FORM_COMPANION) == 0) {
        return companion < 0;
    }
    return form->type == ZX_OBJ_TYPE_VMO && can_be_companion(companion);
}

zx_status_t transfer_in(struct transfer_fds fds, const struct form *form,
                        struct loose_handle *ret_loose)
{
    struct form judged = *form;
    if (!is_fitting(fds.companion, form)) {
        transfer_fds_close(&fds);
        return ZX_ERR_INVALID_ARGS;
    }
    if (judged.type == ZX_OBJ_TYPE_CHANNEL || judged.type == ZX_OBJ_TYPE_EVENTPAIR) {
        judged.koid = ZX_KOID_INVALID;
    }
    return from_form(fds, &judged, false, ret_loose);
}

zx_status_t sysmem_handle_from_form(int fd, const unsigned char form[SYSMEM_HANDLE_FORM_BYTES],
                                    zx_handle_t *ret_handle)
{
    struct transfer_fds fds = {.fd = fd, .companion = -1};
    struct loose_handle loose;
    struct form read;
    zx_status_t status = form_read(form, &read);
    if (status != ZX_OK) {
        transfer_fds_close(&fds);
        return status;
    }
    status = transfer_in(fds, &read, &loose);
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
static zx_status_t take_out(const struct loose_handle *loose, struct form *ret_form,
                            struct transfer_fds *ret_fds)
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
    struct transfer_fds fds = {.fd = take_fd(loose), .companion = -1};
    int error = fds.fd < 0 ? fds.fd : 0;
    if (error == 0 && type == ZX_OBJ_TYPE_VMO) {
        error = vmo_take_companion(vmo_of(object), &fds.companion);
    }
    if (error < 0) {
        transfer_fds_close(&fds);
        return status_from_errno(-error);
    }
    *ret_fds = fds;
    *ret_form = (struct form){.type = type,
                              .rights = loose->rights,
                              .koid = object->koid,
                              .signals = signals_to_send(object)}; /* from now on they stay here */
    return ZX_OK;
}

zx_status_t transfer_out(const struct loose_handle *loose, struct form *ret_form,
                         struct transfer_fds *ret_fds)
{
    struct form extra = {.related_koid = related_koid(loose->object)};
    if (loose->object->kind->type == ZX_OBJ_TYPE_VMO) {
        window_describe(vmo_of(loose->object), &extra);
    }
    zx_status_t status = take_out(loose, ret_form, ret_fds);
    if (status == ZX_OK) {
        ret_form->related_koid = extra.related_koid;
        ret_form->flags = extra.flags | (ret_fds->companion >= 0 ? FORM_COMPANION : 0);
        ret_form->window_offset = extra.window_offset;
        ret_form->window_size = extra.window_size;
        ret_form->content_size = extra.content_size;
    }
    return status;
}

/* What goes with a descriptor that leaves: nothing, or a form. */
enum beside {
    BESIDE_NOTHING,
    BESIDE_FORM,
};

/* A descriptor alone must say all of a VMO but its companion, which its program gives up then; with
 * a form, who receives it may count on there being none. */
static bool vmo_can_go(struct vmo *vmo, enum beside beside)
{
    return beside == BESIDE_FORM ? vmo->store->companion < 0 : vmo_is_whole_file(vmo);
}

/* Looks whether a handle can leave, without touching it. */
static zx_status_t check_handle(zx_handle_t handle, enum beside beside)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_TRANSFER, &use);
    if (status != ZX_OK) {
        return status;
    }
    status = transfer_check(use.object);
    if (status == ZX_OK && use.object->kind->type == ZX_OBJ_TYPE_VMO &&
        !vmo_can_go(vmo_of(use.object), beside)) {
        status = ZX_ERR_NOT_SUPPORTED;
    }
    object_unref(use.object);
    return status;
}

/* Takes a handle out that can leave. */
static zx_status_t take_handle(zx_handle_t handle, enum beside beside,
                               struct loose_handle *ret_loose)
{
    zx_status_t status = check_handle(handle, beside);
    return status == ZX_OK ? handle_take(handle, ret_loose) : status;
}

zx_status_t transfer_into_fds(zx_handle_t handle, struct sysmem_handle_info *ret_info,
                              struct transfer_fds *ret_fds)
{
    struct loose_handle loose;
    struct form form;
    zx_status_t status = take_handle(handle, BESIDE_NOTHING, &loose);
    if (status != ZX_OK) {
        return status;
    }
    status = take_out(&loose, &form, ret_fds);
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
    struct transfer_fds fds = TRANSFER_NO_FDS;
    zx_status_t status = take_handle(handle, BESIDE_NOTHING, &loose);
    if (status != ZX_OK) {
        return status;
    }
    zx_koid_t related = ret_info == NULL ? ZX_KOID_INVALID : related_koid(loose.object);
    status = take_out(&loose, &form, &fds);
    loose_handle_drop(loose);
    if (status != ZX_OK) {
        return status;
    }
    *ret_fd = fd_take(&fds.fd);
    transfer_fds_close(&fds);
    if (ret_info != NULL) {
        *ret_info = (struct sysmem_handle_info){
            .type = form.type, .rights = form.rights, .koid = form.koid, .related_koid = related};
    }
    return ZX_OK;
}

zx_status_t sysmem_handle_into_form(zx_handle_t handle,
                                    unsigned char ret_form[SYSMEM_HANDLE_FORM_BYTES], int *ret_fd)
{
    struct loose_handle loose;
    struct form form;
    struct transfer_fds fds = TRANSFER_NO_FDS;
    zx_status_t status = take_handle(handle, BESIDE_FORM, &loose);
    if (status != ZX_OK) {
        return status;
    }
    status = transfer_out(&loose, &form, &fds);
    loose_handle_drop(loose);
    if (status == ZX_OK) {
        form_write(&form, ret_form);
        *ret_fd = fds.fd; /* there is no companion */
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
