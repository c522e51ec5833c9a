/* What tokens and collections have in common.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, Node. */
#include "base/log.h"
#include "model/requests.h"
#include "server/dispatch.h"

static const char *sync_node(struct request *request)
{
    request_reply(request, 0, NULL);
    return NULL;
}

static const char *release(struct request *request)
{
    request->binding->node->released = true;
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
    return node_set_client(request->binding->node, table->name, id)
               ? NULL
               : request_refuse(request, "no memory for the name");
}

static const char *get_buffer_collection_id(struct request *request)
{
    struct model_node_get_buffer_collection_id_response response = {0};
    SYSMEM_SET(&response, buffer_collection_id, collection_of(request->binding->node)->id);
    request_reply(request, 0, &response);
    return NULL;
}

#define BOTH(method, function)                                                                     \
    {MODEL_PROTOCOL_TOKEN, method, function},                                                      \
    {                                                                                              \
        MODEL_PROTOCOL_COLLECTION, method, function                                                \
    }

const struct handler node_handlers[] = {
    BOTH("Sync", sync_node),
    BOTH("Release", release),
    BOTH("SetName", set_name),
    BOTH("SetDebugClientInfo", set_debug_client_info),
    BOTH("GetBufferCollectionId", get_buffer_collection_id),
    {0},
};
