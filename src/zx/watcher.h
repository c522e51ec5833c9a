/* A thread of the library's own, for what the kernel tells of itself and no call asks for. */
#ifndef ZX_WATCHER_H
#define ZX_WATCHER_H

#include <poll.h>
#include <pthread.h>

#define WATCHER_ITEMS 2

struct watcher {
    pthread_t thread;
    struct pollfd items[1 + WATCHER_ITEMS]; /* the first is there to stop it */
    void (*heard)(void *arg);
    void *arg;
};

/* Starts a thread that calls `heard` whenever poll(2) says what was asked for of one of the
 * descriptors, which stay the caller's; one that is negative is not listened to, and one that fails
 * or hangs up no further. The thread blocks all signals. 0 or -errno. */
int watcher_start(struct watcher *watcher, const struct pollfd items[WATCHER_ITEMS],
                  void (*heard)(void *arg), void *arg);

/* Returns when the thread has ended; not to be called by `heard`. */
void watcher_stop(struct watcher *watcher);

#endif
