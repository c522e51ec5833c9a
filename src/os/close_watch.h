/* When to look at a memory file again, because somebody may have let it go: after the kernel has
 * reported that one of its descriptions went away (inotify), and again some time after that.
 *
 * The second look is needed because the kernel reports a close before it has dropped the
 * description's locks and counts: a look that comes right upon the report may find the file still
 * held, and no other report would follow. So an item whose look found a holder is looked at again
 * after 1 ms, then 4 ms, 16 ms and so on: however long the closing process was kept from finishing,
 * the truth is seen after a few times that, and a file that is simply held for days costs a few
 * dozen looks. Reports coalesce and can get lost (the queue is bounded): they are wake-ups, not
 * counts.
 *
 * One thread uses a watch and its items. */
#ifndef OS_CLOSE_WATCH_H
#define OS_CLOSE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"

/* Embedded in whatever has the file. */
struct close_watch_item {
    struct list link; /* among those that are due, or in a level */
    int wd;           /* the kernel's watch; -1: none */
    unsigned level;   /* how long the next wait is */
    int64_t due_nsec; /* when it ends; CLOCK_MONOTONIC */
};

/* Looks at an item. True: it is still held; look again later. False: done with, and perhaps freed
 * already. */
typedef bool (*close_watch_look_fn)(struct close_watch_item *item);

#define CLOSE_WATCH_LEVELS 16 /* the last one waits for 12 days */

struct close_watch {
    close_watch_look_fn look;
    int epoll_fd; /* of the two below */
    int inotify_fd;
    int timer_fd;
    int64_t armed_nsec; /* when the timer fires; INT64_MAX: not at all */
    struct map by_wd;
    struct list due;
    struct list
        levels[CLOSE_WATCH_LEVELS]; /* each in the order of due_nsec: equal waits keep it sorted */
};

/* 0 or -errno (-EMFILE: also when the user's inotify instances are used up). */
int close_watch_init(struct close_watch *watch, close_watch_look_fn look);

/* Forgets all items; the files stay as they are. */
void close_watch_deinit(struct close_watch *watch);

/* Poll it for reading, and call close_watch_process() then. */
static inline int close_watch_fd(const struct close_watch *watch)
{
    return watch->epoll_fd;
}

/* Reads the kernel's reports and looks at the items that are due, at most a few hundred a call. */
void close_watch_process(struct close_watch *watch);

/* Whether items wait for close_watch_process() that the descriptor does not tell of. */
bool close_watch_is_due(const struct close_watch *watch);

/* An item that is in no watch. */
void close_watch_item_init(struct close_watch_item *item);

/* Has the item looked at by the next close_watch_process(). No timer is set for that: whoever
 * sleeps on close_watch_fd() asks close_watch_is_due() before. */
void close_watch_look_soon(struct close_watch *watch, struct close_watch_item *item);

/* Lets the kernel report closes of the file, from its look function or any other time. What went
 * away before is not reported: look after this. 0 or -errno (-ENOSPC: fs.inotify.max_user_watches);
 * without reports a held item is looked at every second or so. */
int close_watch_add(struct close_watch *watch, struct close_watch_item *item, int fd);

/* Forgets an item (harmless when it was never in). The kernel's watch goes away with the file:
 * `file_lives` says that somebody keeps it, so that the watch must be taken off. */
void close_watch_remove(struct close_watch *watch, struct close_watch_item *item, bool file_lives);

#endif
