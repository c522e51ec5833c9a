/* What tokens, collections and groups have in common.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, Node. */
#include <string.h>

#include <zircon/rights.h>

#include "model/requests.h"
#include "os/socket_name.h"
#include "server/closer.h"
#include "server/dispatch.h"

static const char *sync_node(struct request *request)
{
    request_reply(request, 0, NULL);
    return NULL;
}

static const char *release(struct request *request)
{
    struct node *node = request->binding->node;
    if (node->kind == NODE_GROUP && !node->all_children_present) {
        return request_refuse(request, "sent on a group before AllChildrenPresent");
    }
    node->released = true;
    collection_tell(collection_of(node), node, COLLECTION_EVENT_NODE_RELEASED);
    return NULL;
}

static const char *set_name(struct request *request)
{
    const struct model_node_set_name_request *table = request->table;
    if (!table->has.priority || !table->has.name) {
        return request_lacks(request, table->has.priority ? "name" : "priority");
    }
    struct collection *collection = collection_of(request->binding->node);
    return collection_set_name(collection, table->priority, table->name)
               ? NULL
               : request_refuse(request, "no memory for the name");
}

static const char *set_debug_client_info(struct request *request)
{
    const struct model_node_set_debug_client_info_request *table = request->table;
    if (!table->has.name) {
        return request_lacks(request, "name");
    }
    uint64_t id = table->has.id ? table->id : 0;
    return collection_set_client(request->binding->node, table->name, id)
               ? NULL
               : request_refuse(request, "no memory for the name, or more than "
                                         "max_message_bytes_per_uid allows");
}

static const char *get_buffer_collection_id(struct request *request)
{
    struct model_node_get_buffer_collection_id_response response = {0};
    SYSMEM_SET(&response, buffer_collection_id, collection_of(request->binding->node)->id);
    request_reply(request, 0, &response);
    return NULL;
}

static const char *attach_node_tracking(struct request *request)
{
    const struct model_node_attach_node_tracking_request *table = request->table;
    if (!table->has.server_end) {
        return request_lacks(request, "server_end");
    }
    const char *why = NULL;
    int fd = request_take_eventpair(request, table->server_end, &why);
    if (fd < 0) {
        return why;
    }
    why = collection_track_node(request->binding->node, fd);
    return why == NULL ? NULL : request_refuse(request, "%s", why);
}

static const char *get_node_ref(struct request *request)
{
    struct attachment attachment = {
        .type = ZX_OBJ_TYPE_EVENT,
        .rights = ZX_RIGHT_TRANSFER | ZX_RIGHT_DUPLICATE | ZX_RIGHT_INSPECT,
    };
    attachment.fd = collection_node_ref(request->binding->node, &attachment.koid);
    if (attachment.fd < 0) {
        return request_refuse(request, "no node ref can be made: %s", strerror(-attachment.fd));
    }
    struct message reply;
    message_init(&reply, request->method->ordinal, request->message->txid);
    int slot = message_attach(&reply, &attachment);
    if (slot < 0) {
        message_clear(&reply);
        return request_refuse(request, "%s", strerror(-slot));
    }
    struct model_node_get_node_ref_response response = {0};
    SYSMEM_SET(&response, node_ref, (zx_handle_t)slot);
    binding_reply(request->binding, request->method, 0, &response, &reply);
    return NULL;
}

static const char *is_alternate_for(struct request *request)
{
    const struct model_node_is_alternate_for_request *table = request->table;
    if (!table->has.node_ref) {
        return request_lacks(request, "node_ref");
    }
    struct node *node = request->binding->node;
    const struct attachment *sent = message_attachment(request->message, table->node_ref);
    uint32_t type = sent == NULL ? ZX_OBJ_TYPE_NONE : sent->type;
    int fd = message_take_fd(request->message, table->node_ref);
    bool is_event =
        (type == ZX_OBJ_TYPE_NONE || type == ZX_OBJ_TYPE_EVENT) && socket_is_channel_end(fd);
    const struct node *other =
        is_event ? collection_find_node_ref(collection_of(node)->table, fd) : NULL;
    closer_close(request->binding->uid, fd);
    if (!is_event) {
        request_reply(request, SYSMEM_ERROR_PROTOCOL_DEVIATION, NULL);
    } else if (other == NULL || other->collection != node->collection) {
        request_reply(request, SYSMEM_ERROR_NOT_FOUND, NULL);
    } else {
        struct model_node_is_alternate_for_response response = {0};
        SYSMEM_SET(&response, is_alternate, node_is_alternate(node, other));
        request_reply(request, 0, &response);
    }
    return NULL;
}

static const char *set_debug_timeout_log_deadline(struct request *request)
{
    const struct model_node_set_debug_timeout_log_deadline_request *table = request->table;
    if (!table->has.deadline) {
        return request_lacks(request, "deadline");
    }
    uint64_t deadline = table->deadline < 0 ? 0 : (uint64_t)table->deadline;
    collection_set_report_deadline(collection_of(request->binding->node), deadline);
    return NULL;
}

static const char *set_verbose_logging(struct request *request)
{
    collection_of(request->binding->node)->verbose = true;
    return NULL;
}

static const char *set_weak(struct request *request)
{
    struct node *node = request->binding->node;
    if (node_is_ready(node)) {
        return request_refuse(request, "sent on a node that is ready for allocation");
    }
    collection_set_weak(node);
    collection_evaluate(collection_of(node));
    return NULL;
}

static const char *set_weak_ok(struct request *request)
{
    const struct model_node_set_weak_ok_request *table = request->table;
    struct node *node = request->binding->node;
    if (node->has_waited) {
        return request_refuse(request, "sent after WaitForAllBuffersAllocated");
    }
    node_set_weak_ok(node, table->has.for_child_nodes_also && table->for_child_nodes_also);
    return NULL;
}

#define ALL(method, function)                                                                      \
    HANDLER(TOKEN, method, function), HANDLER(COLLECTION, method, function),                       \
        HANDLER(GROUP, method, function)

const struct handler node_handlers[] = {
    ALL("Sync", sync_node),
    ALL("Release", release),
    ALL("SetName", set_name),
    ALL("SetDebugClientInfo", set_debug_client_info),
    ALL("GetBufferCollectionId", get_buffer_collection_id),
    ALL("AttachNodeTracking", attach_node_tracking),
    ALL("GetNodeRef", get_node_ref),
    ALL("IsAlternateFor", is_alternate_for),
    ALL("SetDebugTimeoutLogDeadline", set_debug_timeout_log_deadline),
    ALL("SetVerboseLogging", set_verbose_logging),
    ALL("SetWeak", set_weak),
    ALL("SetWeakOk", set_weak_ok),
    {0},
};
