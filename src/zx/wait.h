/* Threads that sleep until an object's signals change. */
#ifndef ZX_WAIT_H
#define ZX_WAIT_H

#include <poll.h>

#include "zx/object.h"

/* One object that a thread waits for. Lives on its stack. What it is told is guarded by the
 * object's lock. */
struct waiter {
    struct observer observer;
    struct object *object; /* the caller's reference */
    int wake_fd;           /* an eventfd, of all that the thread waits for: set, look again */
    zx_signals_t seen;     /* 0, or all that was active when a wanted signal was */
    bool is_closed;        /* the handle was closed */
};

/* An eventfd to wake a thread by, or -1. */
int wake_fd_new(void);
void wake_fd_set(int wake_fd);

/* Begins to observe. `waiter` has its object, wake_fd, handle and wanted signals; the rest is 0. */
void waiter_start(struct waiter *waiter);
void waiter_stop(struct waiter *waiter);

/* What is active, or was when a wanted signal was; ZX_SIGNAL_HANDLE_CLOSED: the handle is closed.
 */
zx_signals_t waiter_look(struct waiter *waiter);

/* Sleeps until there may be something new about any of `count` waiters, which share their wake_fd,
 * or the deadline has come. At most ZX_WAIT_MANY_MAX_ITEMS. A status if the system refuses. */
zx_status_t waiters_sleep(struct waiter *waiters, size_t count, int wake_fd, zx_time_t deadline);

/* Whether a deadline has come. */
bool deadline_has_come(zx_time_t deadline);

#endif
