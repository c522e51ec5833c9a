#include "os/close_watch.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

#define FIRST_WAIT_NSEC (1000 * 1000LL)
#define WAIT_SHIFT      2 /* each wait is four times the one before */
#define UNWATCHED_LEVEL 5 /* 1 s: the longest wait of an item without reports */
#define BATCH           256 /* items a call, so that the loop is kept for a few milliseconds at most */
#define NEVER           INT64_MAX
#define AT_ONCE         1

static int64_t now_nsec(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void arm(struct close_watch *watch, int64_t at)
{
    struct itimerspec spec = {0};
    if (at != NEVER) {
        spec.it_value.tv_sec = at / 1000000000;
        spec.it_value.tv_nsec = at % 1000000000;
    }
    (void)timerfd_settime(watch->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
    watch->armed_nsec = at;
}

static int poll_both(struct close_watch *watch)
{
    struct epoll_event event = {.events = EPOLLIN};
    if (epoll_ctl(watch->epoll_fd, EPOLL_CTL_ADD, watch->inotify_fd, &event) < 0 ||
        epoll_ctl(watch->epoll_fd, EPOLL_CTL_ADD, watch->timer_fd, &event) < 0) {
        return -errno;
    }
    return 0;
}

int close_watch_init(struct close_watch *watch, close_watch_look_fn look)
{
    *watch = (struct close_watch){.look = look, .armed_nsec = NEVER};
    list_init(&watch->due);
    for (size_t i = 0; i < CLOSE_WATCH_LEVELS; i++) {
        list_init(&watch->levels[i]);
    }
    watch->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    watch->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    watch->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int r = 0;
    if (watch->inotify_fd < 0 || watch->timer_fd < 0 || watch->epoll_fd < 0) {
        r = -errno;
    } else {
        r = poll_both(watch);
    }
    if (r < 0) {
        close_watch_deinit(watch);
    }
    return r;
}

static void forget_list(struct list *items)
{
    list_for_each_safe (link, next, items) {
        close_watch_item_init(container_of(link, struct close_watch_item, link));
    }
    list_init(items);
}

void close_watch_deinit(struct close_watch *watch)
{
    forget_list(&watch->due);
    for (size_t i = 0; i < CLOSE_WATCH_LEVELS; i++) {
        forget_list(&watch->levels[i]);
    }
    map_deinit(&watch->by_wd);
    fd_close(&watch->epoll_fd);
    fd_close(&watch->inotify_fd);
    fd_close(&watch->timer_fd);
}

void close_watch_item_init(struct close_watch_item *item)
{
    *item = (struct close_watch_item){.wd = -1};
    list_init(&item->link);
}

static void make_due(struct close_watch *watch, struct close_watch_item *item, unsigned level)
{
    list_remove(&item->link);
    list_append(&watch->due, &item->link);
    item->level = level;
}

void close_watch_look_soon(struct close_watch *watch, struct close_watch_item *item)
{
    make_due(watch, item, 0);
}

bool close_watch_is_due(const struct close_watch *watch)
{
    return !list_is_empty(&watch->due);
}

int close_watch_add(struct close_watch *watch, struct close_watch_item *item, int fd)
{
    assert(item->wd < 0);
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int wd = inotify_add_watch(watch->inotify_fd, path, IN_CLOSE);
    if (wd < 0) {
        return -errno;
    }
    if (!map_put(&watch->by_wd, (uint64_t)wd, item)) {
        (void)inotify_rm_watch(watch->inotify_fd, wd);
        return -ENOMEM;
    }
    item->wd = wd;
    return 0;
}

void close_watch_remove(struct close_watch *watch, struct close_watch_item *item, bool file_lives)
{
    list_remove(&item->link);
    if (item->wd >= 0) {
        (void)map_take(&watch->by_wd, (uint64_t)item->wd);
        if (file_lives) {
            (void)inotify_rm_watch(watch->inotify_fd, item->wd);
        }
        item->wd = -1;
    }
}

/* The queue ran over: whose reports were lost is not known. */
static void make_all_due(struct close_watch *watch)
{
    size_t cursor = 0;
    uint64_t wd;
    void *item;
    while (map_next(&watch->by_wd, &cursor, &wd, &item)) {
        make_due(watch, item, 0);
    }
}

static void read_reports(struct close_watch *watch)
{
    _Alignas(struct inotify_event) char bytes[4096];
    ssize_t len = read(watch->inotify_fd, bytes, sizeof(bytes));
    for (ssize_t at = 0; at < len;) {
        struct inotify_event event;
        memcpy(&event, bytes + at, sizeof(event));
        at += (ssize_t)(sizeof(event) + event.len);
        if ((event.mask & IN_Q_OVERFLOW) != 0) {
            make_all_due(watch);
            continue;
        }
        /* Reports about files that are done with (IN_IGNORED among them) find no item. */
        struct close_watch_item *item = map_get(&watch->by_wd, (uint64_t)event.wd);
        if (item != NULL) {
            make_due(watch, item, 0);
        }
    }
}

static struct close_watch_item *first_of(struct list *items)
{
    return container_of(items->next, struct close_watch_item, link);
}

static void end_waits(struct close_watch *watch, int64_t now)
{
    for (unsigned level = 0; level < CLOSE_WATCH_LEVELS; level++) {
        struct list *items = &watch->levels[level];
        while (!list_is_empty(items) && first_of(items)->due_nsec <= now) {
            unsigned next = level + 1 < CLOSE_WATCH_LEVELS ? level + 1 : level;
            make_due(watch, first_of(items), next);
        }
    }
}

static void wait_again(struct close_watch *watch, struct close_watch_item *item, int64_t now)
{
    if (item->wd < 0 && item->level > UNWATCHED_LEVEL) {
        item->level = UNWATCHED_LEVEL;
    }
    item->due_nsec = now + (FIRST_WAIT_NSEC << (WAIT_SHIFT * item->level));
    list_append(&watch->levels[item->level], &item->link);
}

static int64_t next_wait_end(struct close_watch *watch)
{
    if (!list_is_empty(&watch->due)) {
        return AT_ONCE;
    }
    int64_t next = NEVER;
    for (size_t i = 0; i < CLOSE_WATCH_LEVELS; i++) {
        struct list *items = &watch->levels[i];
        if (!list_is_empty(items) && first_of(items)->due_nsec < next) {
            next = first_of(items)->due_nsec;
        }
    }
    return next;
}

void close_watch_process(struct close_watch *watch)
{
    int64_t now = now_nsec();
    read_reports(watch);
    end_waits(watch, now);
    for (size_t i = 0; i < BATCH && !list_is_empty(&watch->due); i++) {
        struct close_watch_item *item = first_of(&watch->due);
        list_remove(&item->link);
        if (watch->look(item)) {
            wait_again(watch, item, now);
        }
    }
    /* A timer that fires in vain is cheaper than setting it anew each time. One that has fired must
     * be set. */
    int64_t next = next_wait_end(watch);
    if (next < watch->armed_nsec || watch->armed_nsec <= now) {
        arm(watch, next);
    }
}
