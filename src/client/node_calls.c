#include <sysmem/node.h>

#include "client/async.h"
#include "client/node.h"
#include "model/requests.h"

sysmem_status_t sysmem_node_sync(struct sysmem_node *node, zx_time_t deadline)
{
    return node_call_status(node, "Sync", deadline);
}

sysmem_status_t sysmem_node_sync_async(struct sysmem_node *node, sysmem_done_fn done, void *arg)
{
    const struct async call = {.to.done = done, .arg = arg};
    return async_start(node, "Sync", NULL, async_done_status, &call);
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

/* What a reply says; it is consumed. */
static sysmem_status_t take_id(struct channel_reply *reply, uint64_t *ret_id)
{
    sysmem_status_t status = reply->status;
    if (status == 0) {
        const struct model_node_get_buffer_collection_id_response *response = reply->response;
        if (response->has.buffer_collection_id) {
            *ret_id = response->buffer_collection_id;
        } else {
            status = ZX_ERR_IO;
        }
    }
    channel_reply_clear(reply);
    return status;
}

sysmem_status_t sysmem_node_get_buffer_collection_id(struct sysmem_node *node, zx_time_t deadline,
                                                     uint64_t *ret_id)
{
    struct channel_reply reply;
    node_call(node, "GetBufferCollectionId", NULL, deadline, &reply);
    return take_id(&reply, ret_id);
}

static void on_id(void *arg, struct channel_reply *reply)
{
    struct async call = async_take(arg);
    uint64_t id = 0;
    sysmem_status_t status = take_id(reply, &id);
    call.to.id(call.arg, status, id);
}

sysmem_status_t sysmem_node_get_buffer_collection_id_async(struct sysmem_node *node,
                                                           sysmem_id_fn done, void *arg)
{
    const struct async call = {.to.id = done, .arg = arg};
    return async_start(node, "GetBufferCollectionId", NULL, on_id, &call);
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

static sysmem_status_t take_node_ref(struct channel_reply *reply, zx_handle_t *ret_node_ref)
{
    sysmem_status_t status = reply->status;
    if (status == 0) {
        struct model_node_get_node_ref_response *response = reply->response;
        if (response->has.node_ref) {
            *ret_node_ref = response->node_ref;
            response->node_ref = ZX_HANDLE_INVALID;
        } else {
            status = ZX_ERR_IO;
        }
    }
    channel_reply_clear(reply);
    return status;
}

sysmem_status_t sysmem_node_get_node_ref(struct sysmem_node *node, zx_time_t deadline,
                                         zx_handle_t *ret_node_ref)
{
    struct channel_reply reply;
    node_call(node, "GetNodeRef", NULL, deadline, &reply);
    return take_node_ref(&reply, ret_node_ref);
}

static void on_node_ref(void *arg, struct channel_reply *reply)
{
    struct async call = async_take(arg);
    zx_handle_t node_ref = ZX_HANDLE_INVALID;
    sysmem_status_t status = take_node_ref(reply, &node_ref);
    call.to.node_ref(call.arg, status, node_ref);
}

sysmem_status_t sysmem_node_get_node_ref_async(struct sysmem_node *node, sysmem_node_ref_fn done,
                                               void *arg)
{
    const struct async call = {.to.node_ref = done, .arg = arg};
    return async_start(node, "GetNodeRef", NULL, on_node_ref, &call);
}

static sysmem_status_t take_is_alternate(struct channel_reply *reply, bool *ret_is_alternate)
{
    sysmem_status_t status = reply->status;
    if (status == 0) {
        const struct model_node_is_alternate_for_response *response = reply->response;
        if (response->has.is_alternate) {
            *ret_is_alternate = response->is_alternate;
        } else {
            status = ZX_ERR_IO;
        }
    }
    channel_reply_clear(reply);
    return status;
}

sysmem_status_t sysmem_node_is_alternate_for(struct sysmem_node *node, zx_handle_t node_ref,
                                             zx_time_t deadline, bool *ret_is_alternate)
{
    struct model_node_is_alternate_for_request request = {0};
    SYSMEM_SET(&request, node_ref, node_ref);
    struct channel_reply reply;
    node_call(node, "IsAlternateFor", &request, deadline, &reply);
    return take_is_alternate(&reply, ret_is_alternate);
}

static void on_is_alternate(void *arg, struct channel_reply *reply)
{
    struct async call = async_take(arg);
    bool is_alternate = false;
    sysmem_status_t status = take_is_alternate(reply, &is_alternate);
    call.to.answer(call.arg, status, is_alternate);
}

sysmem_status_t sysmem_node_is_alternate_for_async(struct sysmem_node *node, zx_handle_t node_ref,
                                                   sysmem_bool_fn done, void *arg)
{
    struct model_node_is_alternate_for_request request = {0};
    SYSMEM_SET(&request, node_ref, node_ref);
    const struct async call = {.to.answer = done, .arg = arg};
    return async_start(node, "IsAlternateFor", &request, on_is_alternate, &call);
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
