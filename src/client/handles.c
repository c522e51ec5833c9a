#include "client/handles.h"

#include <zircon/syscalls.h>

#include "base/fd.h"
#include "model/walk.h"
#include "zx/transfer.h"

struct transfer {
    struct message *message;
    sysmem_status_t status; /* of the first that failed */
};

/* --- To descriptors --- */

sysmem_status_t handles_into_fd(zx_handle_t handle, struct sysmem_handle_info *ret_info,
                                int *ret_fd)
{
    struct transfer_fds fds = TRANSFER_NO_FDS;
    zx_status_t status = transfer_into_fds(handle, ret_info, &fds);
    if (status == ZX_OK) {
        *ret_fd = fd_take(&fds.fd);
        transfer_fds_close(&fds);
    } else if (status == ZX_ERR_ACCESS_DENIED || status == ZX_ERR_NOT_SUPPORTED) {
        (void)zx_handle_close(handle);
    }
    return status;
}

/* A VMO that is a part of another has no descriptor of its own, and the whole must not go out in
 * its place. The daemon wants to know which VMO it is (GetVmoInfo), never what is in it: so an
 * empty one carries its koid. ZX_ERR_NOT_SUPPORTED: it is no VMO. */
static sysmem_status_t part_into_fd(zx_handle_t part, struct sysmem_handle_info *ret_info,
                                    int *ret_fd)
{
    zx_info_handle_basic_t basic;
    zx_handle_t empty;
    sysmem_status_t status =
        zx_object_get_info(part, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL, NULL);
    if (status == 0) {
        status = basic.type == ZX_OBJ_TYPE_VMO ? zx_vmo_create(1, 0, &empty) : ZX_ERR_NOT_SUPPORTED;
    }
    if (status == 0) {
        status = handles_into_fd(empty, ret_info, ret_fd);
    }
    if (status == 0) {
        ret_info->koid = basic.koid;
        ret_info->rights = basic.rights;
    }
    return status;
}

/* transfer_into_fds(), of parts of VMOs too, with the handle consumed in every case. */
static sysmem_status_t any_into_fds(zx_handle_t handle, struct sysmem_handle_info *ret_info,
                                    struct transfer_fds *ret_fds)
{
    sysmem_status_t status = transfer_into_fds(handle, ret_info, ret_fds);
    if (status == ZX_ERR_NOT_SUPPORTED) {
        *ret_fds = TRANSFER_NO_FDS;
        status = part_into_fd(handle, ret_info, &ret_fds->fd);
        (void)zx_handle_close(handle);
    } else if (status == ZX_ERR_ACCESS_DENIED) {
        (void)zx_handle_close(handle);
    }
    return status;
}

/* The slot, or 0: there is none, or no room for it, which the caller tells apart. */
static uint32_t attach_companion(struct message *message, int fd)
{
    int slot = fd < 0 ? 0 : message_attach(message, &(struct attachment){.fd = fd});
    return slot < 0 ? 0 : (uint32_t)slot;
}

static sysmem_status_t attach_handle(struct message *message, zx_handle_t handle,
                                     zx_handle_t *ret_slot)
{
    struct sysmem_handle_info info;
    struct transfer_fds fds = TRANSFER_NO_FDS;
    sysmem_status_t status = any_into_fds(handle, &info, &fds);
    if (status != 0) {
        return status;
    }
    struct attachment attachment = {
        .fd = fds.fd, .type = info.type, .rights = info.rights, .koid = info.koid};
    attachment.companion = attach_companion(message, fds.companion);
    int slot = message_attach(message, &attachment);
    if (slot < 0 || (fds.companion >= 0 && attachment.companion == 0)) {
        return ZX_ERR_NO_MEMORY;
    }
    *ret_slot = (zx_handle_t)slot;
    return 0;
}

static void attach_field(void *arg, const struct model_field *field, zx_handle_t *handle)
{
    (void)field;
    struct transfer *transfer = arg;
    zx_handle_t from = *handle;
    *handle = ZX_HANDLE_INVALID;
    sysmem_status_t status = attach_handle(transfer->message, from, handle);
    if (transfer->status == 0) {
        transfer->status = status;
    }
}

sysmem_status_t handles_attach(const struct model_type *type, void *table, struct message *message)
{
    struct transfer transfer = {.message = message};
    if (type != NULL) {
        model_visit_handles(type, table, attach_field, &transfer);
    }
    if (transfer.status != 0) {
        handles_forget(type, table);
    }
    return transfer.status;
}

static void forget_field(void *arg, const struct model_field *field, zx_handle_t *handle)
{
    (void)arg;
    (void)field;
    *handle = ZX_HANDLE_INVALID;
}

void handles_forget(const struct model_type *type, void *table)
{
    if (type != NULL) {
        model_visit_handles(type, table, forget_field, NULL);
    }
}

/* --- To handles --- */

static zx_obj_type_t type_of(const struct model_field *field)
{
    switch ((enum model_handle)field->handle) {
    case MODEL_HANDLE_VMO:
        return ZX_OBJ_TYPE_VMO;
    case MODEL_HANDLE_EVENTPAIR:
        return ZX_OBJ_TYPE_EVENTPAIR;
    case MODEL_HANDLE_EVENT:
        return ZX_OBJ_TYPE_EVENT;
    case MODEL_HANDLE_CLIENT_END:
    case MODEL_HANDLE_SERVER_END:
        return ZX_OBJ_TYPE_CHANNEL;
    case MODEL_HANDLE_NONE:
        break;
    }
    return ZX_OBJ_TYPE_NONE;
}

/* The rights of a new object of a type, for a sender that does not say. */
static zx_rights_t default_rights(zx_obj_type_t type)
{
    switch (type) {
    case ZX_OBJ_TYPE_VMO:
        return ZX_DEFAULT_VMO_RIGHTS;
    case ZX_OBJ_TYPE_EVENTPAIR:
        return ZX_DEFAULT_EVENTPAIR_RIGHTS;
    case ZX_OBJ_TYPE_EVENT:
        return ZX_DEFAULT_EVENT_RIGHTS;
    default:
        return ZX_DEFAULT_CHANNEL_RIGHTS;
    }
}

static sysmem_status_t take_slot(struct message *message, uint32_t slot, zx_obj_type_t type,
                                 zx_handle_t *ret_handle)
{
    const struct attachment *attachment = message_attachment(message, slot);
    if (attachment == NULL || attachment->fd < 0) {
        return ZX_ERR_IO;
    }
    if (attachment->type != ZX_OBJ_TYPE_NONE && attachment->type != type) {
        return ZX_ERR_IO;
    }
    struct sysmem_handle_info info = {
        .type = type,
        .rights = attachment->rights != 0 ? attachment->rights : default_rights(type),
        .koid = attachment->koid,
    };
    const struct transfer_fds fds = {.fd = message_take_fd(message, slot),
                                     .companion = message_take_fd(message, attachment->companion)};
    zx_status_t status = transfer_from_believed_fds(fds, &info, ret_handle);
    return status == ZX_ERR_WRONG_TYPE ? ZX_ERR_IO : status;
}

static void take_field(void *arg, const struct model_field *field, zx_handle_t *handle)
{
    struct transfer *transfer = arg;
    uint32_t slot = *handle;
    *handle = ZX_HANDLE_INVALID;
    sysmem_status_t status = take_slot(transfer->message, slot, type_of(field), handle);
    if (transfer->status == 0) {
        transfer->status = status;
    }
}

sysmem_status_t handles_take(const struct model_type *type, void *table, struct message *message)
{
    struct transfer transfer = {.message = message};
    model_visit_handles(type, table, take_field, &transfer);
    if (transfer.status != 0) {
        handles_close(type, table);
    }
    return transfer.status;
}

static void close_field(void *arg, const struct model_field *field, zx_handle_t *handle)
{
    (void)arg;
    (void)field;
    (void)zx_handle_close(*handle);
    *handle = ZX_HANDLE_INVALID;
}

void handles_close(const struct model_type *type, void *table)
{
    model_visit_handles(type, table, close_field, NULL);
}
