/* Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, BufferCollectionTokenGroup. */
#include <zircon/rights.h>

#include "model/requests.h"
#include "server/dispatch.h"
#include "server/proto.h"

static const char *check_open(struct request *request)
{
    return request->binding->node->all_children_present
               ? request_refuse(request, "sent after AllChildrenPresent")
               : NULL;
}

static const char *create_child(struct request *request)
{
    const struct model_group_create_child_request *table = request->table;
    const char *why = check_open(request);
    if (why != NULL) {
        return why;
    }
    if (!table->has.token_request) {
        return request_lacks(request, "token_request");
    }
    uint32_t mask =
        table->has.rights_attenuation_mask ? table->rights_attenuation_mask : ZX_RIGHT_SAME_RIGHTS;
    if (mask == 0) {
        return request_refuse(request, "rights_attenuation_mask is 0");
    }
    int fd = message_take_fd(request->message, table->token_request);
    return token_serve_child(request->binding, fd, mask, &why) != NULL
               ? NULL
               : request_refuse(request, "%s", why);
}

static const char *create_children_sync(struct request *request)
{
    const struct model_group_create_children_sync_request *table = request->table;
    const char *why = check_open(request);
    if (why != NULL) {
        return why;
    }
    if (!table->has.rights_attenuation_masks) {
        return request_lacks(request, "rights_attenuation_masks");
    }
    return tokens_reply(request, table->rights_attenuation_masks,
                        table->rights_attenuation_masks_count);
}

static const char *all_children_present(struct request *request)
{
    struct node *node = request->binding->node;
    const char *why = check_open(request);
    if (why != NULL) {
        return why;
    }
    if (node->child_count == 0) {
        return request_refuse(request, "the group has no child");
    }
    node->all_children_present = true;
    collection_tell(collection_of(node), node, COLLECTION_EVENT_NODE_ALL_CHILDREN_PRESENT);
    collection_evaluate(collection_of(node));
    return NULL;
}

const struct handler group_handlers[] = {
    HANDLER(GROUP, "CreateChild", create_child),
    HANDLER(GROUP, "CreateChildrenSync", create_children_sync),
    HANDLER(GROUP, "AllChildrenPresent", all_children_present),
    {0},
};
