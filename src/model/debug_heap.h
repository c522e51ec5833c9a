/* The part of the Debug protocol that tells of heaps. The rest is in model/debug.h. */
#ifndef MODEL_DEBUG_HEAP_H
#define MODEL_DEBUG_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/types.h>

/* The picture of a pool has so many cells. */
#define MODEL_DEBUG_POOL_CELLS 256

/* What a heap's emulated physical addresses are used for. large_contiguous_region_sum: bytes of the
 * ten largest free pieces. The next two tell how it was when most was taken. used_per_mille: of as
 * many parts of equal size, from the first address on, how much of each is taken. */
struct model_debug_pool {
    uint64_t physical_base;
    uint64_t size_bytes;
    uint64_t free_bytes;
    uint64_t largest_free_bytes;
    uint64_t large_contiguous_region_sum;
    uint64_t free_at_high_water_mark;
    uint64_t max_free_at_high_water;
    uint64_t failed_fragmentation;
    uint64_t guard_failures;
    uint64_t unused_failures;
    const uint32_t *used_per_mille; /* at most 256 */
    size_t used_per_mille_count;
    struct {
        bool physical_base;
        bool size_bytes;
        bool free_bytes;
        bool largest_free_bytes;
        bool large_contiguous_region_sum;
        bool free_at_high_water_mark;
        bool max_free_at_high_water;
        bool failed_fragmentation;
        bool guard_failures;
        bool unused_failures;
        bool used_per_mille;
    } has;
};

/* absent_reason: why the heap is not ready, in words; unset when it is. last_failure_ms: how long
 * ago an allocation last failed; unset when none has. aliases: further names of the same heap.
 * contiguous: no heap of its own, but what system RAM is taken from that is to be contiguous.
 * granularity: what a buffer's size in memory is a multiple of. pool: unset where buffers have no
 * addresses. late_answers: collections that waited for longer than the heap may take;
 * late_releases: buffers that were given back and were not free in that time. */
struct model_debug_heap {
    struct sysmem_heap heap;
    bool cpu_supported;
    bool ram_supported;
    bool inaccessible_supported;
    bool secure;
    bool ready;
    uint64_t buffers;
    uint64_t bytes;
    uint64_t high_water_bytes;
    uint64_t failed_allocations;
    const char *absent_reason; /* at most 4096 bytes of UTF-8 */
    uint64_t last_failure_ms;
    const struct sysmem_heap *aliases;
    size_t aliases_count;
    bool contiguous;
    bool need_clear;
    bool need_flush;
    uint64_t granularity;
    uint64_t allocations;
    struct model_debug_pool pool;
    uint64_t late_answers;
    uint64_t late_releases;
    struct {
        bool heap;
        bool cpu_supported;
        bool ram_supported;
        bool inaccessible_supported;
        bool secure;
        bool ready;
        bool buffers;
        bool bytes;
        bool high_water_bytes;
        bool failed_allocations;
        bool absent_reason;
        bool last_failure_ms;
        bool aliases;
        bool contiguous;
        bool need_clear;
        bool need_flush;
        bool granularity;
        bool allocations;
        bool pool;
        bool late_answers;
        bool late_releases;
    } has;
};

/* secure_memory: "none" (is expected), "expected", "ready" or "lost". */
struct model_debug_get_heaps_response {
    const struct model_debug_heap *heaps; /* at most 1024 */
    size_t heaps_count;
    const char *secure_memory; /* at most 64 bytes of UTF-8 */
    struct {
        bool heaps;
        bool secure_memory;
    } has;
};

#endif
