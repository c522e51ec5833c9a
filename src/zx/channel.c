/* Reading from and writing to channels. */
#include "zx/channel.h"

#include <assert.h>
#include <string.h>

#include <zircon/syscalls.h>

/* --- Writing --- */

static zx_status_t channel_write(zx_handle_t handle, uint32_t options, struct outgoing *outgoing)
{
    struct handle_use use;
    struct parcel *parcel;
    if ((options & ~ZX_CHANNEL_WRITE_USE_IOVEC) != 0) {
        outgoing_drop(outgoing);
        return ZX_ERR_INVALID_ARGS;
    }
    outgoing->is_parts = (options & ZX_CHANNEL_WRITE_USE_IOVEC) != 0;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_CHANNEL, ZX_RIGHT_WRITE, &use);
    if (status != ZX_OK) {
        outgoing_drop(outgoing);
        return status;
    }
    status = outgoing_pack(outgoing, use.object, &parcel);
    if (status == ZX_OK) {
        status = endpoint_send(endpoint_of(use.object), parcel, NULL);
    }
    object_unref(use.object);
    return status;
}

zx_status_t zx_channel_write(zx_handle_t handle, uint32_t options, const void *bytes,
                             uint32_t num_bytes, const zx_handle_t *handles, uint32_t num_handles)
{
    struct outgoing outgoing = {
        .bytes = bytes, .byte_count = num_bytes, .handles = handles, .handle_count = num_handles};
    return channel_write(handle, options, &outgoing);
}

zx_status_t zx_channel_write_etc(zx_handle_t handle, uint32_t options, const void *bytes,
                                 uint32_t num_bytes, zx_handle_disposition_t *handles,
                                 uint32_t num_handles)
{
    struct outgoing outgoing = {.bytes = bytes,
                                .byte_count = num_bytes,
                                .dispositions = handles,
                                .handle_count = num_handles};
    return channel_write(handle, options, &outgoing);
}

/* --- Reading --- */

static zx_status_t put_handle(const struct incoming *incoming, struct loose_handle loose,
                              uint32_t index)
{
    zx_handle_t handle = ZX_HANDLE_INVALID;
    zx_obj_type_t type = loose.object->kind->type; /* it may be closed as soon as it has a number */
    zx_status_t status = handle_put(loose, &handle);
    if (incoming->infos != NULL) {
        incoming->infos[index] =
            (zx_handle_info_t){.handle = handle, .type = type, .rights = loose.rights};
    } else {
        assert(incoming->handles != NULL); /* there would be no room for one */
        incoming->handles[index] = handle;
    }
    return status;
}

static void take_back(const struct incoming *incoming, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_handle_t *handle =
            incoming->infos != NULL ? &incoming->infos[i].handle : &incoming->handles[i];
        (void)zx_handle_close(*handle);
        *handle = ZX_HANDLE_INVALID;
    }
}

zx_status_t incoming_unpack(const struct incoming *incoming, struct parcel *parcel)
{
    zx_status_t status = ZX_OK;
    uint32_t count = parcel->handle_count;
    if (parcel->len > 0) {
        memcpy(incoming->bytes, parcel_bytes(parcel), parcel->len);
    }
    for (uint32_t i = 0; i < count; i++) {
        zx_status_t put = put_handle(incoming, parcel->handles[i], i);
        status = status != ZX_OK ? status : put;
    }
    if (status != ZX_OK) {
        take_back(incoming, count);
    }
    parcel->handle_count = 0; /* they are the program's */
    parcel_drop(parcel);
    return status;
}

/* What does not fit: no room for bytes is none for more than 0 of them. */
static void limit_to_buffers(struct incoming *incoming)
{
    if (incoming->bytes == NULL) {
        incoming->limit.len = 0;
    }
    if (incoming->handles == NULL && incoming->infos == NULL) {
        incoming->limit.handle_count = 0;
    }
}

static zx_status_t channel_read(zx_handle_t handle, uint32_t options, struct incoming *incoming,
                                struct frame_head *ret_size)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_CHANNEL, ZX_RIGHT_READ, &use);
    if (status != ZX_OK) {
        return status;
    }
    if ((options & ~ZX_CHANNEL_READ_MAY_DISCARD) != 0) {
        object_unref(use.object);
        return ZX_ERR_NOT_SUPPORTED;
    }
    struct parcel *parcel;
    limit_to_buffers(incoming);
    status = endpoint_read(endpoint_of(use.object), &incoming->limit,
                           (options & ZX_CHANNEL_READ_MAY_DISCARD) != 0, ret_size, &parcel);
    object_unref(use.object);
    return status == ZX_OK ? incoming_unpack(incoming, parcel) : status;
}

static zx_status_t report(zx_status_t status, const struct frame_head *size, uint32_t *ret_bytes,
                          uint32_t *ret_handles)
{
    if (status == ZX_OK || status == ZX_ERR_BUFFER_TOO_SMALL) {
        if (ret_bytes != NULL) {
            *ret_bytes = size->len;
        }
        if (ret_handles != NULL) {
            *ret_handles = size->handle_count;
        }
    }
    return status;
}

zx_status_t zx_channel_read(zx_handle_t handle, uint32_t options, void *bytes, zx_handle_t *handles,
                            uint32_t num_bytes, uint32_t num_handles, uint32_t *actual_bytes,
                            uint32_t *actual_handles)
{
    struct frame_head size = {0};
    struct incoming incoming = {
        .bytes = bytes,
        .handles = handles,
        .limit = {.len = num_bytes, .handle_count = num_handles}
    };
    return report(channel_read(handle, options, &incoming, &size), &size, actual_bytes,
                  actual_handles);
}

zx_status_t zx_channel_read_etc(zx_handle_t handle, uint32_t options, void *bytes,
                                zx_handle_info_t *handles, uint32_t num_bytes, uint32_t num_handles,
                                uint32_t *actual_bytes, uint32_t *actual_handles)
{
    struct frame_head size = {0};
    struct incoming incoming = {
        .bytes = bytes, .infos = handles, .limit = {.len = num_bytes, .handle_count = num_handles}
    };
    return report(channel_read(handle, options, &incoming, &size), &size, actual_bytes,
                  actual_handles);
}
