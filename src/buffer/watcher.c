#include "buffer/watcher.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/fd.h"
#include "buffer/buffer.h"
#include "buffer/set.h"
#include "os/memfile.h"

struct buffer_watcher *buffer_watcher_new(void)
{
    struct buffer_watcher *watcher = calloc(1, sizeof(*watcher));
    if (watcher == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    watcher->companions_fd = -1;
    int r = close_watch_init(&watcher->watch, buffer_look);
    if (r == 0) {
        r = memfile_open_dir(&watcher->dir);
        if (r < 0) {
            close_watch_deinit(&watcher->watch);
        }
    }
    if (r < 0) {
        free(watcher);
        errno = -r;
        return NULL;
    }
    return watcher;
}

int buffer_watcher_fd(const struct buffer_watcher *watcher)
{
    return close_watch_fd(&watcher->watch);
}

/* --- companions --- */

/* The daemon's loop polls one descriptor: this one is within it. */
static int open_companions(struct buffer_watcher *watcher)
{
    FD_CLEANUP int fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    if (fd < 0 || epoll_ctl(close_watch_fd(&watcher->watch), EPOLL_CTL_ADD, fd, &event) < 0) {
        return -errno;
    }
    watcher->companions_fd = fd_take(&fd);
    return 0;
}

int buffer_watcher_await(struct buffer_watcher *watcher, struct buffer *buffer, int near_fd)
{
    assert(buffer->awaited_fd < 0);
    int r = watcher->companions_fd >= 0 ? 0 : open_companions(watcher);
    if (r < 0) {
        return r;
    }
    /* It fires at once if the last copy is gone already, and once only: the look does the rest. */
    struct epoll_event event = {.events = EPOLLONESHOT, .data.ptr = buffer};
    if (epoll_ctl(watcher->companions_fd, EPOLL_CTL_ADD, near_fd, &event) < 0) {
        return -errno;
    }
    buffer->awaited_fd = near_fd;
    watcher->awaited++;
    return 0;
}

void buffer_watcher_await_no_more(struct buffer_watcher *watcher, struct buffer *buffer)
{
    if (buffer->awaited_fd >= 0) {
        /* Not by closing it alone: a forked child may have a copy. */
        (void)epoll_ctl(watcher->companions_fd, EPOLL_CTL_DEL, buffer->awaited_fd, NULL);
        buffer->awaited_fd = -1;
        watcher->awaited--;
    }
}

static void read_companions(struct buffer_watcher *watcher)
{
    struct epoll_event events[64];
    int count = epoll_wait(watcher->companions_fd, events, 64, 0);
    for (int i = 0; i < count; i++) {
        struct buffer *buffer = events[i].data.ptr;
        close_watch_look_soon(&watcher->watch, &buffer->item);
    }
}

void buffer_watcher_process(struct buffer_watcher *watcher)
{
    if (watcher->awaited > 0) {
        read_companions(watcher);
    }
    close_watch_process(&watcher->watch);
}

bool buffer_watcher_is_due(const struct buffer_watcher *watcher)
{
    return close_watch_is_due(&watcher->watch);
}

uint64_t buffer_watcher_leaks(const struct buffer_watcher *watcher)
{
    return watcher->leaks;
}

void buffer_watcher_free(struct buffer_watcher *watcher)
{
    if (watcher != NULL) {
        close_watch_deinit(&watcher->watch);
        file_index_deinit(&watcher->files);
        fd_close(&watcher->dir);
        fd_close(&watcher->companions_fd);
        free(watcher);
    }
}
