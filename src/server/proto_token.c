/* Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, BufferCollectionToken. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <sysmem/usage.h>
#include <zircon/rights.h>

#include "base/fd.h"
#include "base/log.h"
#include "model/requests.h"
#include "server/dispatch.h"
#include "server/proto.h"
#include "server/server_end.h"

struct binding *token_serve(struct binding *from, int fd, const char **ret_why)
{
    struct binding *binding = server_end_serve(from, MODEL_PROTOCOL_TOKEN, fd, ret_why);
    if (binding != NULL && !map_put(&binding->server->tokens, binding->name.koid, binding)) {
        *ret_why = "no memory to register the token";
        binding_close(binding);
        return NULL;
    }
    return binding;
}

struct binding *token_serve_child(struct binding *parent, int fd, uint32_t mask,
                                  const char **ret_why)
{
    struct binding *child = token_serve(parent, fd, ret_why);
    if (child == NULL) {
        return NULL;
    }
    struct node *node = collection_add_child(parent->node, child, ret_why);
    if (node == NULL) {
        binding_close(child);
        return NULL;
    }
    node_attenuate(node, mask);
    binding_take_node(child, node);
    collection_tell(collection_of(node), node, COLLECTION_EVENT_NODE_ADDED);
    return child;
}

static const char *duplicate(struct request *request)
{
    const struct model_token_duplicate_request *table = request->table;
    if (!table->has.rights_attenuation_mask || !table->has.token_request) {
        return request_lacks(request, table->has.token_request ? "rights_attenuation_mask"
                                                               : "token_request");
    }
    uint32_t mask = table->rights_attenuation_mask;
    if (mask == 0) {
        log_warning("%s: Duplicate: rights_attenuation_mask 0 is taken as SAME_RIGHTS",
                    binding_describe(request->binding));
        mask = ZX_RIGHT_SAME_RIGHTS;
    }
    const char *why = NULL;
    int fd = message_take_fd(request->message, table->token_request);
    struct binding *child = token_serve_child(request->binding, fd, mask, &why);
    return child != NULL ? NULL : request_refuse(request, "%s", why);
}

/* A new child token, whose client end becomes an attachment of the reply. NULL with *ret_slot set,
 * or why not. */
static const char *create_child(struct binding *parent, uint32_t mask, struct message *reply,
                                zx_handle_t *ret_slot)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return strerror(errno);
    }
    struct attachment attachment = {.fd = ends[0], .type = ZX_OBJ_TYPE_CHANNEL};
    int slot = message_attach(reply, &attachment);
    if (slot < 0) {
        fd_close(&ends[1]);
        return strerror(-slot);
    }
    *ret_slot = (zx_handle_t)slot;
    const char *why = NULL;
    struct binding *child = token_serve_child(parent, ends[1], mask, &why);
    if (child == NULL) {
        return why;
    }
    binding_trust(child); /* this end was never in other hands */
    return NULL;
}

const char *tokens_reply(struct request *request, const uint32_t *masks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (masks[i] == 0) {
            return request_refuse(request, "rights_attenuation_masks[%zu] is 0", i);
        }
    }
    zx_handle_t tokens[SYSMEM_MAX_COUNT_DUPLICATES] = {0};
    struct message reply;
    message_init(&reply, request->method->ordinal, request->message->txid);
    for (size_t i = 0; i < count; i++) {
        const char *why = create_child(request->binding, masks[i], &reply, &tokens[i]);
        if (why != NULL) {
            message_clear(&reply);
            return request_refuse(request, "token %zu of %zu: %s", i, count, why);
        }
    }
    /* The responses of DuplicateSync and CreateChildrenSync are the same but for their names. */
    struct model_token_duplicate_sync_response response = {0};
    _Static_assert(sizeof(response) == sizeof(struct model_group_create_children_sync_response),
                   "one table serves both");
    SYSMEM_SET_VECTOR(&response, tokens, tokens, count);
    binding_reply(request->binding, request->method, 0, &response, &reply);
    return NULL;
}

static const char *duplicate_sync(struct request *request)
{
    const struct model_token_duplicate_sync_request *table = request->table;
    if (!table->has.rights_attenuation_masks) {
        return request_lacks(request, "rights_attenuation_masks");
    }
    return tokens_reply(request, table->rights_attenuation_masks,
                        table->rights_attenuation_masks_count);
}

/* Only ever makes the failure domain smaller: an attached token stays one. */
static const char *set_dispensable(struct request *request)
{
    struct node *node = request->binding->node;
    if (node->propagation == NODE_PROPAGATE) {
        node->propagation = NODE_PROPAGATE_BEFORE_ALLOCATION;
    }
    return NULL;
}

static const char *create_buffer_collection_token_group(struct request *request)
{
    const struct model_token_create_buffer_collection_token_group_request *table = request->table;
    if (!table->has.group_request) {
        return request_lacks(request, "group_request");
    }
    const char *why = NULL;
    int fd = message_take_fd(request->message, table->group_request);
    struct binding *group = server_end_serve(request->binding, MODEL_PROTOCOL_GROUP, fd, &why);
    if (group == NULL) {
        return request_refuse(request, "%s", why);
    }
    struct node *node = collection_add_child(request->binding->node, group, &why);
    if (node == NULL) {
        binding_close(group);
        return request_refuse(request, "%s", why);
    }
    node_become(node, NODE_GROUP);
    binding_take_node(group, node);
    collection_tell(collection_of(node), node, COLLECTION_EVENT_NODE_ADDED);
    return NULL;
}

const struct handler token_handlers[] = {
    HANDLER(TOKEN, "Duplicate", duplicate),
    HANDLER(TOKEN, "DuplicateSync", duplicate_sync),
    HANDLER_AFTER_RELEASE(TOKEN, "SetDispensable", set_dispensable),
    HANDLER(TOKEN, "CreateBufferCollectionTokenGroup", create_buffer_collection_token_group),
    {0},
};
