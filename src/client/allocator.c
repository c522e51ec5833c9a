#include <sysmem/allocator.h>

#include <stdlib.h>

#include <sysmem/collection.h>
#include <sysmem/token.h>

#include "client/ends.h"
#include "client/node.h"
#include "client/socket_path.h"
#include "model/requests.h"

/* Not a node of a collection's tree, but sends like one. */
struct sysmem_allocator {
    struct sysmem_node node;
};

sysmem_status_t sysmem_allocator_connect(const char *path, struct sysmem_allocator **ret)
{
    int fd;
    sysmem_status_t status = socket_path_connect(path, &fd);
    return status == 0 ? sysmem_allocator_from_fd(fd, ret) : status;
}

sysmem_status_t sysmem_allocator_from_fd(int fd, struct sysmem_allocator **ret)
{
    struct channel *channel;
    sysmem_status_t status = channel_new(fd, MODEL_PROTOCOL_ALLOCATOR, &channel);
    if (status != 0) {
        return status;
    }
    struct sysmem_allocator *allocator = malloc(sizeof(*allocator));
    if (allocator == NULL) {
        channel_free(channel);
        return ZX_ERR_NO_MEMORY;
    }
    allocator->node.channel = channel;
    *ret = allocator;
    return 0;
}

int sysmem_allocator_into_fd(struct sysmem_allocator *allocator)
{
    struct channel *channel = allocator->node.channel;
    free(allocator);
    return channel_into_fd(channel);
}

void sysmem_allocator_free(struct sysmem_allocator *allocator)
{
    if (allocator != NULL) {
        struct channel *channel = allocator->node.channel;
        free(allocator);
        channel_free(channel);
    }
}

static sysmem_status_t send_slots(struct sysmem_allocator *allocator, const char *name,
                                  const void *request, struct message *message)
{
    struct channel *channel = allocator->node.channel;
    return channel_send_slots(channel, node_method(channel, name), request, message);
}

sysmem_status_t sysmem_allocator_allocate_shared_collection(struct sysmem_allocator *allocator,
                                                            struct sysmem_token **ret_token)
{
    struct model_allocator_allocate_shared_collection_request request = {0};
    request.has.token_request = true;
    struct message message;
    message_init(&message, 0, 0);
    int client_end;
    struct sysmem_token *token = NULL;
    sysmem_status_t status = ends_make(&message, &client_end, &request.token_request);
    if (status == 0) {
        status = sysmem_token_from_fd(client_end, &token);
    }
    if (status != 0) {
        message_clear(&message);
        return status;
    }
    status = send_slots(allocator, "AllocateSharedCollection", &request, &message);
    if (status != 0) {
        sysmem_token_free(token);
        return status;
    }
    *ret_token = token;
    return 0;
}

sysmem_status_t sysmem_allocator_allocate_non_shared_collection(
    struct sysmem_allocator *allocator, struct sysmem_collection **ret_collection)
{
    struct model_allocator_allocate_non_shared_collection_request request = {0};
    request.has.collection_request = true;
    struct message message;
    message_init(&message, 0, 0);
    int client_end;
    struct sysmem_collection *collection = NULL;
    sysmem_status_t status = ends_make(&message, &client_end, &request.collection_request);
    if (status == 0) {
        status = sysmem_collection_from_fd(client_end, &collection);
    }
    if (status != 0) {
        message_clear(&message);
        return status;
    }
    status = send_slots(allocator, "AllocateNonSharedCollection", &request, &message);
    if (status != 0) {
        sysmem_collection_free(collection);
        return status;
    }
    *ret_collection = collection;
    return 0;
}

sysmem_status_t sysmem_allocator_bind_shared_collection(struct sysmem_allocator *allocator,
                                                        struct sysmem_token *token,
                                                        struct sysmem_collection **ret_collection)
{
    struct model_allocator_bind_shared_collection_request request = {0};
    request.has.token = true;
    request.has.buffer_collection_request = true;
    struct message message;
    message_init(&message, 0, 0);
    int client_end;
    struct sysmem_collection *collection = NULL;
    sysmem_status_t status = ends_attach(&message, sysmem_token_into_fd(token), &request.token);
    if (status == 0) {
        status = ends_make(&message, &client_end, &request.buffer_collection_request);
    }
    if (status == 0) {
        status = sysmem_collection_from_fd(client_end, &collection);
    }
    if (status != 0) {
        message_clear(&message);
        return status;
    }
    status = send_slots(allocator, "BindSharedCollection", &request, &message);
    if (status != 0) {
        sysmem_collection_free(collection);
        return status;
    }
    *ret_collection = collection;
    return 0;
}

sysmem_status_t sysmem_allocator_validate_buffer_collection_token(
    struct sysmem_allocator *allocator, zx_koid_t token_server_koid, zx_time_t deadline,
    bool *ret_is_known)
{
    struct model_allocator_validate_buffer_collection_token_request request = {0};
    SYSMEM_SET(&request, token_server_koid, token_server_koid);
    struct channel_reply reply;
    node_call(&allocator->node, "ValidateBufferCollectionToken", &request, deadline, &reply);
    sysmem_status_t status = reply.status;
    if (status == 0) {
        const struct model_allocator_validate_buffer_collection_token_response *response =
            reply.response;
        if (response->has.is_known) {
            *ret_is_known = response->is_known;
        } else {
            status = ZX_ERR_IO;
        }
    }
    channel_reply_clear(&reply);
    return status;
}

sysmem_status_t sysmem_allocator_set_debug_client_info(struct sysmem_allocator *allocator,
                                                       const char *name, uint64_t id)
{
    return sysmem_node_set_debug_client_info(&allocator->node, name, id);
}
