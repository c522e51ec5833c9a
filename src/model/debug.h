/* The Debug protocol, the project's own: what `sysmemctl list`, `tree`, `graph`, `inspect`,
 * `heaps` and `watch` show. An Allocator opens it. */
#ifndef MODEL_DEBUG_H
#define MODEL_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/types.h>
#include <zircon/types.h>

#include "model/debug_allocation.h"
#include "model/debug_environment.h"
#include "model/debug_failure.h"
#include "model/debug_heap.h"

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

/* DebugNode.flags */
#define MODEL_DEBUG_NODE_FLAG_WEAK                 (1u << 0)
#define MODEL_DEBUG_NODE_FLAG_WEAK_OK              (1u << 1)
#define MODEL_DEBUG_NODE_FLAG_WEAK_OK_FOR_CHILDREN (1u << 2)
#define MODEL_DEBUG_NODE_FLAG_DISPENSABLE          (1u << 3)
#define MODEL_DEBUG_NODE_FLAG_ATTACHED             (1u << 4)
#define MODEL_DEBUG_NODE_FLAG_ALLOCATED            (1u << 5) /* logically: it has the buffers */
#define MODEL_DEBUG_NODE_FLAG_HIDDEN               (1u << 6) /* another child of its group was selected */
#define MODEL_DEBUG_NODE_FLAG_ALL_CHILDREN_PRESENT (1u << 7) /* of a group */

/* DebugEvent.what: first of collections, then of nodes. */
enum model_debug_event_kind {
    MODEL_DEBUG_EVENT_KIND_COLLECTION_CREATED,
    MODEL_DEBUG_EVENT_KIND_COLLECTION_POPULATING,
    MODEL_DEBUG_EVENT_KIND_COLLECTION_ALLOCATED,
    MODEL_DEBUG_EVENT_KIND_COLLECTION_FAILED, /* before it had buffers */
    MODEL_DEBUG_EVENT_KIND_COLLECTION_ENDED,  /* afterwards: its nodes are gone */
    MODEL_DEBUG_EVENT_KIND_COLLECTION_GONE,   /* and all memory is given back */
    MODEL_DEBUG_EVENT_KIND_NODE_ADDED,
    MODEL_DEBUG_EVENT_KIND_NODE_BOUND, /* a token became a collection */
    MODEL_DEBUG_EVENT_KIND_NODE_SET_CONSTRAINTS,
    MODEL_DEBUG_EVENT_KIND_NODE_ALL_CHILDREN_PRESENT,
    MODEL_DEBUG_EVENT_KIND_NODE_RELEASED,
    MODEL_DEBUG_EVENT_KIND_NODE_ORPHANED,     /* released and closed */
    MODEL_DEBUG_EVENT_KIND_NODE_JOINED,       /* attached, and has the buffers now */
    MODEL_DEBUG_EVENT_KIND_NODE_NOT_SELECTED, /* another child of its group was */
    MODEL_DEBUG_EVENT_KIND_NODE_FAILED,   /* and took along what DOMAIN_FAILED, or the collection's
                                             end, tells */
    MODEL_DEBUG_EVENT_KIND_DOMAIN_FAILED, /* the node at the top of what failed */
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
 * list; unset for the root. `rights` is what attenuation left (ZX_RIGHT_*). `was` is what an orphan
 * was before, and else the kind. since_ms: how long it has been of its kind. constraints_left_out:
 * true where the node has constraints for which the answer had no room; unset elsewhere. */
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
    uint32_t flags; /* MODEL_DEBUG_NODE_FLAG_* */
    uint32_t was;   /* enum model_debug_node_kind */
    uint64_t since_ms;
    bool constraints_left_out;
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
        bool flags;
        bool was;
        bool since_ms;
        bool constraints_left_out;
    } has;
};

/* waiting_for: who blocks the allocation, in words; waiting_ms: for how long. size_bytes: of each
 * buffer; vmo_bytes: the same in whole pages. allocated_ms: how long ago the buffers were there.
 * error: why there are none. participants: only Debug.GetAllocation tells. reasons: why a part of
 * it failed last; only Debug.GetFailures tells. */
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
    const struct model_debug_buffer *buffers; /* at most 128 */
    size_t buffers_count;
    uint32_t owner_uid; /* who is charged */
    uint32_t error;     /* enum sysmem_error */
    uint64_t allocated_ms;
    uint64_t waiting_ms;
    uint32_t name_priority;
    bool verbose;
    const struct model_debug_participant *participants; /* at most 256 */
    size_t participants_count;
    uint64_t vmo_bytes;
    const struct model_debug_reason *reasons; /* at most 256 */
    size_t reasons_count;
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
        bool buffers;
        bool owner_uid;
        bool error;
        bool allocated_ms;
        bool waiting_ms;
        bool name_priority;
        bool verbose;
        bool participants;
        bool vmo_bytes;
        bool reasons;
    } has;
};

/* The collections from position `first` on (0 when unset), as many as one message holds; `more`:
 * ask again, from behind these. A collection so large that it fills a message by itself leaves out
 * constraints. `failed`: instead of these, the collection of this id as it was when an allocation
 * failed last, if that is remembered; names may be cut then. */
struct model_debug_get_collections_request {
    uint32_t first;
    uint64_t failed;
    struct {
        bool first;
        bool failed;
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

/* Something happened. time_ns: nanoseconds of CLOCK_REALTIME. What is said of a node is unset where
 * the collection as a whole is meant. */
struct model_debug_event {
    uint64_t time_ns;
    uint32_t what; /* enum model_debug_event_kind */
    uint64_t collection_id;
    const char *collection_name; /* at most 64 bytes of UTF-8 */
    uint64_t node;               /* koid */
    uint32_t node_kind;
    const char *client_name; /* at most 256 bytes of UTF-8 */
    uint32_t pid;
    uint32_t uid;
    struct {
        bool time_ns;
        bool what;
        bool collection_id;
        bool collection_name;
        bool node;
        bool node_kind;
        bool client_name;
        bool pid;
        bool uid;
    } has;
};

/* Debug.WaitForChange: the first call on a channel is answered at once, and says from when on
 * nothing is left out. Later ones are answered as soon as something happens, with all that the
 * viewer may see of what happened since the former answer, oldest first. missed: how much of that
 * the daemon does not remember any more; what the viewer may not see does not count. One call at a
 * time may be pending. */
struct model_debug_wait_for_change_response {
    const struct model_debug_event *events; /* at most 256 */
    size_t events_count;
    uint64_t missed;
    struct {
        bool events;
        bool missed;
    } has;
};

#endif
