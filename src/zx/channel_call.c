/* Messages that wait for their answer. */
#include <assert.h>
#include <errno.h>

#include <zircon/syscalls.h>

#include "base/fd.h"
#include "zx/channel.h"
#include "zx/status.h"

/* Waits until the reply is there. Then the call is in no list: it may still be in one when the
 * system refuses to wait. */
static zx_status_t call_wait(struct endpoint *endpoint, struct call *call, zx_time_t deadline)
{
    zx_status_t status = ZX_ERR_SHOULD_WAIT;
    while (status == ZX_ERR_SHOULD_WAIT) {
        zx_signals_t active = waiter_look(&call->waiter); /* hands out replies that have come */
        endpoint_lock(endpoint);
        if (call->reply != NULL) {
            status = ZX_OK;
        } else if ((active & ZX_SIGNAL_HANDLE_CLOSED) != 0) {
            status = ZX_ERR_CANCELED;
        } else if ((active & ZX_CHANNEL_PEER_CLOSED) != 0) {
            status = ZX_ERR_PEER_CLOSED;
        } else if (deadline_has_come(deadline)) {
            status = ZX_ERR_TIMED_OUT;
        }
        if (status != ZX_ERR_SHOULD_WAIT) {
            list_remove(&call->link);
        }
        endpoint_unlock(endpoint);
        if (status == ZX_ERR_SHOULD_WAIT) {
            zx_status_t slept = waiters_sleep(&call->waiter, 1, call->waiter.wake_fd, deadline);
            status = slept == ZX_OK ? status : slept;
        }
    }
    return status;
}

static void call_remove(struct endpoint *endpoint, struct call *call)
{
    endpoint_lock(endpoint);
    list_remove(&call->link);
    endpoint_unlock(endpoint);
}

/* Sends the message, and waits for its reply. */
static zx_status_t call_run(struct object *object, zx_handle_t handle, struct parcel *parcel,
                            zx_time_t deadline, struct parcel **ret_reply)
{
    FD_CLEANUP int wake_fd = wake_fd_new();
    if (wake_fd < 0) {
        parcel_drop(parcel);
        return status_from_errno(errno);
    }
    struct call call = {
        .waiter = {.observer = {.handle = handle, .wanted = ZX_CHANNEL_PEER_CLOSED},
                   .object = object,
                   .wake_fd = wake_fd}
    };
    struct endpoint *endpoint = endpoint_of(object);
    list_init(&call.link);
    waiter_start(&call.waiter);
    zx_status_t status = endpoint_send(endpoint, parcel, &call);
    if (status == ZX_OK) {
        status = call_wait(endpoint, &call, deadline);
    }
    call_remove(endpoint, &call);
    waiter_stop(&call.waiter);
    if (status == ZX_OK) {
        *ret_reply = call.reply;
    } else {
        parcel_drop(call.reply); /* to a question that was never sent: somebody guessed its id */
    }
    return status;
}

/* Gives the reply to the program. One that does not fit is lost. */
static zx_status_t finish(const struct incoming *incoming, struct parcel *reply,
                          uint32_t *ret_bytes, uint32_t *ret_handles)
{
    assert(reply != NULL);
    uint32_t bytes = reply->len;
    uint32_t handles = reply->handle_count;
    zx_status_t status = ZX_ERR_BUFFER_TOO_SMALL;
    if (bytes > incoming->limit.len || handles > incoming->limit.handle_count) {
        parcel_drop(reply);
    } else {
        status = incoming_unpack(incoming, reply);
    }
    if (status == ZX_OK || status == ZX_ERR_BUFFER_TOO_SMALL) {
        *ret_bytes = bytes;
        *ret_handles = handles;
    }
    return status;
}

static uint32_t byte_count_of(const struct outgoing *outgoing)
{
    const zx_channel_iovec_t *parts = outgoing->bytes;
    uint32_t count = outgoing->is_parts ? 0 : outgoing->byte_count;
    for (uint32_t i = 0; outgoing->is_parts && parts != NULL && i < outgoing->byte_count &&
                         count < sizeof(uint32_t);
         i++) {
        count += parts[i].capacity < sizeof(uint32_t) ? parts[i].capacity : sizeof(uint32_t);
    }
    return count;
}

/* A call in terms of both forms of its arguments. */
struct talk {
    uint32_t options;
    zx_time_t deadline;
    struct outgoing outgoing;
    struct incoming incoming;
};

static zx_status_t channel_call(zx_handle_t handle, struct talk *talk, uint32_t *ret_bytes,
                                uint32_t *ret_handles)
{
    struct handle_use use;
    struct parcel *parcel;
    struct parcel *reply = NULL;
    talk->outgoing.is_parts = (talk->options & ZX_CHANNEL_WRITE_USE_IOVEC) != 0;
    if ((talk->options & ~ZX_CHANNEL_WRITE_USE_IOVEC) != 0 || ret_bytes == NULL ||
        ret_handles == NULL || byte_count_of(&talk->outgoing) < sizeof(uint32_t)) {
        outgoing_drop(&talk->outgoing);
        return ZX_ERR_INVALID_ARGS;
    }
    zx_status_t status =
        handle_get(handle, ZX_OBJ_TYPE_CHANNEL, ZX_RIGHT_READ | ZX_RIGHT_WRITE, &use);
    if (status != ZX_OK) {
        outgoing_drop(&talk->outgoing);
        return status;
    }
    status = outgoing_pack(&talk->outgoing, use.object, &parcel);
    if (status == ZX_OK) {
        status = call_run(use.object, handle, parcel, talk->deadline, &reply);
    }
    object_unref(use.object);
    return status == ZX_OK ? finish(&talk->incoming, reply, ret_bytes, ret_handles) : status;
}

zx_status_t zx_channel_call(zx_handle_t handle, uint32_t options, zx_time_t deadline,
                            const zx_channel_call_args_t *args, uint32_t *actual_bytes,
                            uint32_t *actual_handles)
{
    if (args == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct talk talk = {
        .options = options,
        .deadline = deadline,
        .outgoing = {.bytes = args->wr_bytes,
                     .byte_count = args->wr_num_bytes,
                     .handles = args->wr_handles,
                     .handle_count = args->wr_num_handles},
        .incoming = {.bytes = args->rd_bytes,
                     .handles = args->rd_handles,
                     .limit = {.len = args->rd_bytes == NULL ? 0 : args->rd_num_bytes,
                               .handle_count =
                                   args->rd_handles == NULL ? 0 : args->rd_num_handles}},
    };
    return channel_call(handle, &talk, actual_bytes, actual_handles);
}

zx_status_t zx_channel_call_etc(zx_handle_t handle, uint32_t options, zx_time_t deadline,
                                zx_channel_call_etc_args_t *args, uint32_t *actual_bytes,
                                uint32_t *actual_handles)
{
    if (args == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct talk talk = {
        .options = options,
        .deadline = deadline,
        .outgoing = {.bytes = args->wr_bytes,
                     .byte_count = args->wr_num_bytes,
                     .dispositions = args->wr_handles,
                     .handle_count = args->wr_num_handles},
        .incoming = {.bytes = args->rd_bytes,
                     .infos = args->rd_handles,
                     .limit = {.len = args->rd_bytes == NULL ? 0 : args->rd_num_bytes,
                               .handle_count =
                                   args->rd_handles == NULL ? 0 : args->rd_num_handles}       },
    };
    return channel_call(handle, &talk, actual_bytes, actual_handles);
}
