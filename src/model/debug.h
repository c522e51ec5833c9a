/* The Debug protocol, the project's own: what `sysmemctl list`, `tree` and `heaps` show. An
 * Allocator opens it. */
#ifndef MODEL_DEBUG_H
#define MODEL_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/types.h>
#include <zircon/types.h>

/* DebugCollection.state */
enum model_debug_state {
    MODEL_DEBUG_STATE_CREATED,    /* the tree is there, nobody has set constraints */
    MODEL_DEBUG_STATE_POPULATING, /* waits for participants, or for the heap */
    MODEL_DEBUG_STATE_ALLOCATED,
    MODEL_DEBUG_STATE_FAILED,
};

/* DebugNode.kind */
enum model_debug_node_kind {
    MODEL_DEBUG_NODE_KIND_TOKEN,
    MODEL_DEBUG_NODE_KIND_COLLECTION,
    MODEL_DEBUG_NODE_KIND_GROUP,
    MODEL_DEBUG_NODE_KIND_ORPHAN, /* gone, and its children live on */
};

/* Allocator.OpenDebug (ordinal 1000, one-way): `server_end` speaks the Debug protocol from then on.
 */
struct model_allocator_open_debug_request {
    zx_handle_t server_end;
    struct {
        bool server_end;
    } has;
};

/* One node of a collection's tree, in depth-first order. parent_index counts from 0 in the same
 * list; unset for the root. `rights` is what attenuation left (ZX_RIGHT_*). */
struct model_debug_node {
    uint64_t koid;
    uint32_t parent_index;
    uint32_t kind;
    const char *client_name; /* at most 256 bytes of UTF-8 */
    uint64_t client_id;
    uint32_t pid;
    uint32_t uid;
    bool released;
    bool has_constraints;
    bool ready;
    uint32_t pending_waits;
    uint32_t rights; /* ZX_RIGHT_* */
    struct sysmem_buffer_collection_constraints constraints;
    struct {
        bool koid;
        bool parent_index;
        bool kind;
        bool client_name;
        bool client_id;
        bool pid;
        bool uid;
        bool released;
        bool has_constraints;
        bool ready;
        bool pending_waits;
        bool rights;
        bool constraints;
    } has;
};

/* waiting_for: who blocks the allocation, in words. size_bytes: of each buffer. */
struct model_debug_collection {
    uint64_t id;
    const char *name; /* at most 64 bytes of UTF-8 */
    uint32_t state;
    uint64_t age_ms;
    const char *waiting_for; /* at most 4096 bytes of UTF-8 */
    uint32_t buffer_count;
    uint32_t buffers_remaining;
    uint64_t size_bytes;
    struct sysmem_single_buffer_settings settings;
    const struct model_debug_node *nodes; /* at most 4096 */
    size_t nodes_count;
    struct {
        bool id;
        bool name;
        bool state;
        bool age_ms;
        bool waiting_for;
        bool buffer_count;
        bool buffers_remaining;
        bool size_bytes;
        bool settings;
        bool nodes;
    } has;
};

/* absent_reason: why the heap is not ready, in words; unset when it is. */
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
    } has;
};

/* The collections from position `first` on (0 when unset), as many as one message holds; `more`:
 * ask again, from behind these. A collection so large that it fills a message by itself leaves out
 * constraints. */
struct model_debug_get_collections_request {
    uint32_t first;
    struct {
        bool first;
    } has;
};

struct model_debug_get_collections_response {
    const struct model_debug_collection *collections; /* at most 65536 */
    size_t collections_count;
    bool more;
    struct {
        bool collections;
        bool more;
    } has;
};

struct model_debug_get_heaps_response {
    const struct model_debug_heap *heaps; /* at most 1024 */
    size_t heaps_count;
    struct {
        bool heaps;
    } has;
};

#endif
