#include <sysmem/token.h>

#include <sysmem/usage.h>

#include "client/ends.h"
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
    struct model_token_duplicate_request request = {.has.token_request = true};
    SYSMEM_SET(&request, rights_attenuation_mask, rights_attenuation_mask);
    struct message message;
    message_init(&message, 0, 0);
    struct sysmem_node *made = NULL;
    sysmem_status_t status =
        ends_make(&message, MODEL_PROTOCOL_TOKEN, &request.token_request, &made);
    if (status == 0) {
        status = node_send_slots(&token->node, "Duplicate", &request, &message);
    }
    message_clear(&message);
    if (status != 0) {
        node_free(made);
        return status;
    }
    *ret_token = container_of(made, struct sysmem_token, node);
    return 0;
}

/* Makes tokens of the handles of a response, all or none. */
static sysmem_status_t take_tokens(const struct model_token_duplicate_sync_response *response,
                                   size_t count, struct sysmem_token **ret_tokens)
{
    if (!response->has.tokens || response->tokens_count != count) {
        return ZX_ERR_IO;
    }
    struct sysmem_token *tokens[SYSMEM_MAX_COUNT_DUPLICATES]; /* the request had no more masks */
    zx_handle_t *handles = (zx_handle_t *)response->tokens;   /* of the reply's own arena */
    for (size_t i = 0; i < count; i++) {
        zx_handle_t handle = handles[i];
        handles[i] = ZX_HANDLE_INVALID;
        sysmem_status_t status = sysmem_token_from_handle(handle, &tokens[i]);
        if (status != 0) {
            while (i-- > 0) {
                sysmem_token_free(tokens[i]);
            }
            return status;
        }
    }
    for (size_t i = 0; i < count; i++) {
        ret_tokens[i] = tokens[i];
    }
    return 0;
}

sysmem_status_t sysmem_token_duplicate_sync(struct sysmem_token *token, const zx_rights_t *masks,
                                            size_t count, zx_time_t deadline,
                                            struct sysmem_token **ret_tokens)
{
    struct model_token_duplicate_sync_request request = {0};
    SYSMEM_SET_VECTOR(&request, rights_attenuation_masks, masks, count);
    struct channel_reply reply;
    node_call(&token->node, "DuplicateSync", &request, deadline, &reply);
    sysmem_status_t status = reply.status;
    if (status == 0) {
        status = take_tokens(reply.response, count, ret_tokens);
    }
    channel_reply_clear(&reply);
    return status;
}

zx_koid_t sysmem_token_server_koid(struct sysmem_token *token)
{
    struct socket_name name;
    int outcome = socket_name_of_peer(channel_fd(token->node.channel), &name);
    return outcome == SOCKET_NAME_OK ? name.koid : ZX_KOID_INVALID;
}
