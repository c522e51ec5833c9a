#include "model/secure_mem.h"
#include "model/table_rows.h"
#include "model/tables.h"

#define T struct model_secure_heap_range
static const struct model_field secure_heap_range_fields[] = {
    U64(1, physical_address),
    U64(2, size_bytes),
};
const struct model_type model_type_secure_heap_range =
    TYPE("SecureHeapRange", secure_heap_range_fields);
#undef T

#define T struct model_dynamic_secure_heap
static const struct model_field dynamic_secure_heap_fields[] = {
    TABLE(1, heap, model_type_heap),
};
const struct model_type model_type_dynamic_secure_heap =
    TYPE("DynamicSecureHeap", dynamic_secure_heap_fields);
#undef T

#define T struct model_secure_heap_and_range
static const struct model_field secure_heap_and_range_fields[] = {
    TABLE(1, heap, model_type_heap),
    TABLE(2, range, model_type_secure_heap_range),
};
const struct model_type model_type_secure_heap_and_range =
    TYPE("SecureHeapAndRange", secure_heap_and_range_fields);
#undef T

#define T struct model_secure_heap_and_range_modification
static const struct model_field secure_heap_and_range_modification_fields[] = {
    TABLE(1, heap, model_type_heap),
    TABLE(2, old_range, model_type_secure_heap_range),
    TABLE(3, new_range, model_type_secure_heap_range),
};
const struct model_type model_type_secure_heap_and_range_modification =
    TYPE("SecureHeapAndRangeModification", secure_heap_and_range_modification_fields);
#undef T

#define T struct model_secure_heap_and_ranges
static const struct model_field secure_heap_and_ranges_fields[] = {
    TABLE(1, heap, model_type_heap),
    TABLES(2, ranges, 128, model_type_secure_heap_range),
};
const struct model_type model_type_secure_heap_and_ranges =
    TYPE("SecureHeapAndRanges", secure_heap_and_ranges_fields);
#undef T

#define T struct model_secure_heap_properties
static const struct model_field secure_heap_properties_fields[] = {
    TABLE(1, heap, model_type_heap),           BOOL(2, dynamic_protection_ranges),
    U32(3, protected_range_granularity),       U64(4, max_protected_range_count),
    BOOL(5, is_mod_protected_range_available),
};
const struct model_type model_type_secure_heap_properties =
    TYPE("SecureHeapProperties", secure_heap_properties_fields);
#undef T

#define T struct model_secure_mem_add_secure_heap_physical_range_request
static const struct model_field secure_mem_add_secure_heap_physical_range_request_fields[] = {
    TABLE(1, heap_range, model_type_secure_heap_and_range),
};
const struct model_type model_type_secure_mem_add_secure_heap_physical_range_request =
    TYPE("SecureMemAddSecureHeapPhysicalRangeRequest",
         secure_mem_add_secure_heap_physical_range_request_fields);
#undef T

#define T struct model_secure_mem_delete_secure_heap_physical_range_request
static const struct model_field secure_mem_delete_secure_heap_physical_range_request_fields[] = {
    TABLE(1, heap_range, model_type_secure_heap_and_range),
};
const struct model_type model_type_secure_mem_delete_secure_heap_physical_range_request =
    TYPE("SecureMemDeleteSecureHeapPhysicalRangeRequest",
         secure_mem_delete_secure_heap_physical_range_request_fields);
#undef T

#define T struct model_secure_mem_get_physical_secure_heap_properties_request
static const struct model_field secure_mem_get_physical_secure_heap_properties_request_fields[] = {
    TABLE(1, entire_heap, model_type_secure_heap_and_range),
};
const struct model_type model_type_secure_mem_get_physical_secure_heap_properties_request =
    TYPE("SecureMemGetPhysicalSecureHeapPropertiesRequest",
         secure_mem_get_physical_secure_heap_properties_request_fields);
#undef T

#define T struct model_secure_mem_modify_secure_heap_physical_range_request
static const struct model_field secure_mem_modify_secure_heap_physical_range_request_fields[] = {
    TABLE(1, range_modification, model_type_secure_heap_and_range_modification),
};
const struct model_type model_type_secure_mem_modify_secure_heap_physical_range_request =
    TYPE("SecureMemModifySecureHeapPhysicalRangeRequest",
         secure_mem_modify_secure_heap_physical_range_request_fields);
#undef T

#define T struct model_secure_mem_zero_sub_range_request
static const struct model_field secure_mem_zero_sub_range_request_fields[] = {
    BOOL(1, is_covering_range_explicit),
    TABLE(2, heap_range, model_type_secure_heap_and_range),
};
const struct model_type model_type_secure_mem_zero_sub_range_request =
    TYPE("SecureMemZeroSubRangeRequest", secure_mem_zero_sub_range_request_fields);
#undef T

#define T struct model_secure_mem_get_dynamic_secure_heaps_response
static const struct model_field secure_mem_get_dynamic_secure_heaps_response_fields[] = {
    TABLES(1, heaps, 32, model_type_dynamic_secure_heap),
};
const struct model_type model_type_secure_mem_get_dynamic_secure_heaps_response =
    TYPE("SecureMem_GetDynamicSecureHeaps_Response",
         secure_mem_get_dynamic_secure_heaps_response_fields);
#undef T

#define T struct model_secure_mem_get_physical_secure_heap_properties_response
static const struct model_field secure_mem_get_physical_secure_heap_properties_response_fields[] = {
    TABLE(1, properties, model_type_secure_heap_properties),
};
const struct model_type model_type_secure_mem_get_physical_secure_heap_properties_response =
    TYPE("SecureMem_GetPhysicalSecureHeapProperties_Response",
         secure_mem_get_physical_secure_heap_properties_response_fields);
#undef T

#define T struct model_secure_mem_get_physical_secure_heaps_response
static const struct model_field secure_mem_get_physical_secure_heaps_response_fields[] = {
    TABLES(1, heaps, 32, model_type_secure_heap_and_ranges),
};
const struct model_type model_type_secure_mem_get_physical_secure_heaps_response =
    TYPE("SecureMem_GetPhysicalSecureHeaps_Response",
         secure_mem_get_physical_secure_heaps_response_fields);
#undef T
