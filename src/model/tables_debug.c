#include "model/debug.h"
#include "model/method.h"
#include "model/names.h"
#include "model/table_rows.h"
#include "model/tables.h"

#define T struct model_allocator_open_debug_request
static const struct model_field allocator_open_debug_request_fields[] = {
    CHANNEL_END(1, server_end, MODEL_HANDLE_SERVER_END, MODEL_PROTOCOL_DEBUG),
};
const struct model_type model_type_allocator_open_debug_request =
    TYPE("AllocatorOpenDebugRequest", allocator_open_debug_request_fields);
#undef T

#define T struct model_debug_node
static const struct model_field debug_node_fields[] = {
    U64(1, koid),
    U32(2, parent_index),
    U32_NAMED(3, kind, model_debug_node_kind_names),
    STRING(4, client_name, 256),
    U64(5, client_id),
    U32(6, pid),
    U32(7, uid),
    BOOL(8, released),
    BOOL(9, has_constraints),
    BOOL(10, ready),
    U32(11, pending_waits),
    U32_NAMED(12, rights, model_rights_names),
    TABLE(13, constraints, model_type_buffer_collection_constraints),
    U32_NAMED(14, flags, model_debug_node_flag_names),
    U32_NAMED(15, was, model_debug_node_kind_names),
    U64(16, since_ms),
    BOOL(17, constraints_left_out),
};
const struct model_type model_type_debug_node = TYPE("DebugNode", debug_node_fields);
#undef T

#define T struct model_debug_participant
static const struct model_field debug_participant_fields[] = {
    U64(1, node),
    STRING(2, client_name, 256),
    U64(3, client_id),
    U32(4, pid),
    U32(5, uid),
    BOOL(6, left),
    U32(7, min_buffer_count_for_camping),
    U32(8, min_buffer_count_for_dedicated_slack),
    U32(9, min_buffer_count_for_shared_slack),
    U32(10, min_buffer_count),
};
const struct model_type model_type_debug_participant =
    TYPE("DebugParticipant", debug_participant_fields);
#undef T

#define T struct model_debug_holder
static const struct model_field debug_holder_fields[] = {
    U64(1, node),
    U32(2, handles),
};
const struct model_type model_type_debug_holder = TYPE("DebugHolder", debug_holder_fields);
#undef T

#define T struct model_debug_handles
static const struct model_field debug_handles_fields[] = {
    U32(1, count),
    BOOL(2, more),
    TABLES(3, holders, 256, model_type_debug_holder),
};
const struct model_type model_type_debug_handles = TYPE("DebugHandles", debug_handles_fields);
#undef T

#define T struct model_debug_buffer
static const struct model_field debug_buffer_fields[] = {
    U64(1, koid),
    U32_NAMED(2, state, model_debug_buffer_state_names),
    TABLE(3, strong, model_type_debug_handles),
    TABLE(4, weak, model_type_debug_handles),
};
const struct model_type model_type_debug_buffer = TYPE("DebugBuffer", debug_buffer_fields);
#undef T

#define T struct model_debug_collection
static const struct model_field debug_collection_fields[] = {
    U64(1, id),
    STRING(2, name, 64),
    U32_NAMED(3, state, model_debug_state_names),
    U64(4, age_ms),
    STRING(5, waiting_for, 4096),
    U32(6, buffer_count),
    U32(7, buffers_remaining),
    U64(8, size_bytes),
    TABLE(9, settings, model_type_single_buffer_settings),
    TABLES(10, nodes, 4096, model_type_debug_node),
    TABLES(11, buffers, 128, model_type_debug_buffer),
    U32(12, owner_uid),
    U32_NAMED(13, error, model_error_names),
    U64(14, allocated_ms),
    U64(15, waiting_ms),
    U32(16, name_priority),
    BOOL(17, verbose),
    TABLES(18, participants, 256, model_type_debug_participant),
    U64(19, vmo_bytes),
    TABLES(20, reasons, 256, model_type_debug_reason),
};
const struct model_type model_type_debug_collection =
    TYPE("DebugCollection", debug_collection_fields);
#undef T

#define T struct model_debug_get_collections_request
static const struct model_field debug_get_collections_request_fields[] = {
    U32(1, first),
    U64(2, failed),
};
const struct model_type model_type_debug_get_collections_request =
    TYPE("DebugGetCollectionsRequest", debug_get_collections_request_fields);
#undef T

#define T struct model_debug_get_collections_response
static const struct model_field debug_get_collections_response_fields[] = {
    TABLES(1, collections, 65536, model_type_debug_collection),
    BOOL(2, more),
};
const struct model_type model_type_debug_get_collections_response =
    TYPE("Debug_GetCollections_Response", debug_get_collections_response_fields);
#undef T

#define T struct model_debug_limits
static const struct model_field debug_limits_fields[] = {
    U64(1, max_allocation_size), U64(2, max_buffer_bytes),       U64(3, max_collection_bytes),
    U32(4, max_buffers),         U32(5, max_group_combinations),
};
const struct model_type model_type_debug_limits = TYPE("DebugLimits", debug_limits_fields);
#undef T

#define T struct model_debug_get_environment_request
static const struct model_field debug_get_environment_request_fields[] = {
    U32(1, first_format_cost),
};
const struct model_type model_type_debug_get_environment_request =
    TYPE("DebugGetEnvironmentRequest", debug_get_environment_request_fields);
#undef T

#define T struct model_debug_get_environment_response
static const struct model_field debug_get_environment_response_fields[] = {
    U32(1, page_size),
    BOOL(2, force_zero_slack),
    TABLE(3, limits, model_type_debug_limits),
    TABLES(4, format_costs, 0, model_type_format_cost_entry),
    BOOL(5, more),
};
const struct model_type model_type_debug_get_environment_response =
    TYPE("Debug_GetEnvironment_Response", debug_get_environment_response_fields);
#undef T

#define T struct model_debug_get_allocation_request
static const struct model_field debug_get_allocation_request_fields[] = {
    U64(1, collection_id),
    U32(2, first),
};
const struct model_type model_type_debug_get_allocation_request =
    TYPE("DebugGetAllocationRequest", debug_get_allocation_request_fields);
#undef T

#define T struct model_debug_get_allocation_response
static const struct model_field debug_get_allocation_response_fields[] = {
    TABLES(1, participants, 256, model_type_debug_participant),
    TABLES(2, buffers, 128, model_type_debug_buffer),
    BOOL(3, more),
};
const struct model_type model_type_debug_get_allocation_response =
    TYPE("Debug_GetAllocation_Response", debug_get_allocation_response_fields);
#undef T

#define T struct model_debug_event
static const struct model_field debug_event_fields[] = {
    U64(1, time_ns),
    U32_NAMED(2, what, model_debug_event_kind_names),
    U64(3, collection_id),
    STRING(4, collection_name, 64),
    U64(5, node),
    U32_NAMED(6, node_kind, model_debug_node_kind_names),
    STRING(7, client_name, 256),
    U32(8, pid),
    U32(9, uid),
};
const struct model_type model_type_debug_event = TYPE("DebugEvent", debug_event_fields);
#undef T

#define T struct model_debug_wait_for_change_response
static const struct model_field debug_wait_for_change_response_fields[] = {
    TABLES(1, events, 256, model_type_debug_event),
    U64(2, missed),
};
const struct model_type model_type_debug_wait_for_change_response =
    TYPE("Debug_WaitForChange_Response", debug_wait_for_change_response_fields);
#undef T
