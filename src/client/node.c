#include "client/node.h"

#include <assert.h>
#include <stdlib.h>

#include <sysmem/handle.h>

#include "base/fd.h"
#include "client/handles.h"

/* --- What the public objects are made of --- */

sysmem_status_t node_new(int fd, enum model_protocol protocol, struct sysmem_node **ret)
{
    struct channel *channel;
    sysmem_status_t status = channel_new(fd, protocol, &channel);
    if (status != 0) {
        return status;
    }
    struct sysmem_node *node = malloc(sizeof(*node));
    if (node == NULL) {
        channel_free(channel);
        return ZX_ERR_NO_MEMORY;
    }
    node->channel.core = channel;
    atomic_init(&node->failure, NULL);
    *ret = node;
    return 0;
}

sysmem_status_t node_from_handle(zx_handle_t handle, enum model_protocol protocol,
                                 struct sysmem_node **ret)
{
    struct sysmem_handle_info info;
    int fd;
    sysmem_status_t status = handles_into_fd(handle, &info, &fd);
    if (status != 0) {
        return status;
    }
    if (info.type != ZX_OBJ_TYPE_CHANNEL) {
        fd_close(&fd);
        return ZX_ERR_WRONG_TYPE;
    }
    return node_new(fd, protocol, ret);
}

sysmem_status_t node_into_handle(struct sysmem_node *node, zx_handle_t *ret_handle)
{
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_CHANNEL,
                                            .rights = ZX_DEFAULT_CHANNEL_RIGHTS};
    return sysmem_handle_from_fd(node_into_fd(node), &info, ret_handle);
}

int node_into_fd(struct sysmem_node *node)
{
    struct channel *channel = node->channel.core;
    sysmem_failure_free(node->failure);
    free(node);
    return channel_into_fd(channel);
}

void node_free(struct sysmem_node *node)
{
    if (node != NULL) {
        struct channel *channel = node->channel.core;
        sysmem_failure_free(node->failure);
        free(node);
        channel_free(channel);
    }
}

/* --- Methods by name --- */

const struct model_method *node_method(const struct channel *channel, const char *name)
{
    const struct model_method *method = model_method_by_name(channel_protocol(channel), name);
    assert(method != NULL);
    return method;
}

sysmem_status_t node_send(const struct sysmem_node *node, const char *name, void *request)
{
    return channel_send(node->channel.core, node_method(node->channel.core, name), request);
}

sysmem_status_t node_send_slots(const struct sysmem_node *node, const char *name,
                                const void *request, struct message *message)
{
    return channel_send_slots(node->channel.core, node_method(node->channel.core, name), request,
                              message);
}

void node_call(const struct sysmem_node *node, const char *name, void *request, zx_time_t deadline,
               struct channel_reply *ret)
{
    channel_call(node->channel.core, node_method(node->channel.core, name), request, deadline, ret);
}

sysmem_status_t node_call_status(const struct sysmem_node *node, const char *name,
                                 zx_time_t deadline)
{
    struct channel_reply reply;
    node_call(node, name, NULL, deadline, &reply);
    channel_reply_clear(&reply);
    return reply.status;
}

/* --- What event loops use --- */

struct sysmem_channel *sysmem_node_channel(struct sysmem_node *node)
{
    return &node->channel;
}

void sysmem_channel_set_nonblocking(struct sysmem_channel *channel, bool nonblocking)
{
    channel_set_nonblocking(channel->core, nonblocking);
}

int sysmem_channel_get_fd(const struct sysmem_channel *channel)
{
    return channel_fd(channel->core);
}

short sysmem_channel_get_events(struct sysmem_channel *channel)
{
    return channel_events(channel->core);
}

zx_time_t sysmem_channel_get_timeout(struct sysmem_channel *channel)
{
    return channel_timeout(channel->core);
}

sysmem_status_t sysmem_channel_process(struct sysmem_channel *channel)
{
    return channel_process(channel->core);
}

void sysmem_channel_on_closed(struct sysmem_channel *channel, sysmem_done_fn closed, void *arg)
{
    channel_on_closed(channel->core, closed, arg);
}
