/* What is told of heaps: that part of server/snapshot.h. */
#include "heap/pool.h"
#include "heap/secure.h"
#include "server/secure_memory.h"
#include "server/snapshot.h"

/* The free pieces whose sizes are added up. */
#define LARGE_REGIONS 10

static bool take_aliases(const struct heap *heap, struct arena *arena, struct model_debug_heap *ret)
{
    struct sysmem_heap *aliases = arena_alloc_array(arena, heap->alias_count, sizeof(*aliases));
    if (aliases == NULL) {
        return false;
    }
    for (size_t i = 0; i < heap->alias_count; i++) {
        SYSMEM_SET(&aliases[i], heap_type, heap->aliases[i]);
        SYSMEM_SET(&aliases[i], id, heap->id.id);
    }
    SYSMEM_SET_VECTOR(ret, aliases, aliases, heap->alias_count);
    return true;
}

/* How much of [start, start + size) is taken, cell by cell. */
static void count_cells(const struct region_map *map, uint64_t base, uint64_t cell,
                        uint64_t used[MODEL_DEBUG_POOL_CELLS])
{
    list_for_each (link, &map->regions) {
        const struct region *region = region_of(link);
        uint64_t at = region->start - base;
        uint64_t end = at + region->size;
        while (region->taken && at < end) {
            uint64_t limit = (at / cell + 1) * cell;
            uint64_t to = limit < end ? limit : end;
            used[at / cell] += to - at;
            at = to;
        }
    }
}

static bool take_cells(const struct pool *pool, struct arena *arena, struct model_debug_pool *ret)
{
    const struct pool_config *config = pool_config(pool);
    uint64_t used[MODEL_DEBUG_POOL_CELLS] = {0};
    uint64_t cell = (config->size + MODEL_DEBUG_POOL_CELLS - 1) / MODEL_DEBUG_POOL_CELLS;
    size_t count = (size_t)((config->size + cell - 1) / cell);
    uint32_t *per_mille = arena_alloc_array(arena, count, sizeof(*per_mille));
    if (per_mille == NULL) {
        return false;
    }
    count_cells(pool_map(pool), config->base, cell, used);
    for (size_t i = 0; i < count; i++) {
        uint64_t rest = config->size - i * cell;
        per_mille[i] = (uint32_t)(used[i] * 1000 / (rest < cell ? rest : cell));
    }
    SYSMEM_SET_VECTOR(ret, used_per_mille, per_mille, count);
    return true;
}

static bool take_pool(const struct pool *pool, struct arena *arena, struct model_debug_pool *ret)
{
    const struct pool_stats *stats = pool_stats(pool);
    const struct region_map *map = pool_map(pool);
    SYSMEM_SET(ret, physical_base, pool_config(pool)->base);
    SYSMEM_SET(ret, size_bytes, pool_config(pool)->size);
    SYSMEM_SET(ret, free_bytes, map->free_bytes);
    SYSMEM_SET(ret, largest_free_bytes, region_map_largest_free(map));
    SYSMEM_SET(ret, large_contiguous_region_sum, region_map_largest_sum(map, LARGE_REGIONS));
    SYSMEM_SET(ret, free_at_high_water_mark, stats->free_at_high_water);
    SYSMEM_SET(ret, max_free_at_high_water, stats->max_free_at_high_water);
    SYSMEM_SET(ret, failed_fragmentation, stats->failed_fragmentation);
    SYSMEM_SET(ret, guard_failures, stats->guard_failures);
    SYSMEM_SET(ret, unused_failures, stats->unused_failures);
    return take_cells(pool, arena, ret);
}

/* What its buffers are like, whoever has them. */
static void take_properties(const struct heap *heap, struct model_debug_heap *ret)
{
    static const char *const trackings[] = {
        [HEAP_TRACKED_BY_LEASE] = "lease",
        [HEAP_TRACKED_BY_LOCKS] = "locks",
        [HEAP_TRACKED_BY_COMPANION] = "companion",
    };
    static const char *const charges[] = {
        [HEAP_CHARGES_DAEMON] = "daemon",     [HEAP_CHARGES_TOUCHER] = "toucher",
        [HEAP_CHARGES_POOL] = "pool",         [HEAP_CHARGES_DRIVER] = "driver",
        [HEAP_CHARGES_PROVIDER] = "provider",
    };
    const struct heap_properties *properties = &heap->properties;
    SYSMEM_SET(ret, cpu_supported, properties->cpu_supported);
    SYSMEM_SET(ret, ram_supported, properties->ram_supported);
    SYSMEM_SET(ret, inaccessible_supported, properties->inaccessible_supported);
    SYSMEM_SET(ret, secure, properties->secure);
    SYSMEM_SET(ret, need_clear, properties->need_clear);
    SYSMEM_SET(ret, need_flush, properties->need_flush);
    SYSMEM_SET(ret, tracking, trackings[properties->tracking]);
    SYSMEM_SET(ret, charged, charges[properties->charge]);
    SYSMEM_SET(ret, opaque, properties->opaque);
    /* One description for all holders has one access mode. */
    SYSMEM_SET(ret, read_only_enforced, properties->tracking != HEAP_TRACKED_BY_COMPANION);
    if (heap->backend != NULL) {
        SYSMEM_SET(ret, backend, heap->backend);
    }
    if (properties->granularity != 0) {
        SYSMEM_SET(ret, granularity, properties->granularity);
    }
    if (properties->max_size_bytes != UINT64_MAX) {
        SYSMEM_SET(ret, max_size_bytes, properties->max_size_bytes);
    }
    if (properties->deadline_ns != 0) {
        SYSMEM_SET(ret, deadline_ms, properties->deadline_ns / 1000000u);
    }
}

static bool take_heap(const struct heap *heap, struct arena *arena, struct model_debug_heap *ret)
{
    SYSMEM_SET(ret, heap, heap->id);
    take_properties(heap, ret);
    SYSMEM_SET(ret, ready, heap->ready);
    if (heap->absent_reason != NULL) {
        SYSMEM_SET(ret, absent_reason, heap->absent_reason);
    }
    SYSMEM_SET(ret, allocations, heap->metrics.allocations);
    SYSMEM_SET(ret, buffers, heap->metrics.buffers);
    SYSMEM_SET(ret, bytes, heap->metrics.bytes);
    SYSMEM_SET(ret, high_water_bytes, heap->metrics.high_water_bytes);
    SYSMEM_SET(ret, failed_allocations, heap->metrics.failed_allocations);
    SYSMEM_SET(ret, late_answers, heap->metrics.late_answers);
    SYSMEM_SET(ret, late_releases, heap->metrics.late_releases);
    if (heap->alias_count > 0 && !take_aliases(heap, arena, ret)) {
        return false;
    }
    if (heap->metrics.last_failure_ns != 0) {
        SYSMEM_SET(ret, last_failure_ms,
                   (collection_now_ns() - heap->metrics.last_failure_ns) / 1000000u);
    }
    if (heap->pool != NULL) {
        ret->has.pool = true;
        return take_pool(heap->pool, arena, &ret->pool);
    }
    return true;
}

static uint32_t per_mille(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (uint32_t)((double)part * 1000.0 / (double)whole);
}

/* Of a heap whose pool hardware protects, while that is there. */
static void take_protection(const struct heap *heap, struct model_debug_heap *ret)
{
    struct protected_ranges_stats stats;
    struct model_debug_protection *protection = &ret->protection;
    if (!heap_secure_stats(heap, &stats)) {
        return;
    }
    uint64_t loanable = stats.total_bytes - stats.protected_bytes;
    ret->has.protection = true;
    SYSMEM_SET(protection, ranges, stats.ranges);
    SYSMEM_SET(protection, limit, stats.limit);
    SYSMEM_SET(protection, requested_bytes, stats.requested_bytes);
    SYSMEM_SET(protection, protected_bytes, stats.protected_bytes);
    SYSMEM_SET(protection, loanable_bytes, loanable);
    SYSMEM_SET(protection, loanable_per_mille, per_mille(loanable, stats.total_bytes));
    SYSMEM_SET(protection, efficiency_per_mille, protected_ranges_efficiency(&stats));
    SYSMEM_SET(protection, steps, stats.steps);
    SYSMEM_SET(protection, failed_calls, stats.failed_calls);
}

static const char *secure_memory(const struct heap_registry *heaps)
{
    static const char *const words[] = {
        [HEAP_SECURE_NONE] = "none",
        [HEAP_SECURE_EXPECTED] = "expected",
        [HEAP_SECURE_READY] = "ready",
        [HEAP_SECURE_LOST] = "lost",
    };
    return words[heaps->secure];
}

bool snapshot_heaps(struct server *server, struct arena *arena,
                    struct model_debug_get_heaps_response *ret)
{
    struct heap_registry *heaps = &server->heaps;
    heap_registry_look(heaps);
    size_t count = heaps->count + (heaps->contiguous != NULL ? 1 : 0);
    struct model_debug_heap *rows = arena_alloc_array(arena, count, sizeof(*rows));
    if (rows == NULL) {
        return false;
    }
    for (size_t i = 0; i < heaps->count; i++) {
        if (!take_heap(heaps->heaps[i], arena, &rows[i])) {
            return false;
        }
        if (heaps->heaps[i] == server->secure_memory->dynamic.heap) {
            take_protection(heaps->heaps[i], &rows[i]);
        }
    }
    if (heaps->contiguous != NULL) {
        SYSMEM_SET(&rows[count - 1], contiguous, true);
        if (!take_heap(heaps->contiguous, arena, &rows[count - 1])) {
            return false;
        }
    }
    SYSMEM_SET_VECTOR(ret, heaps, rows, count);
    SYSMEM_SET(ret, secure_memory, secure_memory(heaps));
    return true;
}
