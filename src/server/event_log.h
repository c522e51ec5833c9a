/* What happened to collections and their nodes lately, and who may hear of it. */
#ifndef SERVER_EVENT_LOG_H
#define SERVER_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "collection/collection.h"
#include "model/debug.h"

#define EVENT_LOG_SIZE 256

/* Participants of more uids than these hear only what concerns their own nodes. */
#define EVENT_MAX_UIDS 8

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
    uid_t uids[EVENT_MAX_UIDS]; /* who took part when it happened; the collection's owner first */
    size_t uid_count;
};

/* A zeroed one is empty. */
struct event_log {
    struct event ring[EVENT_LOG_SIZE]; /* event n, counted from 1, is at (n - 1) % EVENT_LOG_SIZE */
    uint64_t count;                    /* that were ever added */
};

/* Adds whatever happens to the collections of a table. The log stays where it is. */
struct collection_observer event_log_observer(struct event_log *log);

/* What happened after event `seen` and the viewer may see. Strings are borrowed from the log until
 * the next event, or in the arena. False: no memory. */
bool event_log_tell(const struct event_log *log, const struct snapshot_viewer *viewer,
                    uint64_t seen, struct arena *arena,
                    struct model_debug_wait_for_change_response *ret);

#endif
