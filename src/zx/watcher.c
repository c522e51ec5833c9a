#include "zx/watcher.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "zx/thread.h"

static void *run(void *arg)
{
    struct watcher *watcher = arg;
    struct pollfd *items = watcher->items;
    while (items[0].revents == 0) {
        if (poll(items, 1 + WATCHER_ITEMS, -1) < 0) {
            continue; /* out of memory for a moment: there are no signals here */
        }
        bool is_heard = false;
        for (size_t i = 1; i <= WATCHER_ITEMS; i++) {
            if ((items[i].revents & ~items[i].events) != 0) {
                items[i].fd = -1; /* it would say so for ever */
            } else {
                is_heard |= items[i].revents != 0;
            }
        }
        if (is_heard) {
            watcher->heard(watcher->arg);
        }
    }
    return NULL;
}

int watcher_start(struct watcher *watcher, const struct pollfd items[WATCHER_ITEMS],
                  void (*heard)(void *arg), void *arg)
{
    FD_CLEANUP int stop_fd = eventfd(0, EFD_CLOEXEC);
    if (stop_fd < 0) {
        return -errno;
    }
    *watcher = (struct watcher){
        .items = {{.fd = stop_fd, .events = POLLIN}},
        .heard = heard,
        .arg = arg,
    };
    memcpy(&watcher->items[1], items, WATCHER_ITEMS * sizeof(items[0]));
    int error = thread_start(&watcher->thread, run, watcher);
    if (error == 0) {
        (void)fd_take(&stop_fd);
    }
    return error;
}

void watcher_stop(struct watcher *watcher)
{
    const uint64_t one = 1;
    ssize_t written = write(watcher->items[0].fd, &one, sizeof(one));
    assert(written == (ssize_t)sizeof(one));
    (void)written;
    (void)pthread_join(watcher->thread, NULL);
    fd_close(&watcher->items[0].fd);
}
