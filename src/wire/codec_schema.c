#include "wire/codec_schema.h"

#include <assert.h>

#include "debug.pb-c.h"
#include "failure.pb-c.h"
#include "heap.pb-c.h"
#include "model/tables.h"
#include "sysmem2.pb-c.h"

struct schema_row {
    const struct model_type *type;
    const ProtobufCMessageDescriptor *descriptor;
};

#define ROW(...)                                                                                   \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define SYSMEM2(type_name, message)                                                                \
    ROW(&model_type_##type_name, &fuchsia__sysmem2__##message##__descriptor)
#define DEBUG(type_name, message)                                                                  \
    ROW(&model_type_##type_name, &sysmem__debug__##message##__descriptor)

#define FAILURE(type_name, message)                                                                \
    ROW(&model_type_##type_name, &sysmem__failure__##message##__descriptor)

#define HEAP(type_name, message)                                                                   \
    ROW(&model_type_##type_name, &sysmem__heap__##message##__descriptor)

static const struct schema_row rows[] = {
    SYSMEM2(size, size_u),
    SYSMEM2(pixel_format_and_modifier, pixel_format_and_modifier),
    SYSMEM2(heap, heap),
    SYSMEM2(buffer_usage, buffer_usage),
    SYSMEM2(buffer_memory_constraints, buffer_memory_constraints),
    SYSMEM2(image_format_constraints, image_format_constraints),
    SYSMEM2(buffer_collection_constraints, buffer_collection_constraints),
    SYSMEM2(buffer_memory_settings, buffer_memory_settings),
    SYSMEM2(single_buffer_settings, single_buffer_settings),
    SYSMEM2(vmo_buffer, vmo_buffer),
    SYSMEM2(buffer_collection_info, buffer_collection_info),
    SYSMEM2(format_cost_key, format_cost_key),
    SYSMEM2(format_cost_entry, format_cost_entry),
    FAILURE(reason, reason),
    FAILURE(failure, failure),
    SYSMEM2(config, config),
    SYSMEM2(format_costs, format_costs),
    SYSMEM2(allocator_allocate_non_shared_collection_request,
            allocator_allocate_non_shared_collection_request),
    SYSMEM2(allocator_allocate_shared_collection_request,
            allocator_allocate_shared_collection_request),
    SYSMEM2(allocator_bind_shared_collection_request, allocator_bind_shared_collection_request),
    SYSMEM2(allocator_get_vmo_info_request, allocator_get_vmo_info_request),
    SYSMEM2(allocator_set_debug_client_info_request, allocator_set_debug_client_info_request),
    SYSMEM2(allocator_validate_buffer_collection_token_request,
            allocator_validate_buffer_collection_token_request),
    SYSMEM2(allocator_get_vmo_info_response, allocator__get_vmo_info__response),
    SYSMEM2(allocator_validate_buffer_collection_token_response,
            allocator__validate_buffer_collection_token__response),
    SYSMEM2(collection_attach_lifetime_tracking_request,
            buffer_collection_attach_lifetime_tracking_request),
    SYSMEM2(collection_attach_token_request, buffer_collection_attach_token_request),
    SYSMEM2(collection_set_constraints_request, buffer_collection_set_constraints_request),
    SYSMEM2(token_create_buffer_collection_token_group_request,
            buffer_collection_token_create_buffer_collection_token_group_request),
    SYSMEM2(token_duplicate_request, buffer_collection_token_duplicate_request),
    SYSMEM2(token_duplicate_sync_request, buffer_collection_token_duplicate_sync_request),
    SYSMEM2(group_create_child_request, buffer_collection_token_group_create_child_request),
    SYSMEM2(group_create_children_sync_request,
            buffer_collection_token_group_create_children_sync_request),
    SYSMEM2(group_create_children_sync_response,
            buffer_collection_token_group__create_children_sync__response),
    SYSMEM2(token_duplicate_sync_response, buffer_collection_token__duplicate_sync__response),
    SYSMEM2(collection_wait_for_all_buffers_allocated_response,
            buffer_collection__wait_for_all_buffers_allocated__response),
    SYSMEM2(node_attach_node_tracking_request, node_attach_node_tracking_request),
    SYSMEM2(node_is_alternate_for_request, node_is_alternate_for_request),
    SYSMEM2(node_set_debug_client_info_request, node_set_debug_client_info_request),
    SYSMEM2(node_set_debug_timeout_log_deadline_request,
            node_set_debug_timeout_log_deadline_request),
    SYSMEM2(node_set_name_request, node_set_name_request),
    SYSMEM2(node_set_weak_ok_request, node_set_weak_ok_request),
    SYSMEM2(node_get_buffer_collection_id_response, node__get_buffer_collection_id__response),
    SYSMEM2(node_get_node_ref_response, node__get_node_ref__response),
    SYSMEM2(node_is_alternate_for_response, node__is_alternate_for__response),
    SYSMEM2(secure_heap_range, secure_heap_range),
    SYSMEM2(dynamic_secure_heap, dynamic_secure_heap),
    SYSMEM2(secure_heap_and_range, secure_heap_and_range),
    SYSMEM2(secure_heap_and_range_modification, secure_heap_and_range_modification),
    SYSMEM2(secure_heap_and_ranges, secure_heap_and_ranges),
    SYSMEM2(secure_heap_properties, secure_heap_properties),
    SYSMEM2(secure_mem_add_secure_heap_physical_range_request,
            secure_mem_add_secure_heap_physical_range_request),
    SYSMEM2(secure_mem_delete_secure_heap_physical_range_request,
            secure_mem_delete_secure_heap_physical_range_request),
    SYSMEM2(secure_mem_get_physical_secure_heap_properties_request,
            secure_mem_get_physical_secure_heap_properties_request),
    SYSMEM2(secure_mem_modify_secure_heap_physical_range_request,
            secure_mem_modify_secure_heap_physical_range_request),
    SYSMEM2(secure_mem_zero_sub_range_request, secure_mem_zero_sub_range_request),
    SYSMEM2(secure_mem_get_dynamic_secure_heaps_response,
            secure_mem__get_dynamic_secure_heaps__response),
    SYSMEM2(secure_mem_get_physical_secure_heap_properties_response,
            secure_mem__get_physical_secure_heap_properties__response),
    SYSMEM2(secure_mem_get_physical_secure_heaps_response,
            secure_mem__get_physical_secure_heaps__response),
    HEAP(allocator_open_registry_request, allocator_open_registry_request),
    HEAP(registry_register_heap_request, registry_register_heap_request),
    HEAP(registry_register_heap_response, registry__register_heap__response),
    HEAP(registry_register_secure_mem_request, registry_register_secure_mem_request),
    HEAP(coherency_domain_support, coherency_domain_support),
    HEAP(heap_properties, heap_properties),
    HEAP(heap_allocate_vmo_request, heap_allocate_vmo_request),
    HEAP(heap_allocate_vmo_response, heap__allocate_vmo__response),
    HEAP(heap_delete_vmo_request, heap_delete_vmo_request),
    HEAP(heap_on_register_request, heap_on_register_request),
    HEAP(secure_mem_set_pool_memory_request, secure_mem_set_pool_memory_request),
    DEBUG(allocator_open_debug_request, allocator_open_debug_request),
    DEBUG(debug_node, debug_node),
    DEBUG(debug_participant, debug_participant),
    DEBUG(debug_holder, debug_holder),
    DEBUG(debug_handles, debug_handles),
    DEBUG(debug_buffer, debug_buffer),
    DEBUG(debug_collection, debug_collection),
    DEBUG(debug_pool, debug_pool),
    DEBUG(debug_protection, debug_protection),
    DEBUG(debug_heap, debug_heap),
    DEBUG(debug_get_collections_request, debug_get_collections_request),
    DEBUG(debug_get_collections_response, debug__get_collections__response),
    DEBUG(debug_get_heaps_response, debug__get_heaps__response),
    DEBUG(debug_limits, debug_limits),
    DEBUG(debug_get_environment_request, debug_get_environment_request),
    DEBUG(debug_get_environment_response, debug__get_environment__response),
    DEBUG(debug_reason, debug_reason),
    DEBUG(debug_conflict, debug_conflict),
    DEBUG(debug_failure, debug_failure),
    DEBUG(debug_get_failures_request, debug_get_failures_request),
    DEBUG(debug_get_failures_response, debug__get_failures__response),
    DEBUG(debug_get_allocation_request, debug_get_allocation_request),
    DEBUG(debug_get_allocation_response, debug__get_allocation__response),
    DEBUG(debug_event, debug_event),
    DEBUG(debug_wait_for_change_response, debug__wait_for_change__response),
};

const ProtobufCMessageDescriptor *codec_descriptor(const struct model_type *type)
{
    if (type == NULL) {
        return &fuchsia__sysmem2__node__sync__response__descriptor; /* has no fields */
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].type == type) {
            return rows[i].descriptor;
        }
    }
    assert(false);
    return NULL;
}

#define MAX_ORDINAL     17
#define SET_POOL_MEMORY 1000 /* the only two-way method of our own in a protocol of spec/ */
#define RESULT(message) &fuchsia__sysmem2__##message##__result__descriptor

typedef const ProtobufCMessageDescriptor *const result_row[MAX_ORDINAL + 1];

static result_row allocator_results = {
    [4] = RESULT(allocator__get_vmo_info),
    [6] = RESULT(allocator__validate_buffer_collection_token),
};

static result_row token_results = {
    [4] = RESULT(buffer_collection_token__duplicate_sync),
    [5] = RESULT(node__get_buffer_collection_id),
    [6] = RESULT(node__get_node_ref),
    [7] = RESULT(node__is_alternate_for),
    [16] = RESULT(node__sync),
};

static result_row collection_results = {
    [4] = RESULT(buffer_collection__check_all_buffers_allocated),
    [5] = RESULT(node__get_buffer_collection_id),
    [6] = RESULT(node__get_node_ref),
    [7] = RESULT(node__is_alternate_for),
    [16] = RESULT(node__sync),
    [17] = RESULT(buffer_collection__wait_for_all_buffers_allocated),
};

static result_row group_results = {
    [4] = RESULT(buffer_collection_token_group__create_children_sync),
    [5] = RESULT(node__get_buffer_collection_id),
    [6] = RESULT(node__get_node_ref),
    [7] = RESULT(node__is_alternate_for),
    [15] = RESULT(node__sync),
};

static result_row secure_mem_results = {
    [1] = RESULT(secure_mem__add_secure_heap_physical_range),
    [2] = RESULT(secure_mem__delete_secure_heap_physical_range),
    [3] = RESULT(secure_mem__get_dynamic_secure_heaps),
    [4] = RESULT(secure_mem__get_physical_secure_heap_properties),
    [5] = RESULT(secure_mem__get_physical_secure_heaps),
    [6] = RESULT(secure_mem__modify_secure_heap_physical_range),
    [7] = RESULT(secure_mem__zero_sub_range),
};

static result_row debug_results = {
    [1] = &sysmem__debug__debug__get_collections__result__descriptor,
    [2] = &sysmem__debug__debug__get_heaps__result__descriptor,
    [3] = &sysmem__debug__debug__wait_for_change__result__descriptor,
    [4] = &sysmem__debug__debug__get_allocation__result__descriptor,
    [5] = &sysmem__debug__debug__get_environment__result__descriptor,
    [6] = &sysmem__debug__debug__get_failures__result__descriptor,
};

static result_row registry_results = {
    [1] = &sysmem__heap__registry__register_heap__result__descriptor,
    [2] = &sysmem__heap__registry__register_secure_mem__result__descriptor,
    [3] = &sysmem__heap__registry__unregister_secure_mem__result__descriptor,
};

static result_row heap_results = {
    [1] = &sysmem__heap__heap__allocate_vmo__result__descriptor,
    [2] = &sysmem__heap__heap__delete_vmo__result__descriptor,
};

static result_row *const results[MODEL_PROTOCOL_COUNT] = {
    [MODEL_PROTOCOL_ALLOCATOR] = &allocator_results,   [MODEL_PROTOCOL_TOKEN] = &token_results,
    [MODEL_PROTOCOL_COLLECTION] = &collection_results, [MODEL_PROTOCOL_GROUP] = &group_results,
    [MODEL_PROTOCOL_SECURE_MEM] = &secure_mem_results, [MODEL_PROTOCOL_DEBUG] = &debug_results,
    [MODEL_PROTOCOL_REGISTRY] = &registry_results,     [MODEL_PROTOCOL_HEAP] = &heap_results,
};

const ProtobufCMessageDescriptor *codec_result_descriptor(const struct model_method *method)
{
    assert(method->two_way);
    if (method->ordinal == SET_POOL_MEMORY) {
        return &sysmem__heap__secure_mem__set_pool_memory__result__descriptor;
    }
    assert(method->ordinal <= MAX_ORDINAL);
    return (*results[method->protocol])[method->ordinal];
}
