#include "model/tables.h"

#include <string.h>

static const struct model_type *const all_types[] = {
    &model_type_size,
    &model_type_pixel_format_and_modifier,
    &model_type_heap,
    &model_type_buffer_usage,
    &model_type_buffer_memory_constraints,
    &model_type_image_format_constraints,
    &model_type_buffer_collection_constraints,
    &model_type_buffer_memory_settings,
    &model_type_single_buffer_settings,
    &model_type_vmo_buffer,
    &model_type_buffer_collection_info,
    &model_type_format_cost_key,
    &model_type_format_cost_entry,
    &model_type_reason,
    &model_type_failure,
    &model_type_config,
    &model_type_format_costs,
    &model_type_allocator_allocate_non_shared_collection_request,
    &model_type_allocator_allocate_shared_collection_request,
    &model_type_allocator_bind_shared_collection_request,
    &model_type_allocator_get_vmo_info_request,
    &model_type_allocator_set_debug_client_info_request,
    &model_type_allocator_validate_buffer_collection_token_request,
    &model_type_allocator_get_vmo_info_response,
    &model_type_allocator_validate_buffer_collection_token_response,
    &model_type_token_create_buffer_collection_token_group_request,
    &model_type_token_duplicate_request,
    &model_type_token_duplicate_sync_request,
    &model_type_token_duplicate_sync_response,
    &model_type_group_create_child_request,
    &model_type_group_create_children_sync_request,
    &model_type_group_create_children_sync_response,
    &model_type_collection_attach_lifetime_tracking_request,
    &model_type_collection_attach_token_request,
    &model_type_collection_set_constraints_request,
    &model_type_collection_wait_for_all_buffers_allocated_response,
    &model_type_node_attach_node_tracking_request,
    &model_type_node_is_alternate_for_request,
    &model_type_node_set_debug_client_info_request,
    &model_type_node_set_debug_timeout_log_deadline_request,
    &model_type_node_set_name_request,
    &model_type_node_set_weak_ok_request,
    &model_type_node_get_buffer_collection_id_response,
    &model_type_node_get_node_ref_response,
    &model_type_node_is_alternate_for_response,
    &model_type_secure_heap_range,
    &model_type_dynamic_secure_heap,
    &model_type_secure_heap_and_range,
    &model_type_secure_heap_and_range_modification,
    &model_type_secure_heap_and_ranges,
    &model_type_secure_heap_properties,
    &model_type_secure_mem_add_secure_heap_physical_range_request,
    &model_type_secure_mem_delete_secure_heap_physical_range_request,
    &model_type_secure_mem_get_physical_secure_heap_properties_request,
    &model_type_secure_mem_modify_secure_heap_physical_range_request,
    &model_type_secure_mem_zero_sub_range_request,
    &model_type_secure_mem_get_dynamic_secure_heaps_response,
    &model_type_secure_mem_get_physical_secure_heap_properties_response,
    &model_type_secure_mem_get_physical_secure_heaps_response,
    &model_type_allocator_open_registry_request,
    &model_type_registry_register_heap_request,
    &model_type_registry_register_heap_response,
    &model_type_registry_register_secure_mem_request,
    &model_type_coherency_domain_support,
    &model_type_heap_properties,
    &model_type_heap_allocate_vmo_request,
    &model_type_heap_allocate_vmo_response,
    &model_type_heap_delete_vmo_request,
    &model_type_heap_on_register_request,
    &model_type_secure_mem_set_pool_memory_request,
    &model_type_allocator_open_debug_request,
    &model_type_debug_node,
    &model_type_debug_participant,
    &model_type_debug_holder,
    &model_type_debug_handles,
    &model_type_debug_buffer,
    &model_type_debug_reason,
    &model_type_debug_collection,
    &model_type_debug_pool,
    &model_type_debug_protection,
    &model_type_debug_heap,
    &model_type_debug_get_collections_request,
    &model_type_debug_get_collections_response,
    &model_type_debug_get_heaps_response,
    &model_type_debug_limits,
    &model_type_debug_get_environment_request,
    &model_type_debug_get_environment_response,
    &model_type_debug_conflict,
    &model_type_debug_failure,
    &model_type_debug_get_failures_request,
    &model_type_debug_get_failures_response,
    &model_type_debug_get_allocation_request,
    &model_type_debug_get_allocation_response,
    &model_type_debug_event,
    &model_type_debug_wait_for_change_response,
};

const struct model_type *const *model_types(size_t *ret_count)
{
    *ret_count = sizeof(all_types) / sizeof(all_types[0]);
    return all_types;
}

const struct model_type *model_type_find(const char *name)
{
    for (size_t i = 0; i < sizeof(all_types) / sizeof(all_types[0]); i++) {
        if (strcmp(all_types[i]->name, name) == 0) {
            return all_types[i];
        }
    }
    return NULL;
}

const struct model_field *model_field_find(const struct model_type *type, const char *name)
{
    for (size_t i = 0; i < type->field_count; i++) {
        if (strcmp(type->fields[i].name, name) == 0) {
            return &type->fields[i];
        }
    }
    return NULL;
}
