#include <sysmem/group.h>

#include <sysmem/usage.h>

#include "client/async.h"
#include "client/ends.h"
#include "client/tokens.h"
#include "model/requests.h"

struct sysmem_node *sysmem_group_node(struct sysmem_group *group)
{
    return &group->node;
}

sysmem_status_t sysmem_group_from_fd(int fd, struct sysmem_group **ret)
{
    struct sysmem_node *node;
    sysmem_status_t status = node_new(fd, MODEL_PROTOCOL_GROUP, &node);
    if (status == 0) {
        *ret = container_of(node, struct sysmem_group, node);
    }
    return status;
}

int sysmem_group_into_fd(struct sysmem_group *group)
{
    return node_into_fd(&group->node);
}

sysmem_status_t sysmem_group_from_handle(zx_handle_t channel, struct sysmem_group **ret)
{
    struct sysmem_node *node;
    sysmem_status_t status = node_from_handle(channel, MODEL_PROTOCOL_GROUP, &node);
    if (status == 0) {
        *ret = container_of(node, struct sysmem_group, node);
    }
    return status;
}

sysmem_status_t sysmem_group_into_handle(struct sysmem_group *group, zx_handle_t *ret_channel)
{
    return node_into_handle(&group->node, ret_channel);
}

void sysmem_group_free(struct sysmem_group *group)
{
    node_free(group == NULL ? NULL : &group->node);
}

sysmem_status_t sysmem_group_create_child(struct sysmem_group *group,
                                          zx_rights_t rights_attenuation_mask,
                                          struct sysmem_token **ret_token)
{
    struct model_group_create_child_request request = {0};
    SYSMEM_SET(&request, rights_attenuation_mask, rights_attenuation_mask);
    struct sysmem_node *made;
    sysmem_status_t status = ends_send(&group->node, "CreateChild", &request, &made);
    if (status == 0) {
        *ret_token = container_of(made, struct sysmem_token, node);
    }
    return status;
}

/* What a reply brings, which is consumed. */
static sysmem_status_t take_children(struct channel_reply *reply, size_t count,
                                     struct sysmem_token **ret_tokens)
{
    sysmem_status_t status = reply->status;
    if (status == 0) {
        const struct model_group_create_children_sync_response *response = reply->response;
        /* Of the reply's own arena: const for readers only. */
        status =
            tokens_take((zx_handle_t *)response->tokens, response->tokens_count, count, ret_tokens);
    }
    channel_reply_clear(reply);
    return status;
}

sysmem_status_t sysmem_group_create_children_sync(struct sysmem_group *group,
                                                  const zx_rights_t *masks, size_t count,
                                                  zx_time_t deadline,
                                                  struct sysmem_token **ret_tokens)
{
    struct model_group_create_children_sync_request request = {0};
    SYSMEM_SET_VECTOR(&request, rights_attenuation_masks, masks, count);
    struct channel_reply reply;
    node_call(&group->node, "CreateChildrenSync", &request, deadline, &reply);
    return take_children(&reply, count, ret_tokens);
}

static void on_children(void *arg, struct channel_reply *reply)
{
    struct async call = async_take(arg);
    struct sysmem_token *tokens[SYSMEM_MAX_COUNT_CREATE_CHILDREN];
    tokens_deliver(&call, take_children(reply, call.count, tokens), tokens);
}

sysmem_status_t sysmem_group_create_children_sync_async(struct sysmem_group *group,
                                                        const zx_rights_t *masks, size_t count,
                                                        sysmem_tokens_fn done, void *arg)
{
    struct model_group_create_children_sync_request request = {0};
    SYSMEM_SET_VECTOR(&request, rights_attenuation_masks, masks, count);
    const struct async call = {.to.tokens = done, .arg = arg, .count = count};
    return async_start(&group->node, "CreateChildrenSync", &request, on_children, &call);
}

sysmem_status_t sysmem_group_all_children_present(struct sysmem_group *group)
{
    return node_send(&group->node, "AllChildrenPresent", NULL);
}
