/* A thread of the library's own, for what the kernel tells of itself and no call asks for. */
#ifndef ZX_WATCHER_H
#define ZX_WATCHER_H

#include <pthread.h>

struct watcher {
    pthread_t thread;
    int fd;
    int stop_fd;
    short events;
    void (*heard)(void *arg);
    void *arg;
};

/* Starts a thread that calls `heard` whenever poll(2) says one of `events` of the descriptor, which
 * stays the caller's. It blocks all signals. A descriptor that has hung up is listened to no
 * further. 0 or -errno. */
int watcher_start(struct watcher *watcher, int fd, short events, void (*heard)(void *arg),
                  void *arg);

/* Returns when the thread has ended; not to be called by `heard`. */
void watcher_stop(struct watcher *watcher);

#endif
