#include <sysmem/secure_mem_provider.h>

#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls.h>

#include "client/secure_mem_provider.h"
#include "client/serve.h"
#include "model/requests.h"

struct sysmem_secure_mem_provider {
    struct serve *serve;
    const struct sysmem_secure_mem_ops *ops;
    void *arg;
};

/* A request is answered with what its handler returns: 0 with the response, or an error. */
typedef uint32_t (*handler_fn)(const struct sysmem_secure_mem_provider *provider, void *table,
                               struct arena *arena, void **ret_response);

/* --- What came along --- */

static bool take_range(const struct model_secure_heap_range *from,
                       struct sysmem_secure_heap_range *ret)
{
    *ret = (struct sysmem_secure_heap_range){from->physical_address, from->size_bytes};
    return from->has.physical_address && from->has.size_bytes;
}

static bool take_heap_range(bool is_there, const struct model_secure_heap_and_range *from,
                            struct sysmem_secure_heap_range *ret)
{
    return is_there && from->has.heap && from->heap.has.heap_type && from->has.range &&
           take_range(&from->range, ret);
}

static void put_heap(struct sysmem_heap *heap, const struct sysmem_secure_heap *from)
{
    SYSMEM_SET(heap, heap_type, from->heap_type);
    SYSMEM_SET(heap, id, from->id);
}

/* --- The methods --- */

static uint32_t get_dynamic(const struct sysmem_secure_mem_provider *provider, void *table,
                            struct arena *arena, void **ret_response)
{
    (void)table;
    struct sysmem_secure_heap heaps[SYSMEM_MAX_SECURE_HEAPS] = {0};
    size_t count = 0;
    uint32_t err = provider->ops->get_dynamic_secure_heaps(provider->arg, heaps, &count);
    struct model_secure_mem_get_dynamic_secure_heaps_response *response =
        arena_alloc(arena, sizeof(*response));
    struct model_dynamic_secure_heap *told = arena_alloc_array(arena, count, sizeof(*told));
    if (err != 0 || response == NULL || told == NULL) {
        return err != 0 ? err : SYSMEM_ERROR_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        told[i].has.heap = true;
        put_heap(&told[i].heap, &heaps[i]);
    }
    SYSMEM_SET_VECTOR(response, heaps, told, count);
    *ret_response = response;
    return 0;
}

static const struct model_secure_heap_range *put_ranges(const struct sysmem_secure_heap *heap,
                                                        struct arena *arena)
{
    struct model_secure_heap_range *ranges =
        arena_alloc_array(arena, heap->range_count, sizeof(*ranges));
    for (size_t i = 0; ranges != NULL && i < heap->range_count; i++) {
        SYSMEM_SET(&ranges[i], physical_address, heap->ranges[i].physical_address);
        SYSMEM_SET(&ranges[i], size_bytes, heap->ranges[i].size_bytes);
    }
    return ranges;
}

static uint32_t get_physical(const struct sysmem_secure_mem_provider *provider, void *table,
                             struct arena *arena, void **ret_response)
{
    (void)table;
    struct sysmem_secure_heap heaps[SYSMEM_MAX_SECURE_HEAPS] = {0};
    size_t count = 0;
    uint32_t err = provider->ops->get_physical_secure_heaps(provider->arg, heaps, &count);
    struct model_secure_mem_get_physical_secure_heaps_response *response =
        arena_alloc(arena, sizeof(*response));
    struct model_secure_heap_and_ranges *told = arena_alloc_array(arena, count, sizeof(*told));
    if (err != 0 || response == NULL || told == NULL) {
        return err != 0 ? err : SYSMEM_ERROR_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        const struct model_secure_heap_range *ranges = put_ranges(&heaps[i], arena);
        if (ranges == NULL) {
            return SYSMEM_ERROR_NO_MEMORY;
        }
        told[i].has.heap = true;
        put_heap(&told[i].heap, &heaps[i]);
        SYSMEM_SET_VECTOR(&told[i], ranges, ranges, heaps[i].range_count);
    }
    SYSMEM_SET_VECTOR(response, heaps, told, count);
    *ret_response = response;
    return 0;
}

static uint32_t get_properties(const struct sysmem_secure_mem_provider *provider, void *table,
                               struct arena *arena, void **ret_response)
{
    const struct model_secure_mem_get_physical_secure_heap_properties_request *request = table;
    struct sysmem_secure_heap_properties properties = {0};
    struct sysmem_secure_heap_range range;
    if (!take_heap_range(request->has.entire_heap, &request->entire_heap, &range)) {
        return SYSMEM_ERROR_PROTOCOL_DEVIATION;
    }
    uint32_t err = provider->ops->get_physical_secure_heap_properties(
        provider->arg, &request->entire_heap.heap, &range, &properties);
    struct model_secure_mem_get_physical_secure_heap_properties_response *response =
        arena_alloc(arena, sizeof(*response));
    if (err != 0 || response == NULL) {
        return err != 0 ? err : SYSMEM_ERROR_NO_MEMORY;
    }
    struct model_secure_heap_properties *told = &response->properties;
    response->has.properties = true;
    SYSMEM_SET(told, heap, request->entire_heap.heap);
    SYSMEM_SET(told, dynamic_protection_ranges, properties.dynamic_protection_ranges);
    SYSMEM_SET(told, protected_range_granularity, properties.protected_range_granularity);
    SYSMEM_SET(told, max_protected_range_count, properties.max_protected_range_count);
    SYSMEM_SET(told, is_mod_protected_range_available, properties.is_mod_protected_range_available);
    *ret_response = response;
    return 0;
}

static uint32_t add_range(const struct sysmem_secure_mem_provider *provider, void *table,
                          struct arena *arena, void **ret_response)
{
    (void)arena;
    (void)ret_response;
    const struct model_secure_mem_add_secure_heap_physical_range_request *request = table;
    struct sysmem_secure_heap_range range;
    if (!take_heap_range(request->has.heap_range, &request->heap_range, &range)) {
        return SYSMEM_ERROR_PROTOCOL_DEVIATION;
    }
    return provider->ops->add_range(provider->arg, &request->heap_range.heap, &range);
}

static uint32_t delete_range(const struct sysmem_secure_mem_provider *provider, void *table,
                             struct arena *arena, void **ret_response)
{
    (void)arena;
    (void)ret_response;
    const struct model_secure_mem_delete_secure_heap_physical_range_request *request = table;
    struct sysmem_secure_heap_range range;
    if (!take_heap_range(request->has.heap_range, &request->heap_range, &range)) {
        return SYSMEM_ERROR_PROTOCOL_DEVIATION;
    }
    return provider->ops->delete_range(provider->arg, &request->heap_range.heap, &range);
}

static uint32_t modify_range(const struct sysmem_secure_mem_provider *provider, void *table,
                             struct arena *arena, void **ret_response)
{
    (void)arena;
    (void)ret_response;
    const struct model_secure_mem_modify_secure_heap_physical_range_request *request = table;
    const struct model_secure_heap_and_range_modification *change = &request->range_modification;
    struct sysmem_secure_heap_range old_range;
    struct sysmem_secure_heap_range new_range;
    if (!request->has.range_modification || !change->has.heap || !change->heap.has.heap_type ||
        !change->has.old_range || !change->has.new_range ||
        !take_range(&change->old_range, &old_range) ||
        !take_range(&change->new_range, &new_range)) {
        return SYSMEM_ERROR_PROTOCOL_DEVIATION;
    }
    return provider->ops->modify_range(provider->arg, &change->heap, &old_range, &new_range);
}

static uint32_t zero_sub_range(const struct sysmem_secure_mem_provider *provider, void *table,
                               struct arena *arena, void **ret_response)
{
    (void)arena;
    (void)ret_response;
    const struct model_secure_mem_zero_sub_range_request *request = table;
    struct sysmem_secure_heap_range range;
    if (!take_heap_range(request->has.heap_range, &request->heap_range, &range) ||
        !request->has.is_covering_range_explicit) {
        return SYSMEM_ERROR_PROTOCOL_DEVIATION;
    }
    return provider->ops->zero_sub_range(provider->arg, &request->heap_range.heap, &range,
                                         request->is_covering_range_explicit);
}

static uint32_t set_pool_memory(const struct sysmem_secure_mem_provider *provider, void *table,
                                struct arena *arena, void **ret_response)
{
    (void)arena;
    (void)ret_response;
    const struct model_secure_mem_set_pool_memory_request *request = table;
    struct sysmem_secure_heap_range range;
    if (!take_heap_range(request->has.entire_heap, &request->entire_heap, &range) ||
        !request->has.memory || request->memory == ZX_HANDLE_INVALID) {
        (void)zx_handle_close(request->memory);
        return SYSMEM_ERROR_PROTOCOL_DEVIATION;
    }
    return provider->ops->set_pool_memory(provider->arg, &request->entire_heap.heap, &range,
                                          request->memory);
}

static const struct {
    const char *method;
    handler_fn handle;
} handlers[] = {
    {"AddSecureHeapPhysicalRange",      add_range      },
    {"DeleteSecureHeapPhysicalRange",   delete_range   },
    {"GetDynamicSecureHeaps",           get_dynamic    },
    {"GetPhysicalSecureHeapProperties", get_properties },
    {"GetPhysicalSecureHeaps",          get_physical   },
    {"ModifySecureHeapPhysicalRange",   modify_range   },
    {"ZeroSubRange",                    zero_sub_range },
    {"SetPoolMemory",                   set_pool_memory},
};

static void on_request(void *arg, struct serve_call *call, void *table)
{
    const struct sysmem_secure_mem_provider *provider = arg;
    struct arena arena;
    void *response = NULL;
    uint32_t err = SYSMEM_ERROR_PROTOCOL_DEVIATION;
    arena_init(&arena, MESSAGE_MAX_BYTES);
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]) && table != NULL; i++) {
        if (strcmp(handlers[i].method, call->method->name) == 0) {
            err = handlers[i].handle(provider, table, &arena, &response);
        }
    }
    (void)serve_answer(call, err, response);
    arena_clear(&arena);
}

static void on_closed(void *arg, sysmem_status_t why)
{
    const struct sysmem_secure_mem_provider *provider = arg;
    if (provider->ops->closed != NULL) {
        provider->ops->closed(provider->arg, why);
    }
}

/* --- Life --- */

sysmem_status_t secure_mem_provider_new(int fd, const struct sysmem_secure_mem_ops *ops, void *arg,
                                        struct sysmem_secure_mem_provider **ret)
{
    static const struct serve_ops serve_ops = {on_request, on_closed};
    struct sysmem_secure_mem_provider *provider = malloc(sizeof(*provider));
    struct serve *serve = NULL;
    sysmem_status_t status = serve_new(fd, MODEL_PROTOCOL_SECURE_MEM, &serve_ops, provider, &serve);
    if (status == 0 && provider == NULL) {
        serve_free(serve);
        status = ZX_ERR_NO_MEMORY;
    }
    if (status != 0) {
        free(provider);
        return status;
    }
    *provider = (struct sysmem_secure_mem_provider){.serve = serve, .ops = ops, .arg = arg};
    *ret = provider;
    return 0;
}

void sysmem_secure_mem_provider_free(struct sysmem_secure_mem_provider *provider)
{
    if (provider != NULL) {
        serve_free(provider->serve);
        free(provider);
    }
}

struct sysmem_channel *sysmem_secure_mem_provider_channel(
    struct sysmem_secure_mem_provider *provider)
{
    return serve_channel(provider->serve);
}

sysmem_status_t sysmem_secure_mem_provider_run(struct sysmem_secure_mem_provider *provider,
                                               zx_time_t deadline)
{
    return serve_run(provider->serve, deadline);
}
