/* A picture of the daemon as tables, for the Debug protocol. */
#ifndef SERVER_SNAPSHOT_H
#define SERVER_SNAPSHOT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
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

/* The number of a kind of node in the Debug protocol. */
enum model_debug_node_kind snapshot_node_kind(enum node_kind kind);

bool snapshot_heaps(const struct server *server, struct arena *arena,
                    struct model_debug_get_heaps_response *ret);

#endif
