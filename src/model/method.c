#include "model/method.h"

#include <string.h>

#include "model/tables.h"

#define ROW(...)                                                                                   \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define ONE_WAY(p, n, method, in)                                                                  \
    ROW(.protocol = MODEL_PROTOCOL_##p, .ordinal = (n), .name = (method), .request = (in))
#define TWO_WAY(p, n, method, in, ...)                                                             \
    ROW(.protocol = MODEL_PROTOCOL_##p, .ordinal = (n), .name = (method), .request = (in),         \
        .two_way = true, .response = __VA_ARGS__)
#define FALLIBLE(p, n, method, in, out) TWO_WAY(p, n, method, in, out, .fallible = true)

static const struct model_method methods[] = {
    ONE_WAY(ALLOCATOR, 1, "AllocateNonSharedCollection",
            &model_type_allocator_allocate_non_shared_collection_request),
    ONE_WAY(ALLOCATOR, 2, "AllocateSharedCollection",
            &model_type_allocator_allocate_shared_collection_request),
    ONE_WAY(ALLOCATOR, 3, "BindSharedCollection",
            &model_type_allocator_bind_shared_collection_request),
    FALLIBLE(ALLOCATOR, 4, "GetVmoInfo", &model_type_allocator_get_vmo_info_request,
             &model_type_allocator_get_vmo_info_response),
    ONE_WAY(ALLOCATOR, 5, "SetDebugClientInfo",
            &model_type_allocator_set_debug_client_info_request),
    TWO_WAY(ALLOCATOR, 6, "ValidateBufferCollectionToken",
            &model_type_allocator_validate_buffer_collection_token_request,
            &model_type_allocator_validate_buffer_collection_token_response),
    ONE_WAY(ALLOCATOR, 1000, "OpenDebug", &model_type_allocator_open_debug_request),
    ONE_WAY(ALLOCATOR, 1001, "OpenRegistry", &model_type_allocator_open_registry_request),
    ONE_WAY(TOKEN, 1, "AttachNodeTracking", &model_type_node_attach_node_tracking_request),
    ONE_WAY(TOKEN, 2, "CreateBufferCollectionTokenGroup",
            &model_type_token_create_buffer_collection_token_group_request),
    ONE_WAY(TOKEN, 3, "Duplicate", &model_type_token_duplicate_request),
    TWO_WAY(TOKEN, 4, "DuplicateSync", &model_type_token_duplicate_sync_request,
            &model_type_token_duplicate_sync_response),
    TWO_WAY(TOKEN, 5, "GetBufferCollectionId", NULL,
            &model_type_node_get_buffer_collection_id_response),
    TWO_WAY(TOKEN, 6, "GetNodeRef", NULL, &model_type_node_get_node_ref_response),
    FALLIBLE(TOKEN, 7, "IsAlternateFor", &model_type_node_is_alternate_for_request,
             &model_type_node_is_alternate_for_response),
    ONE_WAY(TOKEN, 8, "Release", NULL),
    ONE_WAY(TOKEN, 9, "SetDebugClientInfo", &model_type_node_set_debug_client_info_request),
    ONE_WAY(TOKEN, 10, "SetDebugTimeoutLogDeadline",
            &model_type_node_set_debug_timeout_log_deadline_request),
    ONE_WAY(TOKEN, 11, "SetDispensable", NULL),
    ONE_WAY(TOKEN, 12, "SetName", &model_type_node_set_name_request),
    ONE_WAY(TOKEN, 13, "SetVerboseLogging", NULL),
    ONE_WAY(TOKEN, 14, "SetWeak", NULL),
    ONE_WAY(TOKEN, 15, "SetWeakOk", &model_type_node_set_weak_ok_request),
    TWO_WAY(TOKEN, 16, "Sync", NULL, NULL),
    ONE_WAY(COLLECTION, 1, "AttachLifetimeTracking",
            &model_type_collection_attach_lifetime_tracking_request),
    ONE_WAY(COLLECTION, 2, "AttachNodeTracking", &model_type_node_attach_node_tracking_request),
    ONE_WAY(COLLECTION, 3, "AttachToken", &model_type_collection_attach_token_request),
    FALLIBLE(COLLECTION, 4, "CheckAllBuffersAllocated", NULL, NULL),
    TWO_WAY(COLLECTION, 5, "GetBufferCollectionId", NULL,
            &model_type_node_get_buffer_collection_id_response),
    TWO_WAY(COLLECTION, 6, "GetNodeRef", NULL, &model_type_node_get_node_ref_response),
    FALLIBLE(COLLECTION, 7, "IsAlternateFor", &model_type_node_is_alternate_for_request,
             &model_type_node_is_alternate_for_response),
    ONE_WAY(COLLECTION, 8, "Release", NULL),
    ONE_WAY(COLLECTION, 9, "SetConstraints", &model_type_collection_set_constraints_request),
    ONE_WAY(COLLECTION, 10, "SetDebugClientInfo", &model_type_node_set_debug_client_info_request),
    ONE_WAY(COLLECTION, 11, "SetDebugTimeoutLogDeadline",
            &model_type_node_set_debug_timeout_log_deadline_request),
    ONE_WAY(COLLECTION, 12, "SetName", &model_type_node_set_name_request),
    ONE_WAY(COLLECTION, 13, "SetVerboseLogging", NULL),
    ONE_WAY(COLLECTION, 14, "SetWeak", NULL),
    ONE_WAY(COLLECTION, 15, "SetWeakOk", &model_type_node_set_weak_ok_request),
    TWO_WAY(COLLECTION, 16, "Sync", NULL, NULL),
    FALLIBLE(COLLECTION, 17, "WaitForAllBuffersAllocated", NULL,
             &model_type_collection_wait_for_all_buffers_allocated_response),
    ONE_WAY(GROUP, 1, "AllChildrenPresent", NULL),
    ONE_WAY(GROUP, 2, "AttachNodeTracking", &model_type_node_attach_node_tracking_request),
    ONE_WAY(GROUP, 3, "CreateChild", &model_type_group_create_child_request),
    TWO_WAY(GROUP, 4, "CreateChildrenSync", &model_type_group_create_children_sync_request,
            &model_type_group_create_children_sync_response),
    TWO_WAY(GROUP, 5, "GetBufferCollectionId", NULL,
            &model_type_node_get_buffer_collection_id_response),
    TWO_WAY(GROUP, 6, "GetNodeRef", NULL, &model_type_node_get_node_ref_response),
    FALLIBLE(GROUP, 7, "IsAlternateFor", &model_type_node_is_alternate_for_request,
             &model_type_node_is_alternate_for_response),
    ONE_WAY(GROUP, 8, "Release", NULL),
    ONE_WAY(GROUP, 9, "SetDebugClientInfo", &model_type_node_set_debug_client_info_request),
    ONE_WAY(GROUP, 10, "SetDebugTimeoutLogDeadline",
            &model_type_node_set_debug_timeout_log_deadline_request),
    ONE_WAY(GROUP, 11, "SetName", &model_type_node_set_name_request),
    ONE_WAY(GROUP, 12, "SetVerboseLogging", NULL),
    ONE_WAY(GROUP, 13, "SetWeak", NULL),
    ONE_WAY(GROUP, 14, "SetWeakOk", &model_type_node_set_weak_ok_request),
    TWO_WAY(GROUP, 15, "Sync", NULL, NULL),
    FALLIBLE(SECURE_MEM, 1, "AddSecureHeapPhysicalRange",
             &model_type_secure_mem_add_secure_heap_physical_range_request, NULL),
    FALLIBLE(SECURE_MEM, 2, "DeleteSecureHeapPhysicalRange",
             &model_type_secure_mem_delete_secure_heap_physical_range_request, NULL),
    FALLIBLE(SECURE_MEM, 3, "GetDynamicSecureHeaps", NULL,
             &model_type_secure_mem_get_dynamic_secure_heaps_response),
    FALLIBLE(SECURE_MEM, 4, "GetPhysicalSecureHeapProperties",
             &model_type_secure_mem_get_physical_secure_heap_properties_request,
             &model_type_secure_mem_get_physical_secure_heap_properties_response),
    FALLIBLE(SECURE_MEM, 5, "GetPhysicalSecureHeaps", NULL,
             &model_type_secure_mem_get_physical_secure_heaps_response),
    FALLIBLE(SECURE_MEM, 6, "ModifySecureHeapPhysicalRange",
             &model_type_secure_mem_modify_secure_heap_physical_range_request, NULL),
    FALLIBLE(SECURE_MEM, 7, "ZeroSubRange", &model_type_secure_mem_zero_sub_range_request, NULL),
    FALLIBLE(SECURE_MEM, 1000, "SetPoolMemory", &model_type_secure_mem_set_pool_memory_request,
             NULL),
    TWO_WAY(DEBUG, 1, "GetCollections", &model_type_debug_get_collections_request,
            &model_type_debug_get_collections_response),
    TWO_WAY(DEBUG, 2, "GetHeaps", NULL, &model_type_debug_get_heaps_response),
    TWO_WAY(DEBUG, 3, "WaitForChange", NULL, &model_type_debug_wait_for_change_response),
    TWO_WAY(DEBUG, 4, "GetAllocation", &model_type_debug_get_allocation_request,
            &model_type_debug_get_allocation_response),
    TWO_WAY(DEBUG, 5, "GetEnvironment", &model_type_debug_get_environment_request,
            &model_type_debug_get_environment_response),
    TWO_WAY(DEBUG, 6, "GetFailures", &model_type_debug_get_failures_request,
            &model_type_debug_get_failures_response),
    FALLIBLE(REGISTRY, 1, "RegisterHeap", &model_type_registry_register_heap_request,
             &model_type_registry_register_heap_response),
    FALLIBLE(REGISTRY, 2, "RegisterSecureMem", &model_type_registry_register_secure_mem_request,
             NULL),
    FALLIBLE(REGISTRY, 3, "UnregisterSecureMem", NULL, NULL),
    FALLIBLE(HEAP, 1, "AllocateVmo", &model_type_heap_allocate_vmo_request,
             &model_type_heap_allocate_vmo_response),
    TWO_WAY(HEAP, 2, "DeleteVmo", &model_type_heap_delete_vmo_request, NULL),
    ONE_WAY(HEAP, 3, "OnRegister", &model_type_heap_on_register_request),
};

static const char *const protocol_names[MODEL_PROTOCOL_COUNT] = {
    [MODEL_PROTOCOL_NONE] = "none",
    [MODEL_PROTOCOL_ALLOCATOR] = "Allocator",
    [MODEL_PROTOCOL_TOKEN] = "BufferCollectionToken",
    [MODEL_PROTOCOL_COLLECTION] = "BufferCollection",
    [MODEL_PROTOCOL_GROUP] = "BufferCollectionTokenGroup",
    [MODEL_PROTOCOL_SECURE_MEM] = "SecureMem",
    [MODEL_PROTOCOL_DEBUG] = "Debug",
    [MODEL_PROTOCOL_REGISTRY] = "Registry",
    [MODEL_PROTOCOL_HEAP] = "Heap",
};

const struct model_method *model_method_find(enum model_protocol protocol, uint32_t ordinal)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (methods[i].protocol == protocol && methods[i].ordinal == ordinal) {
            return &methods[i];
        }
    }
    return NULL;
}

const struct model_method *model_method_by_name(enum model_protocol protocol, const char *name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (methods[i].protocol == protocol && strcmp(methods[i].name, name) == 0) {
            return &methods[i];
        }
    }
    return NULL;
}

const struct model_method *model_methods(size_t *ret_count)
{
    *ret_count = sizeof(methods) / sizeof(methods[0]);
    return methods;
}

const char *model_protocol_name(enum model_protocol protocol)
{
    return protocol_names[protocol];
}

enum model_protocol model_protocol_by_name(const char *name)
{
    for (int i = MODEL_PROTOCOL_NONE + 1; i < MODEL_PROTOCOL_COUNT; i++) {
        if (strcmp(protocol_names[i], name) == 0) {
            return (enum model_protocol)i;
        }
    }
    return MODEL_PROTOCOL_NONE;
}
