/* What happened to collections and their nodes lately, and who may hear of it. */
#ifndef SERVER_EVENT_LOG_H
#define SERVER_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/map.h"
#include "collection/collection.h"
#include "model/debug.h"

#define EVENT_LOG_SIZE 256

struct snapshot_viewer;

struct event {
    uint64_t time_ns; /* CLOCK_REALTIME */
    enum model_debug_event_kind what;
    uint64_t collection_id;
    char collection_name[65];
    bool has_node; /* the rest is about one */
    uint64_t node; /* koid */
    enum model_debug_node_kind node_kind;
    char client_name[128];
    pid_t pid;
    uid_t uid;
};

/* What one uid may hear of, while somebody of it follows: what happened to collections that it
 * owned or took part in at that time. */
struct audience {
    uid_t uid;
    uint32_t followers;
    uint64_t count;                /* of events that it may hear of */
    bool may_hear[EVENT_LOG_SIZE]; /* of each in the ring */
};

/* A zeroed one is empty. */
struct event_log {
    struct event ring[EVENT_LOG_SIZE]; /* event n, counted from 0, is at n % EVENT_LOG_SIZE */
    uint64_t count;                    /* that were ever added */
    struct map audiences;              /* uid -> struct audience */
};

/* Somebody who hears what happens. A zeroed one does not yet. */
struct follower {
    bool is_following;
    struct audience *audience; /* NULL: hears of everything */
    uint64_t seen;             /* events before this one have been told */
    uint64_t counted;          /* events that it may hear of, when it was last told */
};

/* Adds whatever happens to the collections of a table. The log stays where it is. */
struct collection_observer event_log_observer(struct event_log *log);

/* From now on the follower hears what its viewer may see. False: no memory. */
bool event_log_follow(struct event_log *log, struct follower *follower,
                      const struct snapshot_viewer *viewer);

/* Ends that, if it was so. */
void event_log_unfollow(struct event_log *log, struct follower *follower);

/* What happened since the follower was last told, as far as its viewer may see it, and how much of
 * that is forgotten. Strings are borrowed from the log until the next event, or in the arena.
 * False: no memory; nothing counts as told. */
bool event_log_tell(const struct event_log *log, struct follower *follower,
                    const struct snapshot_viewer *viewer, struct arena *arena,
                    struct model_debug_wait_for_change_response *ret);

/* After all followers. */
void event_log_deinit(struct event_log *log);

#endif
