#include "zx/watcher.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"

static void *run(void *arg)
{
    struct watcher *watcher = arg;
    struct pollfd items[2] = {
        {.fd = watcher->stop_fd, .events = POLLIN         },
        {.fd = watcher->fd,      .events = watcher->events},
    };
    while (items[0].revents == 0) {
        if (poll(items, 2, -1) < 0) {
            continue; /* out of memory for a moment: there are no signals here */
        }
        if ((items[1].revents & watcher->events) != 0) {
            watcher->heard(watcher->arg);
        } else if (items[1].revents != 0) {
            items[1].fd = -1;
        }
    }
    return NULL;
}

static int start_thread(struct watcher *watcher)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&watcher->thread, NULL, run, watcher);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -error;
}

int watcher_start(struct watcher *watcher, int fd, short events, void (*heard)(void *arg),
                  void *arg)
{
    FD_CLEANUP int stop_fd = eventfd(0, EFD_CLOEXEC);
    if (stop_fd < 0) {
        return -errno;
    }
    *watcher = (struct watcher){
        .fd = fd, .stop_fd = stop_fd, .events = events, .heard = heard, .arg = arg};
    int error = start_thread(watcher);
    if (error == 0) {
        (void)fd_take(&stop_fd);
    }
    return error;
}

void watcher_stop(struct watcher *watcher)
{
    const uint64_t one = 1;
    ssize_t written = write(watcher->stop_fd, &one, sizeof(one));
    assert(written == (ssize_t)sizeof(one));
    (void)written;
    (void)pthread_join(watcher->thread, NULL);
    fd_close(&watcher->stop_fd);
}
