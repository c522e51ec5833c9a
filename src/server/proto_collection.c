/* Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, BufferCollection. */
#include "base/log.h"
#include "model/requests.h"
#include "server/dispatch.h"
#include "server/wait.h"

static const char *set_constraints(struct request *request)
{
    struct model_collection_set_constraints_request *table = request->table;
    struct node *node = request->binding->node;
    if (node->has_constraints) {
        return request_refuse(request, "sent a second time");
    }
    /* Stored as they are: what they contain is judged at allocation. */
    if (!collection_set_constraints(node, table->has.constraints ? &table->constraints : NULL,
                                    &request->arena)) {
        return request_refuse(request, "they need more than max_message_bytes_per_uid allows");
    }
    log_debug("%s: SetConstraints", binding_describe(request->binding));
    collection_evaluate(collection_of(node));
    return NULL;
}

static const char *wait_for_all_buffers_allocated(struct request *request)
{
    struct binding *binding = request->binding;
    if (!binding->node->has_constraints) {
        return request_refuse(request, "sent before SetConstraints");
    }
    const char *why = wait_add(binding, request->message->txid);
    if (why != NULL) {
        return request_refuse(request, "%s", why);
    }
    if (collection_of(binding->node)->state == COLLECTION_ALLOCATED) {
        wait_answer_soon(binding);
    }
    return NULL;
}

static const char *check_all_buffers_allocated(struct request *request)
{
    const struct collection *collection = collection_of(request->binding->node);
    request_reply(request,
                  collection->state == COLLECTION_ALLOCATED ? 0 : (uint32_t)SYSMEM_ERROR_PENDING,
                  NULL);
    return NULL;
}

const struct handler collection_handlers[] = {
    {MODEL_PROTOCOL_COLLECTION,       "SetConstraints", set_constraints},
    {MODEL_PROTOCOL_COLLECTION,                "WaitForAllBuffersAllocated", wait_for_all_buffers_allocated},
    {MODEL_PROTOCOL_COLLECTION,       "CheckAllBuffersAllocated", check_all_buffers_allocated},
    {0},
};
