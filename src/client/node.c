#include "client/node.h"

#include <assert.h>
#include <stdlib.h>

#include <sysmem/handle.h>

#include "base/fd.h"
#include "client/handles.h"
#include "model/requests.h"

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
    node->channel = channel;
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
    struct channel *channel = node->channel;
    free(node);
    return channel_into_fd(channel);
}

void node_free(struct sysmem_node *node)
{
    if (node != NULL) {
        struct channel *channel = node->channel;
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
    return channel_send(node->channel, node_method(node->channel, name), request);
}

sysmem_status_t node_send_slots(const struct sysmem_node *node, const char *name,
                                const void *request, struct message *message)
{
    return channel_send_slots(node->channel, node_method(node->channel, name), request, message);
}

void node_call(const struct sysmem_node *node, const char *name, void *request, zx_time_t deadline,
               struct channel_reply *ret)
{
    channel_call(node->channel, node_method(node->channel, name), request, deadline, ret);
}

sysmem_status_t node_call_status(const struct sysmem_node *node, const char *name,
                                 zx_time_t deadline)
{
    struct channel_reply reply;
    node_call(node, name, NULL, deadline, &reply);
    channel_reply_clear(&reply);
    return reply.status;
}

/* --- The calls of every node --- */

sysmem_status_t sysmem_node_sync(struct sysmem_node *node, zx_time_t deadline)
{
    return node_call_status(node, "Sync", deadline);
}

sysmem_status_t sysmem_node_release(struct sysmem_node *node)
{
    return node_send(node, "Release", NULL);
}

sysmem_status_t sysmem_node_set_name(struct sysmem_node *node, uint32_t priority, const char *name)
{
    if (name == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct model_node_set_name_request request = {0};
    SYSMEM_SET(&request, priority, priority);
    SYSMEM_SET(&request, name, name);
    return node_send(node, "SetName", &request);
}

sysmem_status_t sysmem_node_set_debug_client_info(struct sysmem_node *node, const char *name,
                                                  uint64_t id)
{
    if (name == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct model_node_set_debug_client_info_request request = {0};
    SYSMEM_SET(&request, name, name);
    SYSMEM_SET(&request, id, id);
    return node_send(node, "SetDebugClientInfo", &request);
}

sysmem_status_t sysmem_node_get_buffer_collection_id(struct sysmem_node *node, zx_time_t deadline,
                                                     uint64_t *ret_id)
{
    struct channel_reply reply;
    node_call(node, "GetBufferCollectionId", NULL, deadline, &reply);
    sysmem_status_t status = reply.status;
    if (status == 0) {
        const struct model_node_get_buffer_collection_id_response *response = reply.response;
        if (response->has.buffer_collection_id) {
            *ret_id = response->buffer_collection_id;
        } else {
            status = ZX_ERR_IO;
        }
    }
    channel_reply_clear(&reply);
    return status;
}

sysmem_status_t sysmem_node_set_weak(struct sysmem_node *node)
{
    return node_send(node, "SetWeak", NULL);
}

sysmem_status_t sysmem_node_set_weak_ok(struct sysmem_node *node, bool for_child_nodes_also)
{
    struct model_node_set_weak_ok_request request = {0};
    SYSMEM_SET(&request, for_child_nodes_also, for_child_nodes_also);
    return node_send(node, "SetWeakOk", &request);
}

sysmem_status_t sysmem_node_attach_node_tracking(struct sysmem_node *node, zx_handle_t server_end)
{
    struct model_node_attach_node_tracking_request request = {0};
    SYSMEM_SET(&request, server_end, server_end);
    return node_send(node, "AttachNodeTracking", &request);
}

sysmem_status_t sysmem_node_get_node_ref(struct sysmem_node *node, zx_time_t deadline,
                                         zx_handle_t *ret_node_ref)
{
    struct channel_reply reply;
    node_call(node, "GetNodeRef", NULL, deadline, &reply);
    sysmem_status_t status = reply.status;
    if (status == 0) {
        struct model_node_get_node_ref_response *response = reply.response;
        if (response->has.node_ref) {
            *ret_node_ref = response->node_ref;
            response->node_ref = ZX_HANDLE_INVALID;
        } else {
            status = ZX_ERR_IO;
        }
    }
    channel_reply_clear(&reply);
    return status;
}

sysmem_status_t sysmem_node_is_alternate_for(struct sysmem_node *node, zx_handle_t node_ref,
                                             zx_time_t deadline, bool *ret_is_alternate)
{
    struct model_node_is_alternate_for_request request = {0};
    SYSMEM_SET(&request, node_ref, node_ref);
    struct channel_reply reply;
    node_call(node, "IsAlternateFor", &request, deadline, &reply);
    sysmem_status_t status = reply.status;
    if (status == 0) {
        const struct model_node_is_alternate_for_response *response = reply.response;
        if (response->has.is_alternate) {
            *ret_is_alternate = response->is_alternate;
        } else {
            status = ZX_ERR_IO;
        }
    }
    channel_reply_clear(&reply);
    return status;
}

sysmem_status_t sysmem_node_set_debug_timeout_log_deadline(struct sysmem_node *node,
                                                           zx_time_t deadline)
{
    struct model_node_set_debug_timeout_log_deadline_request request = {0};
    SYSMEM_SET(&request, deadline, deadline);
    return node_send(node, "SetDebugTimeoutLogDeadline", &request);
}

sysmem_status_t sysmem_node_set_verbose_logging(struct sysmem_node *node)
{
    return node_send(node, "SetVerboseLogging", NULL);
}

/* --- Asynchronous use --- */

int sysmem_node_fd(const struct sysmem_node *node)
{
    return channel_fd(node->channel);
}

short sysmem_node_events(struct sysmem_node *node)
{
    return channel_events(node->channel);
}

sysmem_status_t sysmem_node_process(struct sysmem_node *node)
{
    return channel_process(node->channel);
}

void sysmem_node_on_closed(struct sysmem_node *node, sysmem_done_fn closed, void *arg)
{
    channel_on_closed(node->channel, closed, arg);
}

struct sync_call {
    sysmem_done_fn done;
    void *arg;
};

static void sync_done(void *arg, struct channel_reply *reply)
{
    struct sync_call call = *(struct sync_call *)arg;
    sysmem_status_t status = reply->status;
    free(arg);
    channel_reply_clear(reply);
    call.done(call.arg, status);
}

sysmem_status_t sysmem_node_sync_async(struct sysmem_node *node, sysmem_done_fn done, void *arg)
{
    struct sync_call *call = malloc(sizeof(*call));
    if (call == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    *call = (struct sync_call){.done = done, .arg = arg};
    sysmem_status_t status = channel_start(node->channel, node_method(node->channel, "Sync"), NULL,
                                           sync_done, call, NULL);
    if (status != 0) {
        free(call);
    }
    return status;
}
