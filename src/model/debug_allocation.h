/* The part of the Debug protocol that tells of buffers: who got them, and who holds each. The rest
 * is in model/debug.h. */
#ifndef MODEL_DEBUG_ALLOCATION_H
#define MODEL_DEBUG_ALLOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* DebugBuffer.state */
enum model_debug_buffer_state {
    MODEL_DEBUG_BUFFER_STATE_HELD,        /* by the collection, or by strong handles */
    MODEL_DEBUG_BUFFER_STATE_STRONG_GONE, /* weak handles are to be closed */
    MODEL_DEBUG_BUFFER_STATE_FREED,       /* its memory is given back */
};

/* Who got the buffers, as it was then. node: koid. left: its node is no longer in the tree; handles
 * that were made for it may be held still. The counts are those of its constraints. */
struct model_debug_participant {
    uint64_t node;
    const char *client_name; /* at most 256 bytes of UTF-8 */
    uint64_t client_id;
    uint32_t pid;
    uint32_t uid;
    bool left;
    uint32_t min_buffer_count_for_camping;
    uint32_t min_buffer_count_for_dedicated_slack;
    uint32_t min_buffer_count_for_shared_slack;
    uint32_t min_buffer_count;
    struct {
        bool node;
        bool client_name;
        bool client_id;
        bool pid;
        bool uid;
        bool left;
        bool min_buffer_count_for_camping;
        bool min_buffer_count_for_dedicated_slack;
        bool min_buffer_count_for_shared_slack;
        bool min_buffer_count;
    } has;
};

/* node: of the participant that the handles were made for; unset when the daemon does not know it,
 * or no longer. */
struct model_debug_holder {
    uint64_t node;
    uint32_t handles;
    struct {
        bool node;
        bool handles;
    } has;
};

/* Handles of one kind that somebody holds, as the kernel knows. more: counting ended early. */
struct model_debug_handles {
    uint32_t count;
    bool more;
    const struct model_debug_holder *holders; /* at most 256 */
    size_t holders_count;
    struct {
        bool count;
        bool more;
        bool holders;
    } has;
};

/* koid: of the strong VMO. strong and weak: only Debug.GetAllocation tells. */
struct model_debug_buffer {
    uint64_t koid;
    uint32_t state; /* enum model_debug_buffer_state */
    struct model_debug_handles strong;
    struct model_debug_handles weak;
    struct {
        bool koid;
        bool state;
        bool strong;
        bool weak;
    } has;
};

/* Debug.GetAllocation: who got the buffers of a collection, and who holds handles of each now, from
 * buffer `first` on (0 when unset), as many as can be counted in the time for one answer; `more`:
 * ask again, from behind these. The participants come with buffer 0. Without fields where there is
 * no such collection that the viewer may see, or it has no buffers. */
struct model_debug_get_allocation_request {
    uint64_t collection_id;
    uint32_t first;
    struct {
        bool collection_id;
        bool first;
    } has;
};

struct model_debug_get_allocation_response {
    const struct model_debug_participant *participants; /* at most 256 */
    size_t participants_count;
    const struct model_debug_buffer *buffers; /* at most 128 */
    size_t buffers_count;
    bool more;
    struct {
        bool participants;
        bool buffers;
        bool more;
    } has;
};

#endif
