/* A picture of the daemon as tables, for the Debug protocol. */
#ifndef SERVER_SNAPSHOT_H
#define SERVER_SNAPSHOT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "collection/collection.h"
#include "model/debug.h"
#include "server/binding.h"

/* Who looks. */
struct snapshot_viewer {
    const struct server *server;
    uid_t uid;
    uint64_t now_ns; /* monotonic clock */
    bool sees_all;
    bool sees_names; /* of other uids' clients */
    size_t name_max; /* bytes of a name that there is room for */
};

void snapshot_viewer_init(struct snapshot_viewer *viewer, const struct binding *binding);

/* The collections that the viewer may see, in the order of their creation, from position `first`
 * on, as many as fit one reply. Everything is in the arena, or borrowed from the daemon until the
 * next request. False: no memory. */
bool snapshot_collections(struct snapshot_viewer *viewer, uint32_t first, struct arena *arena,
                          struct model_debug_get_collections_response *ret);

/* Who got the buffers of a collection, and who holds handles of each: from buffer `first` on, as
 * many as one reply can hold and the kernel can count while the loop waits for it. Everything is in
 * the arena. An empty answer where the viewer may see no such collection. False: no memory. */
bool snapshot_allocation(const struct snapshot_viewer *viewer, uint64_t collection_id,
                         uint32_t first, struct arena *arena,
                         struct model_debug_get_allocation_response *ret);

/* The last failures that the viewer may see and asks for, as many as one reply can hold. Everything
 * is in the arena, or borrowed from the daemon until the next request. False: no memory. */
bool snapshot_failures(const struct snapshot_viewer *viewer,
                       const struct model_debug_get_failures_request *request, struct arena *arena,
                       struct model_debug_get_failures_response *ret);

bool snapshot_sees_failure(const struct snapshot_viewer *viewer, const struct failure *failure);

/* The collection of this id as it was when an allocation failed last, where the viewer may see it
 * and it is remembered; else none. Everything is in the arena, or borrowed from the daemon until
 * the next request. False: no memory. */
bool snapshot_failed(const struct snapshot_viewer *viewer, uint64_t collection_id,
                     struct arena *arena, struct model_debug_get_collections_response *ret);

/* What is said of a client, if the viewer may see it; "uid N" of somebody else's. In the arena, or
 * `name` itself. NULL: no memory. */
const char *snapshot_client_name(const struct snapshot_viewer *viewer, uid_t uid, const char *name,
                                 struct arena *arena);

bool snapshot_is_visible(const struct snapshot_viewer *viewer, const struct collection *collection);

enum model_debug_buffer_state snapshot_buffer_state(const struct buffer_set *buffers,
                                                    uint32_t index);

/* What one reply may hold. */
#define SNAPSHOT_MAX_BYTES ((size_t)768 << 10)

/* The number of a kind of node in the Debug protocol. */
enum model_debug_node_kind snapshot_node_kind(enum node_kind kind);

bool snapshot_heaps(struct server *server, struct arena *arena,
                    struct model_debug_get_heaps_response *ret);

/* What the solver knows besides participants and heaps: the format costs from position `first` on,
 * as many as fit one reply. Borrowed from the daemon. */
void snapshot_environment(const struct server *server, uint32_t first,
                          struct model_debug_get_environment_response *ret);

#endif
