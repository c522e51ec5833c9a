#include <sysmem/registry.h>

#include <sysmem/handle.h>
#include <zircon/syscalls.h>

#include "base/fd.h"
#include "client/ends.h"
#include "client/failure.h"
#include "client/heap_provider.h"
#include "client/node.h"
#include "client/secure_mem_provider.h"
#include "model/requests.h"

struct sysmem_registry {
    struct sysmem_node node;
};

sysmem_status_t sysmem_registry_open(struct sysmem_allocator *allocator,
                                     struct sysmem_registry **ret)
{
    struct model_allocator_open_registry_request request = {0};
    struct sysmem_node *made;
    sysmem_status_t status = ends_send(&allocator->node, "OpenRegistry", &request, &made);
    if (status == 0) {
        *ret = container_of(made, struct sysmem_registry, node);
    }
    return status;
}

void sysmem_registry_free(struct sysmem_registry *registry)
{
    node_free(registry == NULL ? NULL : &registry->node);
}

struct sysmem_channel *sysmem_registry_channel(struct sysmem_registry *registry)
{
    return &registry->node.channel;
}

struct sysmem_failure *sysmem_registry_take_failure(struct sysmem_registry *registry)
{
    return failure_take(&registry->node);
}

/* A pair: [0] for this side, and a handle for the daemon's. */
static sysmem_status_t make_ends(int *ret_fd, zx_handle_t *ret_handle)
{
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_CHANNEL,
                                            .rights = ZX_DEFAULT_CHANNEL_RIGHTS};
    int fds[2];
    sysmem_status_t status = channel_pair(fds);
    if (status == 0) {
        status = sysmem_handle_from_fd(fds[1], &info, ret_handle);
        *ret_fd = fds[0];
        if (status != 0) {
            fd_close(&fds[0]);
        }
    }
    return status;
}

/* Registers the daemon's end. *ret_daemon is the daemon's uid. */
static sysmem_status_t register_heap(struct sysmem_registry *registry,
                                     const struct sysmem_heap *heap, zx_handle_t end,
                                     zx_time_t deadline, uid_t *ret_daemon)
{
    struct model_registry_register_heap_request request = {0};
    SYSMEM_SET(&request, heap, *heap);
    SYSMEM_SET(&request, heap_connection, end);
    struct channel_reply reply;
    node_call(&registry->node, "RegisterHeap", &request, deadline, &reply);
    sysmem_status_t status = reply.status;
    const struct model_registry_register_heap_response *response = reply.response;
    if (status == 0 && !response->has.daemon_uid) {
        status = ZX_ERR_IO;
    }
    if (status == 0) {
        *ret_daemon = response->daemon_uid;
    }
    failure_keep(&registry->node, &reply);
    return status;
}

sysmem_status_t sysmem_registry_register_heap(struct sysmem_registry *registry,
                                              const struct sysmem_heap *heap,
                                              const struct sysmem_heap_provider_config *config,
                                              zx_time_t deadline, struct sysmem_heap_provider **ret)
{
    struct sysmem_heap_provider *provider = NULL;
    zx_handle_t end;
    int fd;
    uid_t daemon = 0;
    sysmem_status_t status = make_ends(&fd, &end);
    if (status != 0) {
        return status;
    }
    status = heap_provider_new(fd, config, &provider);
    if (status != 0) {
        (void)zx_handle_close(end);
        return status;
    }
    status = register_heap(registry, heap, end, deadline, &daemon);
    if (status == 0) {
        status = heap_provider_start(provider, daemon);
    }
    if (status != 0) {
        sysmem_heap_provider_free(provider);
        return status;
    }
    *ret = provider;
    return 0;
}

sysmem_status_t sysmem_registry_register_secure_mem(struct sysmem_registry *registry,
                                                    const struct sysmem_secure_mem_ops *ops,
                                                    void *arg, zx_time_t deadline,
                                                    struct sysmem_secure_mem_provider **ret)
{
    struct model_registry_register_secure_mem_request request = {0};
    struct sysmem_secure_mem_provider *provider = NULL;
    zx_handle_t end;
    int fd;
    sysmem_status_t status = make_ends(&fd, &end);
    if (status != 0) {
        return status;
    }
    status = secure_mem_provider_new(fd, ops, arg, &provider);
    if (status != 0) {
        (void)zx_handle_close(end);
        return status;
    }
    SYSMEM_SET(&request, secure_mem_connection, end);
    struct channel_reply reply;
    node_call(&registry->node, "RegisterSecureMem", &request, deadline, &reply);
    status = reply.status;
    failure_keep(&registry->node, &reply);
    if (status != 0) {
        sysmem_secure_mem_provider_free(provider);
        return status;
    }
    *ret = provider;
    return 0;
}

sysmem_status_t sysmem_registry_unregister_secure_mem(struct sysmem_registry *registry,
                                                      zx_time_t deadline)
{
    struct channel_reply reply;
    node_call(&registry->node, "UnregisterSecureMem", NULL, deadline, &reply);
    sysmem_status_t status = reply.status;
    failure_keep(&registry->node, &reply);
    return status;
}
