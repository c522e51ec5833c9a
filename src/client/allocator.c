#include <sysmem/allocator.h>

#include <sysmem/collection.h>
#include <sysmem/token.h>

#include "client/async.h"
#include "client/ends.h"
#include "client/socket_path.h"
#include "model/requests.h"

sysmem_status_t sysmem_allocator_connect(const char *path, struct sysmem_allocator **ret)
{
    int fd;
    sysmem_status_t status = socket_path_connect(path, &fd);
    return status == 0 ? sysmem_allocator_from_fd(fd, ret) : status;
}

sysmem_status_t sysmem_allocator_from_fd(int fd, struct sysmem_allocator **ret)
{
    struct sysmem_node *node;
    sysmem_status_t status = node_new(fd, MODEL_PROTOCOL_ALLOCATOR, &node);
    if (status == 0) {
        *ret = container_of(node, struct sysmem_allocator, node);
    }
    return status;
}

int sysmem_allocator_into_fd(struct sysmem_allocator *allocator)
{
    return node_into_fd(&allocator->node);
}

void sysmem_allocator_free(struct sysmem_allocator *allocator)
{
    node_free(allocator == NULL ? NULL : &allocator->node);
}

struct sysmem_channel *sysmem_allocator_channel(struct sysmem_allocator *allocator)
{
    return &allocator->node.channel;
}

sysmem_status_t sysmem_allocator_allocate_shared_collection(struct sysmem_allocator *allocator,
                                                            struct sysmem_token **ret_token)
{
    struct model_allocator_allocate_shared_collection_request request = {0};
    struct sysmem_node *made;
    sysmem_status_t status =
        ends_send(&allocator->node, "AllocateSharedCollection", &request, &made);
    if (status == 0) {
        *ret_token = container_of(made, struct sysmem_token, node);
    }
    return status;
}

sysmem_status_t sysmem_allocator_allocate_non_shared_collection(
    struct sysmem_allocator *allocator, struct sysmem_collection **ret_collection)
{
    struct model_allocator_allocate_non_shared_collection_request request = {0};
    struct sysmem_node *made;
    sysmem_status_t status =
        ends_send(&allocator->node, "AllocateNonSharedCollection", &request, &made);
    if (status == 0) {
        *ret_collection = container_of(made, struct sysmem_collection, node);
    }
    return status;
}

sysmem_status_t sysmem_allocator_bind_shared_collection(struct sysmem_allocator *allocator,
                                                        struct sysmem_token *token,
                                                        struct sysmem_collection **ret_collection)
{
    struct model_allocator_bind_shared_collection_request request = {.has.token = true};
    struct message message;
    message_init(&message, 0, 0);
    sysmem_status_t status = ends_attach(&message, sysmem_token_into_fd(token), &request.token);
    if (status != 0) {
        message_clear(&message);
        return status;
    }
    struct sysmem_node *made;
    status = ends_send_with(&allocator->node, "BindSharedCollection", &request, &message, &made);
    if (status == 0) {
        *ret_collection = container_of(made, struct sysmem_collection, node);
    }
    return status;
}

/* --- Questions --- */

/* What a reply says; it is consumed. */
static sysmem_status_t take_is_known(struct channel_reply *reply, bool *ret_is_known)
{
    sysmem_status_t status = reply->status;
    if (status == 0) {
        const struct model_allocator_validate_buffer_collection_token_response *response =
            reply->response;
        if (response->has.is_known) {
            *ret_is_known = response->is_known;
        } else {
            status = ZX_ERR_IO;
        }
    }
    channel_reply_clear(reply);
    return status;
}

sysmem_status_t sysmem_allocator_validate_buffer_collection_token(
    struct sysmem_allocator *allocator, zx_koid_t token_server_koid, zx_time_t deadline,
    bool *ret_is_known)
{
    struct model_allocator_validate_buffer_collection_token_request request = {0};
    SYSMEM_SET(&request, token_server_koid, token_server_koid);
    struct channel_reply reply;
    node_call(&allocator->node, "ValidateBufferCollectionToken", &request, deadline, &reply);
    return take_is_known(&reply, ret_is_known);
}

static void on_is_known(void *arg, struct channel_reply *reply)
{
    struct async call = async_take(arg);
    bool is_known = false;
    sysmem_status_t status = take_is_known(reply, &is_known);
    call.to.answer(call.arg, status, is_known);
}

sysmem_status_t sysmem_allocator_validate_buffer_collection_token_async(
    struct sysmem_allocator *allocator, zx_koid_t token_server_koid, sysmem_bool_fn done, void *arg)
{
    struct model_allocator_validate_buffer_collection_token_request request = {0};
    SYSMEM_SET(&request, token_server_koid, token_server_koid);
    const struct async call = {.to.answer = done, .arg = arg};
    return async_start(&allocator->node, "ValidateBufferCollectionToken", &request, on_is_known,
                       &call);
}

static sysmem_status_t take_vmo_info(struct channel_reply *reply, struct sysmem_vmo_info *ret_info)
{
    sysmem_status_t status = reply->status;
    if (status == 0) {
        struct model_allocator_get_vmo_info_response *response = reply->response;
        if (response->has.buffer_collection_id && response->has.buffer_index) {
            *ret_info = (struct sysmem_vmo_info){
                .buffer_collection_id = response->buffer_collection_id,
                .buffer_index = response->buffer_index,
                .close_weak_asap = response->close_weak_asap,
                .physical_address = response->physical_address,
            };
            response->close_weak_asap = ZX_HANDLE_INVALID;
        } else {
            status = ZX_ERR_IO;
        }
    }
    channel_reply_clear(reply);
    return status;
}

sysmem_status_t sysmem_allocator_get_vmo_info(struct sysmem_allocator *allocator, zx_handle_t vmo,
                                              zx_time_t deadline, struct sysmem_vmo_info *ret_info)
{
    struct model_allocator_get_vmo_info_request request = {0};
    SYSMEM_SET(&request, vmo, vmo);
    struct channel_reply reply;
    node_call(&allocator->node, "GetVmoInfo", &request, deadline, &reply);
    return take_vmo_info(&reply, ret_info);
}

static void on_vmo_info(void *arg, struct channel_reply *reply)
{
    struct async call = async_take(arg);
    struct sysmem_vmo_info info;
    sysmem_status_t status = take_vmo_info(reply, &info);
    call.to.vmo_info(call.arg, status, status == 0 ? &info : NULL);
}

sysmem_status_t sysmem_allocator_get_vmo_info_async(struct sysmem_allocator *allocator,
                                                    zx_handle_t vmo, sysmem_vmo_info_fn done,
                                                    void *arg)
{
    struct model_allocator_get_vmo_info_request request = {0};
    SYSMEM_SET(&request, vmo, vmo);
    const struct async call = {.to.vmo_info = done, .arg = arg};
    return async_start(&allocator->node, "GetVmoInfo", &request, on_vmo_info, &call);
}

sysmem_status_t sysmem_allocator_set_debug_client_info(struct sysmem_allocator *allocator,
                                                       const char *name, uint64_t id)
{
    return sysmem_node_set_debug_client_info(&allocator->node, name, id);
}
