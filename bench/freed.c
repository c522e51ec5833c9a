#include "freed.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#define WAIT_MS 10000

int freed_init(struct freed *freed)
{
    *freed = (struct freed){.early = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), .last = -1};
    if (freed->early >= 0) {
        freed->last = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    }
    return freed->last < 0 ? -errno : 0;
}

int freed_watch(struct freed *freed, int fd, bool is_last)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (inotify_add_watch(is_last ? freed->last : freed->early, path, IN_DELETE_SELF) < 0) {
        return -errno;
    }
    (*(is_last ? &freed->last_count : &freed->early_count))++;
    return 0;
}

static void count_events(size_t *count, const char *bytes, size_t size)
{
    const char *end = bytes + size;
    while (bytes < end) {
        const struct inotify_event *event = (const void *)bytes;
        if ((event->mask & IN_DELETE_SELF) != 0) {
            (*count)--;
        }
        bytes += sizeof(*event) + event->len;
    }
}

/* Waits until *count files of one queue are gone. */
static int drain(int queue, size_t *count)
{
    _Alignas(struct inotify_event) char events[16384];
    while (*count > 0) {
        int ready = poll(&(struct pollfd){.fd = queue, .events = POLLIN}, 1, WAIT_MS);
        if (ready == 0) {
            return -ETIMEDOUT;
        }
        ssize_t size = read(queue, events, sizeof(events));
        if (size > 0) {
            count_events(count, events, (size_t)size);
        } else if (size < 0 && errno != EAGAIN && errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

int freed_wait(struct freed *freed)
{
    int result = drain(freed->last, &freed->last_count);
    return result < 0 ? result : drain(freed->early, &freed->early_count);
}

void freed_deinit(struct freed *freed)
{
    if (freed->early >= 0) {
        (void)close(freed->early);
        freed->early = -1;
    }
    if (freed->last >= 0) {
        (void)close(freed->last);
        freed->last = -1;
    }
}
