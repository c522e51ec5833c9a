#include <sysmem/collection.h>

#include <stdlib.h>

#include "client/async.h"
#include "client/ends.h"
#include "client/failure.h"
#include "model/requests.h"

struct sysmem_collection_info {
    struct channel_reply reply; /* of WaitForAllBuffersAllocated */
};

/* --- The object --- */

struct sysmem_node *sysmem_collection_node(struct sysmem_collection *collection)
{
    return &collection->node;
}

sysmem_status_t sysmem_collection_from_fd(int fd, struct sysmem_collection **ret)
{
    struct sysmem_node *node;
    sysmem_status_t status = node_new(fd, MODEL_PROTOCOL_COLLECTION, &node);
    if (status == 0) {
        *ret = container_of(node, struct sysmem_collection, node);
    }
    return status;
}

int sysmem_collection_into_fd(struct sysmem_collection *collection)
{
    return node_into_fd(&collection->node);
}

sysmem_status_t sysmem_collection_from_handle(zx_handle_t channel, struct sysmem_collection **ret)
{
    struct sysmem_node *node;
    sysmem_status_t status = node_from_handle(channel, MODEL_PROTOCOL_COLLECTION, &node);
    if (status == 0) {
        *ret = container_of(node, struct sysmem_collection, node);
    }
    return status;
}

sysmem_status_t sysmem_collection_into_handle(struct sysmem_collection *collection,
                                              zx_handle_t *ret_channel)
{
    return node_into_handle(&collection->node, ret_channel);
}

void sysmem_collection_free(struct sysmem_collection *collection)
{
    node_free(collection == NULL ? NULL : &collection->node);
}

/* --- What is asked for --- */

sysmem_status_t sysmem_collection_set_constraints(
    struct sysmem_collection *collection,
    const struct sysmem_buffer_collection_constraints *constraints)
{
    struct model_collection_set_constraints_request request = {0};
    if (constraints != NULL) {
        SYSMEM_SET(&request, constraints, *constraints);
    }
    return node_send(&collection->node, "SetConstraints", &request);
}

sysmem_status_t sysmem_collection_check_all_buffers_allocated(struct sysmem_collection *collection,
                                                              zx_time_t deadline)
{
    struct channel_reply reply;
    node_call(&collection->node, "CheckAllBuffersAllocated", NULL, deadline, &reply);
    sysmem_status_t status = reply.status;
    failure_keep(&collection->node, &reply);
    return status;
}

static void on_checked(void *arg, struct channel_reply *reply)
{
    struct async call = async_take(arg);
    sysmem_status_t status = reply->status;
    failure_keep(call.node, reply);
    call.to.done(call.arg, status);
}

sysmem_status_t sysmem_collection_check_all_buffers_allocated_async(
    struct sysmem_collection *collection, sysmem_done_fn done, void *arg)
{
    const struct async call = {.to.done = done, .arg = arg, .node = &collection->node};
    return async_start(&collection->node, "CheckAllBuffersAllocated", NULL, on_checked, &call);
}

/* --- Others, and the buffers' end --- */

sysmem_status_t sysmem_collection_attach_token(struct sysmem_collection *collection,
                                               zx_rights_t rights_attenuation_mask,
                                               struct sysmem_token **ret_token)
{
    struct model_collection_attach_token_request request = {0};
    SYSMEM_SET(&request, rights_attenuation_mask, rights_attenuation_mask);
    struct sysmem_node *made;
    sysmem_status_t status = ends_send(&collection->node, "AttachToken", &request, &made);
    if (status == 0) {
        *ret_token = container_of(made, struct sysmem_token, node);
    }
    return status;
}

sysmem_status_t sysmem_collection_attach_lifetime_tracking(struct sysmem_collection *collection,
                                                           zx_handle_t server_end,
                                                           uint32_t buffers_remaining)
{
    struct model_collection_attach_lifetime_tracking_request request = {0};
    SYSMEM_SET(&request, server_end, server_end);
    SYSMEM_SET(&request, buffers_remaining, buffers_remaining);
    return node_send(&collection->node, "AttachLifetimeTracking", &request);
}

/* --- What comes of it --- */

/* Makes an info of a reply, which is consumed. */
static sysmem_status_t info_new(struct sysmem_node *node, struct channel_reply *reply,
                                struct sysmem_collection_info **ret)
{
    sysmem_status_t status = reply->status;
    struct sysmem_collection_info *info = NULL;
    if (status == 0) {
        const struct model_collection_wait_for_all_buffers_allocated_response *response =
            reply->response;
        info = malloc(sizeof(*info));
        if (!response->has.buffer_collection_info) {
            status = ZX_ERR_IO;
        } else if (info == NULL) {
            status = ZX_ERR_NO_MEMORY;
        }
    }
    if (status != 0) {
        free(info);
        failure_keep(node, reply);
        return status;
    }
    info->reply = *reply;
    *ret = info;
    return 0;
}

sysmem_status_t sysmem_collection_wait_for_all_buffers_allocated(
    struct sysmem_collection *collection, zx_time_t deadline, struct sysmem_collection_info **ret)
{
    struct channel_reply reply;
    node_call(&collection->node, "WaitForAllBuffersAllocated", NULL, deadline, &reply);
    return info_new(&collection->node, &reply, ret);
}

static void on_allocated(void *arg, struct channel_reply *reply)
{
    struct async call = async_take(arg);
    struct sysmem_collection_info *info = NULL;
    sysmem_status_t status = info_new(call.node, reply, &info);
    call.to.allocated(call.arg, status, info);
}

sysmem_status_t sysmem_collection_wait_for_all_buffers_allocated_async(
    struct sysmem_collection *collection, sysmem_allocated_fn done, void *arg)
{
    const struct async call = {.to.allocated = done, .arg = arg, .node = &collection->node};
    return async_start(&collection->node, "WaitForAllBuffersAllocated", NULL, on_allocated, &call);
}

const struct sysmem_buffer_collection_info *sysmem_collection_info_get(
    const struct sysmem_collection_info *info)
{
    const struct model_collection_wait_for_all_buffers_allocated_response *response =
        info->reply.response;
    return &response->buffer_collection_info;
}

/* The table of a buffer, or NULL. */
static struct sysmem_vmo_buffer *buffer_at(struct sysmem_collection_info *info, size_t index)
{
    const struct sysmem_buffer_collection_info *tables = sysmem_collection_info_get(info);
    if (!tables->has.buffers || index >= tables->buffers_count) {
        return NULL;
    }
    /* Of the reply's own arena: const for readers only. */
    return (struct sysmem_vmo_buffer *)&tables->buffers[index];
}

/* A handle field that is not set is ZX_HANDLE_INVALID, like one that was taken. */
static zx_handle_t take(zx_handle_t *handle)
{
    zx_handle_t taken = *handle;
    *handle = ZX_HANDLE_INVALID;
    return taken;
}

zx_handle_t sysmem_collection_info_take_vmo(struct sysmem_collection_info *info, size_t index)
{
    struct sysmem_vmo_buffer *buffer = buffer_at(info, index);
    return buffer == NULL ? ZX_HANDLE_INVALID : take(&buffer->vmo);
}

zx_handle_t sysmem_collection_info_take_close_weak_asap(struct sysmem_collection_info *info,
                                                        size_t index)
{
    struct sysmem_vmo_buffer *buffer = buffer_at(info, index);
    return buffer == NULL ? ZX_HANDLE_INVALID : take(&buffer->close_weak_asap);
}

void sysmem_collection_info_free(struct sysmem_collection_info *info)
{
    if (info != NULL) {
        channel_reply_clear(&info->reply);
        free(info);
    }
}
