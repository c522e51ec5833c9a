#include <sysmem/token.h>

#include <stdlib.h>

#include "client/ends.h"
#include "client/node.h"
#include "model/requests.h"
#include "os/socket_name.h"

struct sysmem_token {
    struct sysmem_node node;
};

struct sysmem_node *sysmem_token_node(struct sysmem_token *token)
{
    return &token->node;
}

sysmem_status_t sysmem_token_from_fd(int fd, struct sysmem_token **ret)
{
    struct channel *channel;
    sysmem_status_t status = channel_new(fd, MODEL_PROTOCOL_TOKEN, &channel);
    if (status != 0) {
        return status;
    }
    struct sysmem_token *token = malloc(sizeof(*token));
    if (token == NULL) {
        channel_free(channel);
        return ZX_ERR_NO_MEMORY;
    }
    token->node.channel = channel;
    *ret = token;
    return 0;
}

int sysmem_token_into_fd(struct sysmem_token *token)
{
    struct channel *channel = token->node.channel;
    free(token);
    return channel_into_fd(channel);
}

sysmem_status_t sysmem_token_from_handle(zx_handle_t channel, struct sysmem_token **ret)
{
    int fd;
    sysmem_status_t status = node_fd_from_handle(channel, &fd);
    return status == 0 ? sysmem_token_from_fd(fd, ret) : status;
}

sysmem_status_t sysmem_token_into_handle(struct sysmem_token *token, zx_handle_t *ret_channel)
{
    return node_handle_from_fd(sysmem_token_into_fd(token), ret_channel);
}

void sysmem_token_free(struct sysmem_token *token)
{
    if (token != NULL) {
        struct channel *channel = token->node.channel;
        free(token);
        channel_free(channel);
    }
}

sysmem_status_t sysmem_token_duplicate(struct sysmem_token *token,
                                       zx_rights_t rights_attenuation_mask,
                                       struct sysmem_token **ret_token)
{
    const struct model_method *method = node_method(token->node.channel, "Duplicate");
    struct message message;
    message_init(&message, 0, 0);
    struct model_token_duplicate_request request = {0};
    SYSMEM_SET(&request, rights_attenuation_mask, rights_attenuation_mask);
    request.has.token_request = true;
    int client_end;
    sysmem_status_t status = ends_make(&message, &client_end, &request.token_request);
    struct sysmem_token *duplicate = NULL;
    if (status == 0) {
        status = sysmem_token_from_fd(client_end, &duplicate);
    }
    if (status != 0) {
        message_clear(&message);
        return status;
    }
    status = channel_send_slots(token->node.channel, method, &request, &message);
    if (status != 0) {
        sysmem_token_free(duplicate);
        return status;
    }
    *ret_token = duplicate;
    return 0;
}

/* Makes tokens of the handles of a response, all or none. */
static sysmem_status_t take_tokens(const struct model_token_duplicate_sync_response *response,
                                   size_t count, struct sysmem_token **ret_tokens)
{
    if (!response->has.tokens || response->tokens_count != count) {
        return ZX_ERR_IO;
    }
    zx_handle_t *handles = (zx_handle_t *)response->tokens; /* of the reply's own arena */
    for (size_t i = 0; i < count; i++) {
        zx_handle_t handle = handles[i];
        handles[i] = ZX_HANDLE_INVALID;
        sysmem_status_t status = sysmem_token_from_handle(handle, &ret_tokens[i]);
        if (status != 0) {
            while (i-- > 0) {
                sysmem_token_free(ret_tokens[i]);
            }
            return status;
        }
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
