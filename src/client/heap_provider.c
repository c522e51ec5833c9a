#include <sysmem/heap_provider.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zircon/syscalls.h>

#include "base/fd.h"
#include "base/utf8.h"
#include "client/handles.h"
#include "client/heap_provider.h"
#include "client/serve.h"
#include "model/requests.h"
#include "model/tables.h"
#include "os/memfile.h"
#include "zx/status.h"
#include "zx/vmo.h"

struct sysmem_heap_provider {
    struct serve *serve;
    struct sysmem_heap_provider_config config;
    uid_t daemon;
};

struct sysmem_heap_call {
    struct serve_call *call;
    uid_t daemon;
};

/* --- Requests --- */

static void allocate_vmo(const struct sysmem_heap_provider_config *config,
                         struct sysmem_heap_call *call,
                         const struct model_heap_allocate_vmo_request *table)
{
    if (table == NULL || !table->has.size || !table->has.settings) {
        (void)sysmem_heap_call_refused(call, "the heap wanted a size and settings");
        return;
    }
    const struct sysmem_heap_allocation allocation = {
        .size = table->size,
        .settings = &table->settings,
        .buffer_collection_id = table->buffer_collection_id,
        .buffer_index = table->buffer_index,
    };
    config->ops->allocate_vmo(config->arg, call, &allocation);
}

static void delete_vmo(const struct sysmem_heap_provider_config *config,
                       struct sysmem_heap_call *call,
                       const struct model_heap_delete_vmo_request *table)
{
    if (table == NULL) { /* it shows by itself when nobody has the buffer any more */
        (void)sysmem_heap_call_deleted(call);
        return;
    }
    config->ops->delete_vmo(config->arg, call, table->buffer_collection_id, table->buffer_index,
                            table->vmo);
}

static void on_request(void *arg, struct serve_call *call, void *table)
{
    const struct sysmem_heap_provider *provider = arg;
    struct sysmem_heap_call *own = malloc(sizeof(*own));
    if (own == NULL) {
        (void)serve_refuse(call, SYSMEM_ERROR_NO_MEMORY, NULL);
        return;
    }
    *own = (struct sysmem_heap_call){.call = call, .daemon = provider->daemon};
    if (strcmp(call->method->name, "AllocateVmo") == 0) {
        allocate_vmo(&provider->config, own, table);
    } else {
        delete_vmo(&provider->config, own, table);
    }
}

static void on_closed(void *arg, sysmem_status_t why)
{
    const struct sysmem_heap_provider *provider = arg;
    if (provider->config.ops->closed != NULL) {
        provider->config.ops->closed(provider->config.arg, why);
    }
}

/* --- Answers --- */

static struct serve_call *end_call(struct sysmem_heap_call *call)
{
    struct serve_call *inner = call->call;
    free(call);
    return inner;
}

/* Puts the VMO's descriptor into the message, one that the daemon can open again. */
static sysmem_status_t attach_vmo(zx_handle_t vmo, uid_t daemon,
                                  struct model_heap_allocate_vmo_response *response,
                                  struct message *message)
{
    SYSMEM_SET(response, vmo, vmo);
    sysmem_status_t status =
        handles_attach(&model_type_heap_allocate_vmo_response, response, message);
    if (status == 0 && daemon != 0 && daemon != geteuid()) {
        int error = memfile_admit(message_attachment(message, response->vmo)->fd, daemon);
        status = error == 0 ? 0 : status_from_errno(-error);
    }
    return status;
}

sysmem_status_t sysmem_heap_call_allocated(struct sysmem_heap_call *call, zx_handle_t vmo)
{
    struct model_heap_allocate_vmo_response response = {0};
    struct message message;
    message_init(&message, 0, 0);
    sysmem_status_t status = attach_vmo(vmo, call->daemon, &response, &message);
    if (status != 0) {
        message_clear(&message);
        (void)sysmem_heap_call_refused(call, "the heap's memory cannot leave its process");
        return status;
    }
    return serve_answer_slots(end_call(call), &response, &message);
}

sysmem_status_t sysmem_heap_call_refused(struct sysmem_heap_call *call, const char *why)
{
    char cut[MODEL_FAILURE_MAX_DETAIL + 1];
    if (why != NULL) {
        size_t len = utf8_cut(why, MODEL_FAILURE_MAX_DETAIL);
        memcpy(cut, why, len);
        cut[len] = '\0';
    }
    return serve_refuse(end_call(call), SYSMEM_ERROR_NO_MEMORY, why == NULL ? NULL : cut);
}

sysmem_status_t sysmem_heap_call_deleted(struct sysmem_heap_call *call)
{
    return serve_answer(end_call(call), 0, NULL);
}

/* --- Memory --- */

zx_status_t sysmem_heap_memory_create(const struct sysmem_heap_provider *provider, uint64_t size,
                                      zx_handle_t *ret_parent, zx_handle_t *ret_child)
{
    const struct sysmem_heap_properties *properties = &provider->config.properties;
    bool is_opaque = !properties->cpu_supported && !properties->ram_supported;
    zx_handle_t parent = ZX_HANDLE_INVALID;
    zx_status_t status = size == 0   ? ZX_ERR_INVALID_ARGS
                         : is_opaque ? vmo_create_opaque(size, &parent)
                                     : zx_vmo_create(size, 0, &parent);
    if (status == ZX_OK && !is_opaque) {
        status = zx_vmo_op_range(parent, ZX_VMO_OP_COMMIT, 0, size, NULL, 0);
    }
    if (status == ZX_OK) {
        status = zx_vmo_create_child(parent, ZX_VMO_CHILD_SLICE, 0, size, ret_child);
    }
    if (status != ZX_OK) {
        (void)zx_handle_close(parent);
        return status;
    }
    *ret_parent = parent;
    return ZX_OK;
}

/* --- Life --- */

static bool is_zero(const uint64_t *numbers, size_t count)
{
    uint64_t any = 0;
    for (size_t i = 0; i < count; i++) {
        any |= numbers[i];
    }
    return any == 0;
}

/* What is reserved may come to mean something. */
static bool is_understood(const struct sysmem_heap_provider_config *config)
{
    const struct sysmem_heap_properties *properties = &config->properties;
    return is_zero(config->reserved, sizeof(config->reserved) / sizeof(config->reserved[0])) &&
           is_zero(properties->reserved,
                   sizeof(properties->reserved) / sizeof(properties->reserved[0]));
}

sysmem_status_t heap_provider_new(int fd, const struct sysmem_heap_provider_config *config,
                                  struct sysmem_heap_provider **ret)
{
    static const struct serve_ops ops = {on_request, on_closed};
    if (!is_understood(config)) {
        fd_close(&fd);
        return ZX_ERR_INVALID_ARGS;
    }
    struct sysmem_heap_provider *provider = malloc(sizeof(*provider));
    struct serve *serve;
    sysmem_status_t status = serve_new(fd, MODEL_PROTOCOL_HEAP, &ops, provider, &serve);
    if (status == 0 && provider == NULL) {
        serve_free(serve);
        status = ZX_ERR_NO_MEMORY;
    }
    if (status != 0) {
        free(provider);
        return status;
    }
    *provider = (struct sysmem_heap_provider){.serve = serve, .config = *config};
    *ret = provider;
    return 0;
}

sysmem_status_t heap_provider_start(struct sysmem_heap_provider *provider, uid_t daemon)
{
    const struct sysmem_heap_properties *said = &provider->config.properties;
    struct model_heap_on_register_request request = {.has.properties = true};
    struct model_heap_properties *properties = &request.properties;
    struct model_coherency_domain_support *domains = &properties->coherency_domain_support;
    properties->has.coherency_domain_support = true;
    SYSMEM_SET(domains, cpu_supported, said->cpu_supported);
    SYSMEM_SET(domains, ram_supported, said->ram_supported);
    SYSMEM_SET(domains, inaccessible_supported, said->inaccessible_supported);
    SYSMEM_SET(properties, need_clear, said->need_clear);
    SYSMEM_SET(properties, need_flush, said->need_flush);
    if (said->max_size_bytes != 0) {
        SYSMEM_SET(properties, max_size_bytes, said->max_size_bytes);
    }
    provider->daemon = daemon;
    return serve_send(provider->serve, "OnRegister", &request);
}

void sysmem_heap_provider_free(struct sysmem_heap_provider *provider)
{
    if (provider != NULL) {
        serve_free(provider->serve);
        free(provider);
    }
}

struct sysmem_channel *sysmem_heap_provider_channel(struct sysmem_heap_provider *provider)
{
    return serve_channel(provider->serve);
}

sysmem_status_t sysmem_heap_provider_run(struct sysmem_heap_provider *provider, zx_time_t deadline)
{
    return serve_run(provider->serve, deadline);
}
