#include "freed.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#define WAIT_MS 10000

int freed_init(struct freed *freed)
{
    *freed = (struct freed){.inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    return freed->inotify_fd < 0 ? -errno : 0;
}

int freed_watch(struct freed *freed, int fd)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (inotify_add_watch(freed->inotify_fd, path, IN_DELETE_SELF) < 0) {
        return -errno;
    }
    freed->watched++;
    return 0;
}

static void count_events(struct freed *freed, const char *bytes, size_t size)
{
    const char *end = bytes + size;
    while (bytes < end) {
        const struct inotify_event *event = (const void *)bytes;
        if ((event->mask & IN_DELETE_SELF) != 0) {
            freed->watched--;
        }
        bytes += sizeof(*event) + event->len;
    }
}

int freed_wait(struct freed *freed)
{
    _Alignas(struct inotify_event) char events[16384];
    while (freed->watched > 0) {
        ssize_t size = read(freed->inotify_fd, events, sizeof(events));
        if (size > 0) {
            count_events(freed, events, (size_t)size);
            continue;
        }
        if (size < 0 && errno != EAGAIN && errno != EINTR) {
            return -errno;
        }
        int ready = poll(&(struct pollfd){.fd = freed->inotify_fd, .events = POLLIN}, 1, WAIT_MS);
        if (ready == 0) {
            return -ETIMEDOUT;
        }
    }
    return 0;
}

void freed_deinit(struct freed *freed)
{
    if (freed->inotify_fd >= 0) {
        (void)close(freed->inotify_fd);
        freed->inotify_fd = -1;
    }
}
