/* The description of every protocol type, and how to find one. Constants: any thread may read them.
 */
#ifndef MODEL_TABLES_H
#define MODEL_TABLES_H

#include "model/type.h"

/* <sysmem/types.h> */
extern const struct model_type model_type_size;
extern const struct model_type model_type_pixel_format_and_modifier;
extern const struct model_type model_type_heap;
extern const struct model_type model_type_buffer_usage;
extern const struct model_type model_type_buffer_memory_constraints;
extern const struct model_type model_type_image_format_constraints;
extern const struct model_type model_type_buffer_collection_constraints;
extern const struct model_type model_type_buffer_memory_settings;
extern const struct model_type model_type_single_buffer_settings;
extern const struct model_type model_type_vmo_buffer;
extern const struct model_type model_type_buffer_collection_info;
extern const struct model_type model_type_format_cost_key;
extern const struct model_type model_type_format_cost_entry;

/* "model/failure.h" */
extern const struct model_type model_type_reason;
extern const struct model_type model_type_failure;

/* "model/config.h" */
extern const struct model_type model_type_config;
extern const struct model_type model_type_format_costs;

/* "model/requests.h" */
extern const struct model_type model_type_allocator_allocate_non_shared_collection_request;
extern const struct model_type model_type_allocator_allocate_shared_collection_request;
extern const struct model_type model_type_allocator_bind_shared_collection_request;
extern const struct model_type model_type_allocator_get_vmo_info_request;
extern const struct model_type model_type_allocator_set_debug_client_info_request;
extern const struct model_type model_type_allocator_validate_buffer_collection_token_request;
extern const struct model_type model_type_allocator_get_vmo_info_response;
extern const struct model_type model_type_allocator_validate_buffer_collection_token_response;
extern const struct model_type model_type_token_create_buffer_collection_token_group_request;
extern const struct model_type model_type_token_duplicate_request;
extern const struct model_type model_type_token_duplicate_sync_request;
extern const struct model_type model_type_token_duplicate_sync_response;
extern const struct model_type model_type_group_create_child_request;
extern const struct model_type model_type_group_create_children_sync_request;
extern const struct model_type model_type_group_create_children_sync_response;
extern const struct model_type model_type_collection_attach_lifetime_tracking_request;
extern const struct model_type model_type_collection_attach_token_request;
extern const struct model_type model_type_collection_set_constraints_request;
extern const struct model_type model_type_collection_wait_for_all_buffers_allocated_response;
extern const struct model_type model_type_node_attach_node_tracking_request;
extern const struct model_type model_type_node_is_alternate_for_request;
extern const struct model_type model_type_node_set_debug_client_info_request;
extern const struct model_type model_type_node_set_debug_timeout_log_deadline_request;
extern const struct model_type model_type_node_set_name_request;
extern const struct model_type model_type_node_set_weak_ok_request;
extern const struct model_type model_type_node_get_buffer_collection_id_response;
extern const struct model_type model_type_node_get_node_ref_response;
extern const struct model_type model_type_node_is_alternate_for_response;

/* "model/secure_mem.h" */
extern const struct model_type model_type_secure_heap_range;
extern const struct model_type model_type_dynamic_secure_heap;
extern const struct model_type model_type_secure_heap_and_range;
extern const struct model_type model_type_secure_heap_and_range_modification;
extern const struct model_type model_type_secure_heap_and_ranges;
extern const struct model_type model_type_secure_heap_properties;
extern const struct model_type model_type_secure_mem_add_secure_heap_physical_range_request;
extern const struct model_type model_type_secure_mem_delete_secure_heap_physical_range_request;
extern const struct model_type model_type_secure_mem_get_physical_secure_heap_properties_request;
extern const struct model_type model_type_secure_mem_modify_secure_heap_physical_range_request;
extern const struct model_type model_type_secure_mem_zero_sub_range_request;
extern const struct model_type model_type_secure_mem_get_dynamic_secure_heaps_response;
extern const struct model_type model_type_secure_mem_get_physical_secure_heap_properties_response;
extern const struct model_type model_type_secure_mem_get_physical_secure_heaps_response;

/* "model/served.h" */
extern const struct model_type model_type_allocator_open_registry_request;
extern const struct model_type model_type_registry_register_heap_request;
extern const struct model_type model_type_registry_register_heap_response;
extern const struct model_type model_type_registry_register_secure_mem_request;
extern const struct model_type model_type_coherency_domain_support;
extern const struct model_type model_type_heap_properties;
extern const struct model_type model_type_heap_allocate_vmo_request;
extern const struct model_type model_type_heap_allocate_vmo_response;
extern const struct model_type model_type_heap_delete_vmo_request;
extern const struct model_type model_type_heap_on_register_request;
extern const struct model_type model_type_secure_mem_set_pool_memory_request;

/* "model/debug.h" */
extern const struct model_type model_type_allocator_open_debug_request;
extern const struct model_type model_type_debug_node;
extern const struct model_type model_type_debug_participant;
extern const struct model_type model_type_debug_holder;
extern const struct model_type model_type_debug_handles;
extern const struct model_type model_type_debug_buffer;
extern const struct model_type model_type_debug_collection;
extern const struct model_type model_type_debug_pool;
extern const struct model_type model_type_debug_protection;
extern const struct model_type model_type_debug_heap;
extern const struct model_type model_type_debug_get_collections_request;
extern const struct model_type model_type_debug_get_collections_response;
extern const struct model_type model_type_debug_get_heaps_response;
extern const struct model_type model_type_debug_limits;
extern const struct model_type model_type_debug_get_environment_request;
extern const struct model_type model_type_debug_get_environment_response;
extern const struct model_type model_type_debug_reason;
extern const struct model_type model_type_debug_conflict;
extern const struct model_type model_type_debug_failure;
extern const struct model_type model_type_debug_get_failures_request;
extern const struct model_type model_type_debug_get_failures_response;
extern const struct model_type model_type_debug_get_allocation_request;
extern const struct model_type model_type_debug_get_allocation_response;
extern const struct model_type model_type_debug_event;
extern const struct model_type model_type_debug_wait_for_change_response;

/* All types, each after the ones that it contains. */
const struct model_type *const *model_types(size_t *ret_count);

/* The type with a FIDL name, or NULL. */
const struct model_type *model_type_find(const char *name);

/* The field of a type with a FIDL name, or NULL. */
const struct model_field *model_field_find(const struct model_type *type, const char *name);

#endif
