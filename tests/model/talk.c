#include "talk.h"

#include <assert.h>
#include <poll.h>

#include <sysmem/handle.h>
#include <zircon/syscalls.h>

#include "model/requests.h"
#include "support/participant.h"

const struct model_method *talk_method(const struct channel *channel, const char *name)
{
    const struct model_method *method = model_method_by_name(channel_protocol(channel), name);
    assert(method != NULL);
    return method;
}

sysmem_status_t talk_ask(struct channel *channel, const char *name, void *request)
{
    struct channel_reply reply;
    channel_call(channel, talk_method(channel, name), request, soon(), &reply);
    sysmem_status_t status = reply.status;
    channel_reply_clear(&reply);
    return status;
}

bool talk_barrier(struct channel *allocator)
{
    struct model_allocator_validate_buffer_collection_token_request request = {0};
    SYSMEM_SET(&request, token_server_koid, 1);
    return talk_ask(allocator, "ValidateBufferCollectionToken", &request) == 0;
}

void talk_send(struct channel *channel, const char *name, void *request)
{
    (void)channel_send(channel, talk_method(channel, name), request);
}

zx_handle_t talk_handle(int fd)
{
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_CHANNEL,
                                            .rights = ZX_DEFAULT_CHANNEL_RIGHTS};
    zx_handle_t handle = ZX_HANDLE_INVALID;
    zx_status_t status = sysmem_handle_from_fd(fd, &info, &handle);
    assert(status == ZX_OK);
    (void)status;
    return handle;
}

bool talk_sees_close(struct channel *channel, zx_time_t deadline)
{
    sysmem_status_t status = channel_process(channel);
    while (status == 0) {
        zx_time_t now = zx_clock_get_monotonic();
        int ms = deadline <= now ? 0 : (int)((deadline - now) / ZX_MSEC(1)) + 1;
        struct pollfd poll_fd = {.fd = channel_fd(channel), .events = POLLIN};
        if (poll(&poll_fd, 1, ms) <= 0) {
            return false;
        }
        status = channel_process(channel);
    }
    return true;
}
