/* The requests and responses of the protocols, in the style of <sysmem/types.h>: a table never owns
 * what its pointers name. Methods without a struct here have an empty request or response. Source:
 * spec/fuchsia.sysmem2.txt, TABLES. */
#ifndef MODEL_REQUESTS_H
#define MODEL_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/types.h>
#include <zircon/types.h>

#include "model/debug.h"
#include "model/secure_mem.h"
#include "model/served.h"

/* --- Allocator --- */

struct model_allocator_allocate_non_shared_collection_request {
    zx_handle_t collection_request;
    struct {
        bool collection_request;
    } has;
};

struct model_allocator_allocate_shared_collection_request {
    zx_handle_t token_request;
    struct {
        bool token_request;
    } has;
};

struct model_allocator_bind_shared_collection_request {
    zx_handle_t token;
    zx_handle_t buffer_collection_request;
    struct {
        bool token;
        bool buffer_collection_request;
    } has;
};

struct model_allocator_get_vmo_info_request {
    zx_handle_t vmo;
    struct {
        bool vmo;
    } has;
};

struct model_allocator_set_debug_client_info_request {
    const char *name; /* at most 256 bytes of UTF-8 */
    uint64_t id;
    struct {
        bool name;
        bool id;
    } has;
};

struct model_allocator_validate_buffer_collection_token_request {
    uint64_t token_server_koid;
    struct {
        bool token_server_koid;
    } has;
};

struct model_allocator_get_vmo_info_response {
    uint64_t buffer_collection_id;
    uint64_t buffer_index;
    zx_handle_t close_weak_asap;
    uint64_t physical_address; /* the project's own: of contiguous memory, emulated */
    struct {
        bool buffer_collection_id;
        bool buffer_index;
        bool close_weak_asap;
        bool physical_address;
    } has;
};

struct model_allocator_validate_buffer_collection_token_response {
    bool is_known;
    struct {
        bool is_known;
    } has;
};

/* --- BufferCollectionToken --- */

struct model_token_create_buffer_collection_token_group_request {
    zx_handle_t group_request;
    struct {
        bool group_request;
    } has;
};

struct model_token_duplicate_request {
    uint32_t rights_attenuation_mask; /* ZX_RIGHT_* */
    zx_handle_t token_request;
    struct {
        bool rights_attenuation_mask;
        bool token_request;
    } has;
};

struct model_token_duplicate_sync_request {
    const uint32_t *rights_attenuation_masks; /* ZX_RIGHT_*; at most 64 */
    size_t rights_attenuation_masks_count;
    struct {
        bool rights_attenuation_masks;
    } has;
};

struct model_token_duplicate_sync_response {
    const zx_handle_t *tokens; /* at most 64 */
    size_t tokens_count;
    struct {
        bool tokens;
    } has;
};

/* --- BufferCollectionTokenGroup --- */

struct model_group_create_child_request {
    zx_handle_t token_request;
    uint32_t rights_attenuation_mask; /* ZX_RIGHT_* */
    struct {
        bool token_request;
        bool rights_attenuation_mask;
    } has;
};

struct model_group_create_children_sync_request {
    const uint32_t *rights_attenuation_masks; /* ZX_RIGHT_*; at most 64 */
    size_t rights_attenuation_masks_count;
    struct {
        bool rights_attenuation_masks;
    } has;
};

struct model_group_create_children_sync_response {
    const zx_handle_t *tokens; /* at most 64 */
    size_t tokens_count;
    struct {
        bool tokens;
    } has;
};

/* --- BufferCollection --- */

struct model_collection_attach_lifetime_tracking_request {
    zx_handle_t server_end;
    uint32_t buffers_remaining;
    struct {
        bool server_end;
        bool buffers_remaining;
    } has;
};

struct model_collection_attach_token_request {
    uint32_t rights_attenuation_mask; /* ZX_RIGHT_* */
    zx_handle_t token_request;
    struct {
        bool rights_attenuation_mask;
        bool token_request;
    } has;
};

struct model_collection_set_constraints_request {
    struct sysmem_buffer_collection_constraints constraints;
    struct {
        bool constraints;
    } has;
};

struct model_collection_wait_for_all_buffers_allocated_response {
    struct sysmem_buffer_collection_info buffer_collection_info;
    struct {
        bool buffer_collection_info;
    } has;
};

/* --- Node: in every node protocol --- */

struct model_node_attach_node_tracking_request {
    zx_handle_t server_end;
    struct {
        bool server_end;
    } has;
};

struct model_node_is_alternate_for_request {
    zx_handle_t node_ref;
    struct {
        bool node_ref;
    } has;
};

struct model_node_set_debug_client_info_request {
    const char *name; /* at most 256 bytes of UTF-8 */
    uint64_t id;
    struct {
        bool name;
        bool id;
    } has;
};

struct model_node_set_debug_timeout_log_deadline_request {
    int64_t deadline;
    struct {
        bool deadline;
    } has;
};

struct model_node_set_name_request {
    uint32_t priority;
    const char *name; /* at most 64 bytes of UTF-8 */
    struct {
        bool priority;
        bool name;
    } has;
};

struct model_node_set_weak_ok_request {
    bool for_child_nodes_also;
    struct {
        bool for_child_nodes_also;
    } has;
};

struct model_node_get_buffer_collection_id_response {
    uint64_t buffer_collection_id;
    struct {
        bool buffer_collection_id;
    } has;
};

struct model_node_get_node_ref_response {
    zx_handle_t node_ref;
    struct {
        bool node_ref;
    } has;
};

struct model_node_is_alternate_for_response {
    bool is_alternate;
    struct {
        bool is_alternate;
    } has;
};

#endif
