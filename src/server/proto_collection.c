/* Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, BufferCollection. */
#include "base/log.h"
#include "model/requests.h"
#include "server/dispatch.h"
#include "server/proto.h"
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
        return request_refuse(request, "%s",
                              account_refusal(collection_of(node)->account, ACCOUNT_MESSAGE_BYTES,
                                              arena_footprint(&request->arena)));
    }
    log_debug("%s: SetConstraints", binding_describe(request->binding));
    collection_evaluate(collection_of(node));
    return NULL;
}

static const char *wait_for_all_buffers_allocated(struct request *request)
{
    struct binding *binding = request->binding;
    struct node *node = binding->node;
    if (!node->has_constraints) {
        return request_refuse(request, "sent before SetConstraints");
    }
    if (node->weak && !node->weak_ok) {
        return request_refuse(request, "the node is weak, and nobody said SetWeakOk");
    }
    node->has_waited = true;
    const char *why = wait_add(binding, request->message->txid);
    if (why != NULL) {
        return request_refuse(request, "%s", why);
    }
    if (node->allocated) {
        wait_answer_soon(binding);
    }
    return NULL;
}

static const char *check_all_buffers_allocated(struct request *request)
{
    bool allocated = request->binding->node->allocated;
    request_reply(request, allocated ? 0 : (uint32_t)SYSMEM_ERROR_PENDING, NULL);
    return NULL;
}

static const char *attach_token(struct request *request)
{
    const struct model_collection_attach_token_request *table = request->table;
    if (!table->has.rights_attenuation_mask || !table->has.token_request) {
        return request_lacks(request, table->has.token_request ? "rights_attenuation_mask"
                                                               : "token_request");
    }
    if (table->rights_attenuation_mask == 0) {
        return request_refuse(request, "rights_attenuation_mask is 0");
    }
    struct binding *parent = request->binding;
    if (parent->node->weak) {
        return request_refuse(request, "nothing can be attached to a weak collection");
    }
    const char *why = NULL;
    int fd = message_take_fd(request->message, table->token_request);
    struct binding *token = token_serve(parent, fd, &why);
    if (token == NULL) {
        return request_refuse(request, "%s", why);
    }
    struct node *node = collection_attach(parent->node, token, &why);
    if (node == NULL) {
        binding_close(token);
        return request_refuse(request, "%s", why);
    }
    node_attenuate(node, table->rights_attenuation_mask);
    binding_take_node(token, node);
    collection_tell(collection_of(node), node, COLLECTION_EVENT_NODE_ADDED);
    return NULL;
}

static const char *attach_lifetime_tracking(struct request *request)
{
    const struct model_collection_attach_lifetime_tracking_request *table = request->table;
    if (!table->has.server_end || !table->has.buffers_remaining) {
        return request_lacks(request, table->has.server_end ? "buffers_remaining" : "server_end");
    }
    const char *why = NULL;
    int fd = request_take_eventpair(request, table->server_end, &why);
    if (fd < 0) {
        return why;
    }
    why = collection_track_lifetime(request->binding->node, fd, table->buffers_remaining);
    return why == NULL ? NULL : request_refuse(request, "%s", why);
}

const struct handler collection_handlers[] = {
    HANDLER(COLLECTION, "SetConstraints", set_constraints),
    HANDLER(COLLECTION, "WaitForAllBuffersAllocated", wait_for_all_buffers_allocated),
    HANDLER(COLLECTION, "CheckAllBuffersAllocated", check_all_buffers_allocated),
    HANDLER(COLLECTION, "AttachToken", attach_token),
    HANDLER(COLLECTION, "AttachLifetimeTracking", attach_lifetime_tracking),
    {0},
};
