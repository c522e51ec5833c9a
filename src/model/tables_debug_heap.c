/* The fields of model/debug_heap.h. */
#include "model/debug.h"
#include "model/method.h"
#include "model/names.h"
#include "model/table_rows.h"
#include "model/tables.h"

#define T struct model_debug_pool
static const struct model_field debug_pool_fields[] = {
    U64(1, physical_base),
    U64(2, size_bytes),
    U64(3, free_bytes),
    U64(4, largest_free_bytes),
    U64(5, large_contiguous_region_sum),
    U64(6, free_at_high_water_mark),
    U64(7, max_free_at_high_water),
    U64(8, failed_fragmentation),
    U64(9, guard_failures),
    U64(10, unused_failures),
    U32S(11, used_per_mille, 256),
};
const struct model_type model_type_debug_pool = TYPE("DebugPool", debug_pool_fields);
#undef T

#define T struct model_debug_protection
static const struct model_field debug_protection_fields[] = {
    U64(1, ranges),
    U64(2, limit),
    U64(3, requested_bytes),
    U64(4, protected_bytes),
    U64(5, loanable_bytes),
    U32(6, loanable_per_mille),
    U32(7, efficiency_per_mille),
    U64(8, steps),
    U64(9, failed_calls),
};
const struct model_type model_type_debug_protection =
    TYPE("DebugProtection", debug_protection_fields);
#undef T

#define T struct model_debug_heap
static const struct model_field debug_heap_fields[] = {
    TABLE(1, heap, model_type_heap),
    BOOL(2, cpu_supported),
    BOOL(3, ram_supported),
    BOOL(4, inaccessible_supported),
    BOOL(5, secure),
    BOOL(6, ready),
    U64(7, buffers),
    U64(8, bytes),
    U64(9, high_water_bytes),
    U64(10, failed_allocations),
    STRING(11, absent_reason, 4096),
    U64(12, last_failure_ms),
    TABLES(13, aliases, 0, model_type_heap),
    BOOL(14, contiguous),
    BOOL(15, need_clear),
    BOOL(16, need_flush),
    U64(17, granularity),
    U64(18, allocations),
    TABLE(19, pool, model_type_debug_pool),
    U64(20, late_answers),
    U64(21, late_releases),
    STRING(22, backend, 64),
    STRING(23, tracking, 64),
    BOOL(24, opaque),
    BOOL(25, read_only_enforced),
    U64(26, max_size_bytes),
    U64(27, deadline_ms),
    STRING(28, charged, 64),
    TABLE(29, protection, model_type_debug_protection),
};
const struct model_type model_type_debug_heap = TYPE("DebugHeap", debug_heap_fields);
#undef T

#define T struct model_debug_get_heaps_response
static const struct model_field debug_get_heaps_response_fields[] = {
    TABLES(1, heaps, 1024, model_type_debug_heap),
    STRING(2, secure_memory, 64),
};
const struct model_type model_type_debug_get_heaps_response =
    TYPE("Debug_GetHeaps_Response", debug_get_heaps_response_fields);
#undef T
