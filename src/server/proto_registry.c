/* The Registry protocol, the project's own: other processes offer heaps and secure memory. Whether
 * they may is for the configuration to say (registrar.h); a refusal is an answer, with the reason.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "model/requests.h"
#include "server/closer.h"
#include "server/dispatch.h"
#include "server/link_heap.h"
#include "server/link_secure_mem.h"
#include "server/registrar.h"

static void refuse(struct request *request, uint32_t err, const char *why)
{
    log_warning("%s: %s: %s", binding_describe(request->binding), request->method->name, why);
    struct sysmem_reason reason = {0};
    SYSMEM_SET(&reason, detail, why);
    struct model_failure failure = {0};
    SYSMEM_SET_VECTOR(&failure, reasons, &reason, 1);
    struct message message;
    message_init(&message, request->method->ordinal, request->message->txid);
    binding_reply_failure(request->binding, request->method, err, &failure, &message);
}

/* Whether the daemon itself makes heaps of this type, or calls some of its own so. */
static bool is_own_type(const struct config *config, const char *type)
{
    bool own = strcmp(type, SYSMEM_HEAP_TYPE_SYSTEM_RAM) == 0;
    for (size_t i = 0; i < config->heap_count && !own; i++) {
        const struct solver_heap *heap = &config->heaps[i];
        own = strcmp(heap->heap.heap_type, type) == 0;
        for (size_t alias = 0; alias < heap->alias_count && !own; alias++) {
            own = strcmp(heap->aliases[alias], type) == 0;
        }
    }
    return own;
}

/* 0, or the error with *ret_why. */
static uint32_t check_heap(const struct binding *binding, const struct sysmem_heap *heap,
                           const char **ret_why)
{
    const struct server *server = binding->server;
    if (!heap->has.heap_type || heap->heap_type[0] == '\0') {
        *ret_why = "wanted a heap_type, got none";
        return SYSMEM_ERROR_PROTOCOL_DEVIATION;
    }
    if (!registrar_may_serve_heap(binding->registrar, server->config, heap->heap_type)) {
        *ret_why = "the configuration (registrars) does not let this user serve heaps of this type";
        return SYSMEM_ERROR_HANDLE_ACCESS_DENIED;
    }
    const struct heap *found =
        heap_registry_find(&server->heaps, heap->heap_type, heap->has.id ? heap->id : 0);
    if (is_own_type(server->config, heap->heap_type) || (found != NULL && !found->external)) {
        *ret_why = "wanted a type of its own, got one that the daemon has heaps of itself";
        return SYSMEM_ERROR_HANDLE_ACCESS_DENIED;
    }
    if (link_heap_count(server, binding->uid) >= server->config->quotas.max_heaps_per_uid) {
        *ret_why = "max_heaps_per_uid: this user's processes serve as many heaps as they may";
        return SYSMEM_ERROR_NO_MEMORY;
    }
    return 0;
}

static const char *register_heap(struct request *request)
{
    const struct model_registry_register_heap_request *table = request->table;
    struct binding *binding = request->binding;
    if (!table->has.heap || !table->has.heap_connection) {
        return request_lacks(request, table->has.heap ? "heap_connection" : "heap");
    }
    int fd = message_take_fd(request->message, table->heap_connection);
    const char *why = NULL;
    uint32_t err = check_heap(binding, &table->heap, &why);
    if (err != 0) {
        closer_close(binding->uid, fd);
        refuse(request, err, why);
        return NULL;
    }
    why = link_heap_begin(binding, &table->heap, fd);
    if (why != NULL) {
        refuse(request, SYSMEM_ERROR_PROTOCOL_DEVIATION, why);
        return NULL;
    }
    struct model_registry_register_heap_response response = {0};
    SYSMEM_SET(&response, daemon_uid, geteuid());
    request_reply(request, 0, &response);
    return NULL;
}

/* False: refused. */
static bool admit_secure_mem(struct request *request)
{
    const struct binding *binding = request->binding;
    bool may = registrar_may_serve_secure_mem(binding->registrar, binding->server->config);
    if (!may) {
        refuse(request, SYSMEM_ERROR_HANDLE_ACCESS_DENIED,
               "the configuration (registrars) does not let this user serve secure memory");
    }
    return may;
}

static const char *register_secure_mem(struct request *request)
{
    const struct model_registry_register_secure_mem_request *table = request->table;
    struct binding *binding = request->binding;
    if (!table->has.secure_mem_connection) {
        return request_lacks(request, "secure_mem_connection");
    }
    if (!admit_secure_mem(request)) {
        return NULL;
    }
    int fd = message_take_fd(request->message, table->secure_mem_connection);
    bool is_there = link_secure_mem_is_there(binding->server);
    const char *why = link_secure_mem_begin(binding, fd);
    if (why != NULL) {
        refuse(request, is_there ? SYSMEM_ERROR_UNSPECIFIED : SYSMEM_ERROR_PROTOCOL_DEVIATION, why);
        return NULL;
    }
    request_reply(request, 0, NULL);
    return NULL;
}

static const char *unregister_secure_mem(struct request *request)
{
    struct server *server = request->binding->server;
    if (!admit_secure_mem(request)) {
        return NULL;
    }
    if (!link_secure_mem_is_there(server)) {
        refuse(request, SYSMEM_ERROR_NOT_FOUND, "no driver of secure memory is registered");
        return NULL;
    }
    link_secure_mem_end(server, "the driver of secure memory has left");
    request_reply(request, 0, NULL);
    return NULL;
}

const struct handler registry_handlers[] = {
    HANDLER(REGISTRY, "RegisterHeap", register_heap),
    HANDLER(REGISTRY, "RegisterSecureMem", register_secure_mem),
    HANDLER(REGISTRY, "UnregisterSecureMem", unregister_secure_mem),
    {0},
};
