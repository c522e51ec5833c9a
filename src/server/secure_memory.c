#include "server/secure_memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "heap/pool.h"
#include "heap/tee.h"

static bool is_called(const struct heap *heap, const struct sysmem_heap *id)
{
    return strcmp(heap->id.heap_type, id->heap_type) == 0 && heap->id.id == id->id;
}

static uint64_t deadline_ns(const struct secure_memory *memory)
{
    return memory->server->config->protected.deadline_ms * UINT64_C(1000000);
}

struct range secure_memory_pool_range(const struct secure_memory *memory)
{
    const struct pool_config *config = pool_config(memory->pool);
    return (struct range){config->base, config->base + config->size};
}

/* --- what speaks against an offer --- */

/* Of a heap that is to be made. */
static const char *refuse_name(const struct secure_memory *memory, const struct sysmem_heap *id)
{
    return heap_registry_find(&memory->server->heaps, id->heap_type, id->id) == NULL
               ? NULL
               : "another heap answers to its heap's name";
}

const char *secure_memory_refuse_dynamic(const struct secure_memory *memory,
                                         const struct sysmem_heap *id)
{
    if (memory->dynamic.heap == NULL) {
        return refuse_name(memory, id);
    }
    return is_called(memory->dynamic.heap, id)
               ? NULL
               : "wanted the dynamic heap of the driver before it, got another one";
}

static bool overlap(const struct secure_reply_heap *heap, struct range range)
{
    for (size_t i = 0; i < heap->range_count; i++) {
        if (range_overlaps(heap->ranges[i], range)) {
            return true;
        }
    }
    return false;
}

/* With what is offered beside it, or has buffers of a driver before. */
static bool overlap_fixed(const struct secure_memory *memory, const struct secure_reply_heap *heap)
{
    for (size_t i = 0; i < memory->fixed_count; i++) {
        const struct secure_memory_heap *other = &memory->fixed[i];
        bool counts = other->is_attached || other->heap->metrics.buffers > 0;
        for (size_t j = 0; counts && !is_called(other->heap, &heap->id) && j < heap->range_count;
             j++) {
            if (heap_tee_overlaps(other->heap, heap->ranges[j])) {
                return true;
            }
        }
    }
    return false;
}

/* The emulated addresses of all pools are the daemon's: no other memory lies there. */
static const char *refuse_ranges(const struct secure_memory *memory,
                                 const struct secure_reply_heap *heap)
{
    const struct heap *contiguous = memory->server->heaps.contiguous;
    if (memory->pool != NULL && overlap(heap, secure_memory_pool_range(memory))) {
        return "a heap's range overlaps the protected pool of the configuration";
    }
    if (contiguous != NULL && contiguous->pool != NULL) {
        const struct pool_config *pool = pool_config(contiguous->pool);
        if (overlap(heap, (struct range){pool->base, pool->base + pool->size})) {
            return "a heap's range overlaps the contiguous pool of the configuration";
        }
    }
    return overlap_fixed(memory, heap) ? "the ranges of two heaps overlap" : NULL;
}

/* --- heaps of the TEE --- */

static struct secure_memory_heap *find_fixed(struct secure_memory *memory,
                                             const struct sysmem_heap *id)
{
    for (size_t i = 0; i < memory->fixed_count; i++) {
        if (is_called(memory->fixed[i].heap, id)) {
            return &memory->fixed[i];
        }
    }
    return NULL;
}

/* Puts a heap into the registry and into *ret. NULL, or why not: it is freed then. */
static const char *enter(struct secure_memory *memory, struct heap *heap,
                         struct secure_memory_heap *ret)
{
    if (heap != NULL && heap_registry_add(&memory->server->heaps, heap) == 0) {
        *ret = (struct secure_memory_heap){.heap = heap};
        return NULL;
    }
    if (heap != NULL) {
        heap->ops->free(heap);
    }
    return "no memory for its heap";
}

/* A heap that was there before with other ranges goes, if nobody has anything of it. */
static const char *make_way(struct secure_memory *memory, struct secure_memory_heap *old)
{
    if (old->heap->metrics.buffers > 0) {
        return "wanted a heap's ranges as they were while there are buffers in them, got others";
    }
    heap_registry_remove(&memory->server->heaps, old->heap, "its driver has it elsewhere now");
    *old = memory->fixed[--memory->fixed_count];
    return NULL;
}

static const char *make_fixed(struct secure_memory *memory, const struct secure_reply_heap *said)
{
    const struct heap_tee_config config = {
        .id = said->id,
        .ranges = said->ranges,
        .range_count = said->range_count,
        .deadline_ns = deadline_ns(memory),
        .executor = &memory->server->executor,
    };
    const char *why = memory->fixed_count == SECURE_REPLY_MAX_HEAPS
                          ? "too many heaps, with those of drivers before it"
                          : refuse_name(memory, &said->id);
    if (why == NULL) {
        why = enter(memory, heap_tee_new(&config), &memory->fixed[memory->fixed_count]);
        memory->fixed_count += why == NULL ? 1 : 0;
    }
    return why;
}

static const char *take_fixed(struct secure_memory *memory, struct secure_mem *hardware,
                              const struct secure_memory_fixed *said)
{
    struct secure_memory_heap *found = find_fixed(memory, &said->heap.id);
    const char *why = refuse_ranges(memory, &said->heap);
    if (why == NULL && found != NULL && found->is_attached) {
        why = "two of its heaps have one name";
    }
    if (why == NULL && found != NULL &&
        !heap_tee_has_ranges(found->heap, said->heap.ranges, said->heap.range_count)) {
        why = make_way(memory, found);
        found = NULL;
    }
    if (why == NULL && found == NULL) {
        why = make_fixed(memory, &said->heap);
        found = why == NULL ? &memory->fixed[memory->fixed_count - 1] : NULL;
    }
    if (why == NULL) {
        why = heap_tee_attach(found->heap, hardware, &said->properties);
        found->is_attached = why == NULL;
    }
    return why;
}

/* --- the heap on the pool --- */

static const char *make_dynamic(struct secure_memory *memory, const struct sysmem_heap *id)
{
    const struct heap_secure_config config = {
        .id = *id,
        .pool = memory->pool,
        .alarms = &memory->server->alarms,
        .deadline_ns = deadline_ns(memory),
        .executor = &memory->server->executor,
    };
    return enter(memory, heap_secure_new(&config), &memory->dynamic);
}

const char *secure_memory_take(struct secure_memory *memory, struct secure_mem *hardware,
                               const struct secure_memory_offer *offer,
                               const struct heap_secure_attached *attached)
{
    const char *why = NULL;
    for (size_t i = 0; i < offer->fixed_count && why == NULL; i++) {
        why = take_fixed(memory, hardware, &offer->fixed[i]);
    }
    if (why != NULL) {
        return why;
    }
    if (offer->dynamic.heap_type == NULL) {
        attached->done(attached->arg, 0);
        return NULL;
    }
    why = secure_memory_refuse_dynamic(memory, &offer->dynamic);
    if (why == NULL && memory->dynamic.heap == NULL) {
        why = make_dynamic(memory, &offer->dynamic);
    }
    if (why == NULL) {
        memory->dynamic.is_attached = true;
        why = heap_secure_attach(memory->dynamic.heap, hardware, &offer->properties, attached);
    }
    return why;
}

/* --- ready and lost --- */

static void set_ready(struct secure_memory *memory, struct secure_memory_heap *heap)
{
    if (heap->is_attached) {
        heap->was_ready = true;
        heap_registry_set_ready(&memory->server->heaps, heap->heap, NULL);
    }
}

void secure_memory_set_ready(struct secure_memory *memory)
{
    for (size_t i = 0; i < memory->fixed_count; i++) {
        set_ready(memory, &memory->fixed[i]);
    }
    set_ready(memory, &memory->dynamic);
    heap_registry_set_secure(&memory->server->heaps, HEAP_SECURE_READY);
}

/* False: it was never ready, and is gone. */
static bool lose(struct secure_memory *memory, struct secure_memory_heap *heap,
                 void (*detach)(struct heap *heap), const char *why)
{
    struct heap_registry *heaps = &memory->server->heaps;
    if (heap->is_attached) {
        heap->is_attached = false;
        heap_registry_set_ready(heaps, heap->heap, why);
        detach(heap->heap);
    }
    if (!heap->was_ready) {
        heap_registry_remove(heaps, heap->heap, why);
    }
    return heap->was_ready;
}

void secure_memory_lose(struct secure_memory *memory, const char *why)
{
    struct heap_registry *heaps = &memory->server->heaps;
    size_t kept = 0;
    if (heaps->secure == HEAP_SECURE_READY) {
        heap_registry_set_secure(heaps, HEAP_SECURE_LOST);
    }
    for (size_t i = 0; i < memory->fixed_count; i++) {
        if (lose(memory, &memory->fixed[i], heap_tee_detach, why)) {
            memory->fixed[kept++] = memory->fixed[i];
        }
    }
    memory->fixed_count = kept;
    if (memory->dynamic.heap != NULL && !lose(memory, &memory->dynamic, heap_secure_detach, why)) {
        memory->dynamic.heap = NULL;
    }
}

/* --- the beginning and the end --- */

int secure_memory_begin(struct server *server)
{
    const struct config_protected *wanted = &server->config->protected;
    struct secure_memory *memory = calloc(1, sizeof(*memory));
    int failed = memory == NULL ? -ENOMEM : 0;
    if (failed == 0 && wanted->size > 0) {
        const struct pool_config config = {
            .name = "SysmemProtectedPool",
            .base = wanted->physical_base,
            .size = wanted->size,
        };
        failed = pool_new(&config, &server->alarms, &memory->pool);
    }
    if (failed < 0) {
        log_error("secure memory: wanted a pool of %llu bytes, got %s",
                  (unsigned long long)wanted->size, strerror(-failed));
        free(memory);
        return failed;
    }
    memory->server = server;
    server->secure_memory = memory;
    if (memory->pool != NULL) {
        heap_registry_set_secure(&server->heaps, HEAP_SECURE_EXPECTED);
        log_info("secure memory waits for its driver: %llu bytes, at addresses from 0x%llx on",
                 (unsigned long long)wanted->size, (unsigned long long)wanted->physical_base);
    }
    return 0;
}

void secure_memory_end(struct server *server)
{
    struct secure_memory *memory = server->secure_memory;
    if (memory != NULL) {
        pool_free(memory->pool);
    }
    free(memory);
    server->secure_memory = NULL;
}
