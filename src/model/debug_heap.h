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

/* How hardware protects a pool: by `ranges`, of which there are at most `limit` at rest. Of
 * what is not protected (loanable), per mille of the pool, and of the part of it that no buffer
 * needs. steps: that changed ranges; failed_calls: of the hardware. */
struct model_debug_protection {
    uint64_t ranges;
    uint64_t limit;
    uint64_t requested_bytes;
    uint64_t protected_bytes;
    uint64_t loanable_bytes;
    uint32_t loanable_per_mille;
    uint32_t efficiency_per_mille;
    uint64_t steps;
    uint64_t failed_calls;
    struct {
        bool ranges;
        bool limit;
        bool requested_bytes;
        bool protected_bytes;
        bool loanable_bytes;
        bool loanable_per_mille;
        bool efficiency_per_mille;
        bool steps;
        bool failed_calls;
    } has;
};

/* absent_reason: why the heap is not ready, in words; unset when it is. last_failure_ms: how long
 * ago an allocation last failed; unset when none has. aliases: further names of the same heap.
 * contiguous: no heap of its own, but what system RAM is taken from that is to be contiguous.
 * granularity: what a buffer's size in memory is a multiple of. pool: unset where buffers have no
 * addresses. late_answers: collections that waited for longer than the heap may take;
 * late_releases: buffers that were given back and were not free in that time. backend: what makes
 * its buffers. tracking: "lease", "locks" or "companion". opaque: handles identify buffers and
 * reach no memory. read_only_enforced: by the kernel, for handles without ZX_RIGHT_WRITE.
 * max_size_bytes: of one buffer; unset where the heap has no limit. deadline_ms: how long an answer
 * may take; unset where nobody looks at the clock. charged: whom the kernel charges for pages:
 * "daemon", "toucher", "pool", "driver" or "provider". protection: of a pool whose hardware is
 * there. */
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
    const char *backend;  /* at most 64 bytes of UTF-8 */
    const char *tracking; /* the same */
    bool opaque;
    bool read_only_enforced;
    uint64_t max_size_bytes;
    uint64_t deadline_ms;
    const char *charged; /* at most 64 bytes of UTF-8 */
    struct model_debug_protection protection;
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
        bool backend;
        bool tracking;
        bool opaque;
        bool read_only_enforced;
        bool max_size_bytes;
        bool deadline_ms;
        bool charged;
        bool protection;
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
