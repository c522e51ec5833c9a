/* Messages from programs' buffers. */
#include <string.h>

#include "zx/channel.h"

void outgoing_drop(const struct outgoing *outgoing)
{
    for (uint32_t i = 0; i < outgoing->handle_count; i++) {
        struct loose_handle loose;
        zx_handle_t handle = ZX_HANDLE_INVALID;
        if (outgoing->handles != NULL) {
            handle = outgoing->handles[i];
        } else if (outgoing->dispositions != NULL &&
                   outgoing->dispositions[i].operation != ZX_HANDLE_OP_DUPLICATE) {
            handle = outgoing->dispositions[i].handle;
        }
        if (handle_take(handle, &loose) == ZX_OK) {
            loose_handle_drop(loose);
        }
    }
}

static zx_status_t measure_parts(const struct outgoing *outgoing, uint32_t *ret_len)
{
    const zx_channel_iovec_t *parts = outgoing->bytes;
    uint64_t len = 0;
    if (outgoing->byte_count > ZX_CHANNEL_MAX_MSG_IOVECS) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    for (uint32_t i = 0; i < outgoing->byte_count; i++) {
        if (parts == NULL || parts[i].reserved != 0 ||
            (parts[i].buffer == NULL && parts[i].capacity > 0)) {
            return ZX_ERR_INVALID_ARGS;
        }
        len += parts[i].capacity;
    }
    if (len > ZX_CHANNEL_MAX_MSG_BYTES) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    *ret_len = (uint32_t)len;
    return ZX_OK;
}

static zx_status_t measure(const struct outgoing *outgoing, uint32_t *ret_len)
{
    zx_status_t status = ZX_OK;
    uint32_t len = outgoing->byte_count;
    if (outgoing->is_parts) {
        status = measure_parts(outgoing, &len);
    } else if (len > ZX_CHANNEL_MAX_MSG_BYTES) {
        status = ZX_ERR_OUT_OF_RANGE;
    } else if (outgoing->bytes == NULL && len > 0) {
        status = ZX_ERR_INVALID_ARGS;
    }
    if (status == ZX_OK && outgoing->handle_count > ZX_CHANNEL_MAX_MSG_HANDLES) {
        status = ZX_ERR_OUT_OF_RANGE;
    }
    bool has_handles = outgoing->handles != NULL || outgoing->dispositions != NULL;
    if (status == ZX_OK && !has_handles && outgoing->handle_count > 0) {
        status = ZX_ERR_INVALID_ARGS;
    }
    *ret_len = len;
    return status;
}

static void copy_bytes(const struct outgoing *outgoing, unsigned char *to)
{
    const zx_channel_iovec_t *parts = outgoing->bytes;
    if (!outgoing->is_parts) {
        if (outgoing->byte_count > 0) {
            memcpy(to, outgoing->bytes, outgoing->byte_count);
        }
        return;
    }
    for (uint32_t i = 0; i < outgoing->byte_count; i++) {
        if (parts[i].capacity > 0) {
            memcpy(to, parts[i].buffer, parts[i].capacity);
            to += parts[i].capacity;
        }
    }
}

/* What is wrong with sending a handle, in Zircon's order. */
static zx_status_t judge(const struct loose_handle *loose, zx_obj_type_t type, zx_rights_t *rights,
                         const struct object *self)
{
    if ((loose->rights & ZX_RIGHT_TRANSFER) == 0) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (loose->object == self) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    if (type != ZX_OBJ_TYPE_NONE && loose->object->kind->type != type) {
        return ZX_ERR_WRONG_TYPE;
    }
    return rights_may_give(loose->rights, rights) ? ZX_OK : ZX_ERR_INVALID_ARGS;
}

static zx_status_t take_one(const zx_handle_disposition_t *wish, const struct object *self,
                            struct loose_handle *ret_loose)
{
    zx_rights_t rights = wish->rights;
    struct loose_handle loose;
    zx_status_t status;
    if (wish->operation == ZX_HANDLE_OP_DUPLICATE) {
        status = handle_copy(wish->handle, ZX_RIGHT_DUPLICATE, ZX_RIGHT_SAME_RIGHTS, &loose);
    } else {
        status = handle_take(wish->handle, &loose);
    }
    if (status != ZX_OK) {
        return status;
    }
    status = wish->operation > ZX_HANDLE_OP_DUPLICATE ? ZX_ERR_INVALID_ARGS
                                                      : judge(&loose, wish->type, &rights, self);
    if (status != ZX_OK) {
        loose_handle_drop(loose);
        return status;
    }
    *ret_loose = (struct loose_handle){.object = loose.object, .rights = rights};
    return ZX_OK;
}

/* Takes all handles, also behind one that cannot go; the first reason counts. */
static zx_status_t take_handles(const struct outgoing *outgoing, const struct object *self,
                                struct parcel *parcel)
{
    zx_status_t first = ZX_OK;
    for (uint32_t i = 0; i < outgoing->handle_count; i++) {
        zx_handle_disposition_t *wish =
            outgoing->dispositions == NULL ? NULL : &outgoing->dispositions[i];
        const zx_handle_disposition_t plain = {
            .operation = ZX_HANDLE_OP_MOVE,
            .handle = wish == NULL ? outgoing->handles[i] : ZX_HANDLE_INVALID,
            .rights = ZX_RIGHT_SAME_RIGHTS,
        };
        struct loose_handle loose;
        zx_status_t status = take_one(wish == NULL ? &plain : wish, self, &loose);
        if (wish != NULL) {
            wish->result = status;
        }
        if (status == ZX_OK) {
            parcel->handles[parcel->handle_count++] = loose;
        }
        first = first != ZX_OK ? first : status;
    }
    return first;
}

zx_status_t outgoing_pack(const struct outgoing *outgoing, const struct object *self,
                          struct parcel **ret_parcel)
{
    uint32_t len;
    unsigned char *bytes = NULL;
    struct parcel *parcel = NULL;
    zx_status_t status = measure(outgoing, &len);
    if (status == ZX_OK) {
        parcel = parcel_new(len, outgoing->handle_count, &bytes);
        status = parcel == NULL ? ZX_ERR_NO_MEMORY : ZX_OK;
    }
    if (status != ZX_OK) {
        outgoing_drop(outgoing);
        return status;
    }
    copy_bytes(outgoing, bytes);
    status = take_handles(outgoing, self, parcel);
    if (status != ZX_OK) {
        parcel_drop(parcel);
        return status;
    }
    *ret_parcel = parcel;
    return ZX_OK;
}
