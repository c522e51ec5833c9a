/* The daemon's one loop and what hangs on it. docs/server.md tells how the pieces work together.
 * Everything in this module runs on the loop's thread, but for the work of executor jobs. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <uv.h>

#include "base/account.h"
#include "base/alarm.h"
#include "base/executor.h"
#include "base/list.h"
#include "base/map.h"
#include "buffer/buffer.h"
#include "collection/collection.h"
#include "config/config.h"
#include "heap/registry.h"
#include "server/event_log.h"
#include "server/uid_work.h"

struct server {
    uv_loop_t loop;
    struct config *config; /* borrowed */
    struct accounts accounts;
    struct heap_registry heaps;
    struct secure_memory *secure_memory; /* secure_memory.h */
    struct buffer_watcher *watcher;
    struct collection_table collections;
    struct map tokens;      /* koid of the server end -> struct binding of a token */
    struct list bindings;   /* all that are open */
    struct list chores;     /* those that have a chore: chore.h */
    struct list endings;    /* those that end */
    struct list links;      /* link.h */
    struct list link_heaps; /* link_heap.h */
    struct list receivers;  /* receiver.h */
    struct list unread;     /* those whose peer may not have received all descriptors: unread.h */
    struct list kept;       /* ends of closed ones, for the same reason */
    struct list watching;   /* those with a WaitForChange pending: watch.h */
    struct event_log events;
    struct solver_environment environment;
    struct executor executor;
    struct uid_work uid_work; /* uid_work.h */

    pid_t pid;     /* this process's */
    int helper_fd; /* of the process that makes helpers: helper.h; -1 after the end */
    int listen_fd;
    int spare_fd; /* closed to accept a connection when descriptors have run out */
    bool unlink_socket;
    char socket_path[108]; /* as long as a socket's path can be */
    uv_poll_t listener;
    uv_timer_t listen_again; /* runs while there is no descriptor to accept with */
    uv_poll_t watcher_poll;
    struct alarms alarms;
    uv_timer_t alarm_timer; /* rings them */
    uv_check_t sweeper;
    uv_idle_t busy; /* runs while there are chores */
    bool turn_is_over;
    uint64_t turn_end_ns;   /* chore_turn_is_over(); 0: no channel was served in this turn yet */
    uv_timer_t look_unread; /* runs while ends are kept: unread.h */
    uv_timer_t starved;     /* runs while replies wait for the kernel to take descriptors */
    uv_signal_t sigterm;
    uv_signal_t sigint;
    bool stopping;
};

/* Prepares everything and listens on listen_fd, which it then owns (also on failure, when it is
 * closed and an own socket's file removed). server->helper_fd is set before. 0, or -errno with the
 * reason in the log; what else was prepared then goes with the process. */
int server_init(struct server *server, struct config *config, int listen_fd);

/* Serves until SIGTERM or SIGINT. */
void server_run(struct server *server);

/* Closes everything. Buffers live on with whoever holds them. */
void server_deinit(struct server *server);

#endif
