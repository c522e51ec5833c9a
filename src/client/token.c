#include <sysmem/token.h>

#include <sysmem/usage.h>

#include "client/async.h"
#include "client/ends.h"
#include "client/tokens.h"
#include "model/requests.h"
#include "os/socket_name.h"

struct sysmem_node *sysmem_token_node(struct sysmem_token *token)
{
    return &token->node;
}

sysmem_status_t sysmem_token_from_fd(int fd, struct sysmem_token **ret)
{
    struct sysmem_node *node;
    sysmem_status_t status = node_new(fd, MODEL_PROTOCOL_TOKEN, &node);
    if (status == 0) {
        *ret = container_of(node, struct sysmem_token, node);
    }
    return status;
}

int sysmem_token_into_fd(struct sysmem_token *token)
{
    return node_into_fd(&token->node);
}

sysmem_status_t sysmem_token_from_handle(zx_handle_t channel, struct sysmem_token **ret)
{
    struct sysmem_node *node;
    sysmem_status_t status = node_from_handle(channel, MODEL_PROTOCOL_TOKEN, &node);
    if (status == 0) {
        *ret = container_of(node, struct sysmem_token, node);
    }
    return status;
}

sysmem_status_t sysmem_token_into_handle(struct sysmem_token *token, zx_handle_t *ret_channel)
{
    return node_into_handle(&token->node, ret_channel);
}

void sysmem_token_free(struct sysmem_token *token)
{
    node_free(token == NULL ? NULL : &token->node);
}

sysmem_status_t sysmem_token_duplicate(struct sysmem_token *token,
                                       zx_rights_t rights_attenuation_mask,
                                       struct sysmem_token **ret_token)
{
    struct model_token_duplicate_request request = {0};
    SYSMEM_SET(&request, rights_attenuation_mask, rights_attenuation_mask);
    struct sysmem_node *made;
    sysmem_status_t status = ends_send(&token->node, "Duplicate", &request, &made);
    if (status == 0) {
        *ret_token = container_of(made, struct sysmem_token, node);
    }
    return status;
}

/* What a reply brings, which is consumed. */
static sysmem_status_t take_duplicates(struct channel_reply *reply, size_t count,
                                       struct sysmem_token **ret_tokens)
{
    sysmem_status_t status = reply->status;
    if (status == 0) {
        const struct model_token_duplicate_sync_response *response = reply->response;
        /* Of the reply's own arena: const for readers only. */
        status =
            tokens_take((zx_handle_t *)response->tokens, response->tokens_count, count, ret_tokens);
    }
    channel_reply_clear(reply);
    return status;
}

sysmem_status_t sysmem_token_duplicate_sync(struct sysmem_token *token, const zx_rights_t *masks,
                                            size_t count, zx_time_t deadline,
                                            struct sysmem_token **ret_tokens)
{
    struct model_token_duplicate_sync_request request = {0};
    SYSMEM_SET_VECTOR(&request, rights_attenuation_masks, masks, count);
    struct channel_reply reply;
    node_call(&token->node, "DuplicateSync", &request, deadline, &reply);
    return take_duplicates(&reply, count, ret_tokens);
}

static void on_duplicates(void *arg, struct channel_reply *reply)
{
    struct async call = async_take(arg);
    struct sysmem_token *tokens[SYSMEM_MAX_COUNT_DUPLICATES];
    tokens_deliver(&call, take_duplicates(reply, call.count, tokens), tokens);
}

sysmem_status_t sysmem_token_duplicate_sync_async(struct sysmem_token *token,
                                                  const zx_rights_t *masks, size_t count,
                                                  sysmem_tokens_fn done, void *arg)
{
    struct model_token_duplicate_sync_request request = {0};
    SYSMEM_SET_VECTOR(&request, rights_attenuation_masks, masks, count);
    const struct async call = {.to.tokens = done, .arg = arg, .count = count};
    return async_start(&token->node, "DuplicateSync", &request, on_duplicates, &call);
}

sysmem_status_t sysmem_token_create_buffer_collection_token_group(struct sysmem_token *token,
                                                                  struct sysmem_group **ret_group)
{
    struct model_token_create_buffer_collection_token_group_request request = {0};
    struct sysmem_node *made;
    sysmem_status_t status =
        ends_send(&token->node, "CreateBufferCollectionTokenGroup", &request, &made);
    if (status == 0) {
        *ret_group = container_of(made, struct sysmem_group, node);
    }
    return status;
}

sysmem_status_t sysmem_token_set_dispensable(struct sysmem_token *token)
{
    return node_send(&token->node, "SetDispensable", NULL);
}

zx_koid_t sysmem_token_server_koid(struct sysmem_token *token)
{
    struct socket_name name;
    int outcome = socket_name_of_peer(channel_fd(token->node.channel.core), &name);
    return outcome == SOCKET_NAME_OK ? name.koid : ZX_KOID_INVALID;
}
