#include "model/method.h"
#include "model/names.h"
#include "model/requests.h"
#include "model/table_rows.h"
#include "model/tables.h"

#define T struct model_allocator_allocate_non_shared_collection_request
static const struct model_field allocator_allocate_non_shared_collection_request_fields[] = {
    CHANNEL_END(1, collection_request, MODEL_HANDLE_SERVER_END, MODEL_PROTOCOL_COLLECTION),
};
const struct model_type model_type_allocator_allocate_non_shared_collection_request =
    TYPE("AllocatorAllocateNonSharedCollectionRequest",
         allocator_allocate_non_shared_collection_request_fields);
#undef T

#define T struct model_allocator_allocate_shared_collection_request
static const struct model_field allocator_allocate_shared_collection_request_fields[] = {
    CHANNEL_END(1, token_request, MODEL_HANDLE_SERVER_END, MODEL_PROTOCOL_TOKEN),
};
const struct model_type model_type_allocator_allocate_shared_collection_request =
    TYPE("AllocatorAllocateSharedCollectionRequest",
         allocator_allocate_shared_collection_request_fields);
#undef T

#define T struct model_allocator_bind_shared_collection_request
static const struct model_field allocator_bind_shared_collection_request_fields[] = {
    CHANNEL_END(1, token, MODEL_HANDLE_CLIENT_END, MODEL_PROTOCOL_TOKEN),
    CHANNEL_END(2, buffer_collection_request, MODEL_HANDLE_SERVER_END, MODEL_PROTOCOL_COLLECTION),
};
const struct model_type model_type_allocator_bind_shared_collection_request =
    TYPE("AllocatorBindSharedCollectionRequest", allocator_bind_shared_collection_request_fields);
#undef T

#define T struct model_allocator_get_vmo_info_request
static const struct model_field allocator_get_vmo_info_request_fields[] = {
    HANDLE(1, vmo, MODEL_HANDLE_VMO),
};
const struct model_type model_type_allocator_get_vmo_info_request =
    TYPE("AllocatorGetVmoInfoRequest", allocator_get_vmo_info_request_fields);
#undef T

#define T struct model_allocator_set_debug_client_info_request
static const struct model_field allocator_set_debug_client_info_request_fields[] = {
    STRING(1, name, 256),
    U64(2, id),
};
const struct model_type model_type_allocator_set_debug_client_info_request =
    TYPE("AllocatorSetDebugClientInfoRequest", allocator_set_debug_client_info_request_fields);
#undef T

#define T struct model_allocator_validate_buffer_collection_token_request
static const struct model_field allocator_validate_buffer_collection_token_request_fields[] = {
    U64(1, token_server_koid),
};
const struct model_type model_type_allocator_validate_buffer_collection_token_request =
    TYPE("AllocatorValidateBufferCollectionTokenRequest",
         allocator_validate_buffer_collection_token_request_fields);
#undef T

#define T struct model_allocator_get_vmo_info_response
static const struct model_field allocator_get_vmo_info_response_fields[] = {
    U64(1, buffer_collection_id),
    U64(2, buffer_index),
    HANDLE(3, close_weak_asap, MODEL_HANDLE_EVENTPAIR),
    U64(1001, physical_address),
};
const struct model_type model_type_allocator_get_vmo_info_response =
    TYPE("Allocator_GetVmoInfo_Response", allocator_get_vmo_info_response_fields);
#undef T

#define T struct model_allocator_validate_buffer_collection_token_response
static const struct model_field allocator_validate_buffer_collection_token_response_fields[] = {
    BOOL(1, is_known),
};
const struct model_type model_type_allocator_validate_buffer_collection_token_response =
    TYPE("Allocator_ValidateBufferCollectionToken_Response",
         allocator_validate_buffer_collection_token_response_fields);
#undef T

#define T struct model_token_create_buffer_collection_token_group_request
static const struct model_field token_create_buffer_collection_token_group_request_fields[] = {
    CHANNEL_END(1, group_request, MODEL_HANDLE_SERVER_END, MODEL_PROTOCOL_GROUP),
};
const struct model_type model_type_token_create_buffer_collection_token_group_request =
    TYPE("BufferCollectionTokenCreateBufferCollectionTokenGroupRequest",
         token_create_buffer_collection_token_group_request_fields);
#undef T

#define T struct model_token_duplicate_request
static const struct model_field token_duplicate_request_fields[] = {
    U32_NAMED(1, rights_attenuation_mask, model_rights_names),
    CHANNEL_END(2, token_request, MODEL_HANDLE_SERVER_END, MODEL_PROTOCOL_TOKEN),
};
const struct model_type model_type_token_duplicate_request =
    TYPE("BufferCollectionTokenDuplicateRequest", token_duplicate_request_fields);
#undef T

#define T struct model_token_duplicate_sync_request
static const struct model_field token_duplicate_sync_request_fields[] = {
    U32S_NAMED(1, rights_attenuation_masks, 64, model_rights_names),
};
const struct model_type model_type_token_duplicate_sync_request =
    TYPE("BufferCollectionTokenDuplicateSyncRequest", token_duplicate_sync_request_fields);
#undef T

#define T struct model_token_duplicate_sync_response
static const struct model_field token_duplicate_sync_response_fields[] = {
    CHANNEL_ENDS(1, tokens, 64, MODEL_HANDLE_CLIENT_END, MODEL_PROTOCOL_TOKEN),
};
const struct model_type model_type_token_duplicate_sync_response =
    TYPE("BufferCollectionToken_DuplicateSync_Response", token_duplicate_sync_response_fields);
#undef T

#define T struct model_group_create_child_request
static const struct model_field group_create_child_request_fields[] = {
    CHANNEL_END(1, token_request, MODEL_HANDLE_SERVER_END, MODEL_PROTOCOL_TOKEN),
    U32_NAMED(2, rights_attenuation_mask, model_rights_names),
};
const struct model_type model_type_group_create_child_request =
    TYPE("BufferCollectionTokenGroupCreateChildRequest", group_create_child_request_fields);
#undef T

#define T struct model_group_create_children_sync_request
static const struct model_field group_create_children_sync_request_fields[] = {
    U32S_NAMED(1, rights_attenuation_masks, 64, model_rights_names),
};
const struct model_type model_type_group_create_children_sync_request =
    TYPE("BufferCollectionTokenGroupCreateChildrenSyncRequest",
         group_create_children_sync_request_fields);
#undef T

#define T struct model_group_create_children_sync_response
static const struct model_field group_create_children_sync_response_fields[] = {
    CHANNEL_ENDS(1, tokens, 64, MODEL_HANDLE_CLIENT_END, MODEL_PROTOCOL_TOKEN),
};
const struct model_type model_type_group_create_children_sync_response =
    TYPE("BufferCollectionTokenGroup_CreateChildrenSync_Response",
         group_create_children_sync_response_fields);
#undef T

#define T struct model_collection_attach_lifetime_tracking_request
static const struct model_field collection_attach_lifetime_tracking_request_fields[] = {
    HANDLE(1, server_end, MODEL_HANDLE_EVENTPAIR),
    U32(2, buffers_remaining),
};
const struct model_type model_type_collection_attach_lifetime_tracking_request =
    TYPE("BufferCollectionAttachLifetimeTrackingRequest",
         collection_attach_lifetime_tracking_request_fields);
#undef T

#define T struct model_collection_attach_token_request
static const struct model_field collection_attach_token_request_fields[] = {
    U32_NAMED(1, rights_attenuation_mask, model_rights_names),
    CHANNEL_END(2, token_request, MODEL_HANDLE_SERVER_END, MODEL_PROTOCOL_TOKEN),
};
const struct model_type model_type_collection_attach_token_request =
    TYPE("BufferCollectionAttachTokenRequest", collection_attach_token_request_fields);
#undef T

#define T struct model_collection_set_constraints_request
static const struct model_field collection_set_constraints_request_fields[] = {
    TABLE(1, constraints, model_type_buffer_collection_constraints),
};
const struct model_type model_type_collection_set_constraints_request =
    TYPE("BufferCollectionSetConstraintsRequest", collection_set_constraints_request_fields);
#undef T

#define T struct model_collection_wait_for_all_buffers_allocated_response
static const struct model_field collection_wait_for_all_buffers_allocated_response_fields[] = {
    TABLE(1, buffer_collection_info, model_type_buffer_collection_info),
};
const struct model_type model_type_collection_wait_for_all_buffers_allocated_response =
    TYPE("BufferCollection_WaitForAllBuffersAllocated_Response",
         collection_wait_for_all_buffers_allocated_response_fields);
#undef T

#define T struct model_node_attach_node_tracking_request
static const struct model_field node_attach_node_tracking_request_fields[] = {
    HANDLE(1, server_end, MODEL_HANDLE_EVENTPAIR),
};
const struct model_type model_type_node_attach_node_tracking_request =
    TYPE("NodeAttachNodeTrackingRequest", node_attach_node_tracking_request_fields);
#undef T

#define T struct model_node_is_alternate_for_request
static const struct model_field node_is_alternate_for_request_fields[] = {
    HANDLE(1, node_ref, MODEL_HANDLE_EVENT),
};
const struct model_type model_type_node_is_alternate_for_request =
    TYPE("NodeIsAlternateForRequest", node_is_alternate_for_request_fields);
#undef T

#define T struct model_node_set_debug_client_info_request
static const struct model_field node_set_debug_client_info_request_fields[] = {
    STRING(1, name, 256),
    U64(2, id),
};
const struct model_type model_type_node_set_debug_client_info_request =
    TYPE("NodeSetDebugClientInfoRequest", node_set_debug_client_info_request_fields);
#undef T

#define T struct model_node_set_debug_timeout_log_deadline_request
static const struct model_field node_set_debug_timeout_log_deadline_request_fields[] = {
    I64(1, deadline),
};
const struct model_type model_type_node_set_debug_timeout_log_deadline_request = TYPE(
    "NodeSetDebugTimeoutLogDeadlineRequest", node_set_debug_timeout_log_deadline_request_fields);
#undef T

#define T struct model_node_set_name_request
static const struct model_field node_set_name_request_fields[] = {
    U32(1, priority),
    STRING(2, name, 64),
};
const struct model_type model_type_node_set_name_request =
    TYPE("NodeSetNameRequest", node_set_name_request_fields);
#undef T

#define T struct model_node_set_weak_ok_request
static const struct model_field node_set_weak_ok_request_fields[] = {
    BOOL(1, for_child_nodes_also),
};
const struct model_type model_type_node_set_weak_ok_request =
    TYPE("NodeSetWeakOkRequest", node_set_weak_ok_request_fields);
#undef T

#define T struct model_node_get_buffer_collection_id_response
static const struct model_field node_get_buffer_collection_id_response_fields[] = {
    U64(1, buffer_collection_id),
};
const struct model_type model_type_node_get_buffer_collection_id_response =
    TYPE("Node_GetBufferCollectionId_Response", node_get_buffer_collection_id_response_fields);
#undef T

#define T struct model_node_get_node_ref_response
static const struct model_field node_get_node_ref_response_fields[] = {
    HANDLE(1, node_ref, MODEL_HANDLE_EVENT),
};
const struct model_type model_type_node_get_node_ref_response =
    TYPE("Node_GetNodeRef_Response", node_get_node_ref_response_fields);
#undef T

#define T struct model_node_is_alternate_for_response
static const struct model_field node_is_alternate_for_response_fields[] = {
    BOOL(1, is_alternate),
};
const struct model_type model_type_node_is_alternate_for_response =
    TYPE("Node_IsAlternateFor_Response", node_is_alternate_for_response_fields);
#undef T
