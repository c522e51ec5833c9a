#include "zx/pump.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "zx/thread.h"

#define EVENTS   (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)
#define BATCH    64
#define RETRY_MS 5

struct pump_watch {
    struct list link;
    struct object *object; /* NULL: ended; the thread frees what it may still have in hand */
    int fd;
    void (*event)(struct object *object);
};

static struct {
    pthread_mutex_t lock; /* no other lock is taken under it */
    pthread_cond_t idle;
    bool is_running;
    bool is_late; /* some watch wants to be called again */
    int epoll_fd;
    int wake_fd;
    struct list watches;
    struct list ended;
} pump = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .idle = PTHREAD_COND_INITIALIZER,
    .epoll_fd = -1,
    .wake_fd = -1,
    .watches = {&pump.watches, &pump.watches},
    .ended = {&pump.ended,   &pump.ended  },
};

static _Thread_local bool is_pump;

static void rearm(struct pump_watch *watch)
{
    struct epoll_event event = {.events = EVENTS, .data.ptr = watch};
    (void)epoll_ctl(pump.epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

static void wake(void)
{
    const uint64_t one = 1;
    ssize_t written = write(pump.wake_fd, &one, sizeof(one));
    assert(written == (ssize_t)sizeof(one)); /* the thread reads it long before it is full */
    (void)written;
}

/* Under the lock, with nothing left to listen to. */
static void pump_end(void)
{
    fd_close(&pump.epoll_fd);
    fd_close(&pump.wake_fd);
    pump.is_running = false;
    (void)pthread_cond_broadcast(&pump.idle);
}

/* Between two batches: frees what the last one may have named. False: nothing is left. */
static bool tidy_up(int *ret_timeout)
{
    (void)pthread_mutex_lock(&pump.lock);
    list_for_each_safe (it, next, &pump.ended) {
        list_remove(it);
        free(container_of(it, struct pump_watch, link));
    }
    bool goes_on = !list_is_empty(&pump.watches);
    if (!goes_on) {
        pump_end();
    }
    *ret_timeout = pump.is_late ? RETRY_MS : -1;
    (void)pthread_mutex_unlock(&pump.lock);
    return goes_on;
}

static void rearm_all(void)
{
    (void)pthread_mutex_lock(&pump.lock);
    pump.is_late = false;
    list_for_each (it, &pump.watches) {
        rearm(container_of(it, struct pump_watch, link));
    }
    (void)pthread_mutex_unlock(&pump.lock);
}

static void handle_event(struct pump_watch *watch)
{
    if (watch == NULL) { /* woken */
        uint64_t count;
        (void)!read(pump.wake_fd, &count, sizeof(count));
        return;
    }
    (void)pthread_mutex_lock(&pump.lock);
    struct object *object = watch->object;
    bool is_there = object != NULL && object_try_ref(object);
    (void)pthread_mutex_unlock(&pump.lock);
    if (is_there) {
        watch->event(object);
        object_unref(object);
    }
}

static void *pump_run(void *arg)
{
    (void)arg;
    is_pump = true;
    int timeout;
    while (tidy_up(&timeout)) {
        struct epoll_event events[BATCH];
        int count = epoll_wait(pump.epoll_fd, events, BATCH, timeout);
        for (int i = 0; i < count; i++) {
            handle_event(events[i].data.ptr);
        }
        if (timeout >= 0) {
            rearm_all();
        }
    }
    return NULL;
}

/* Under the lock. */
static bool pump_start(void)
{
    struct epoll_event woken = {.events = EPOLLIN, .data.ptr = NULL};
    pump.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    pump.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pump.is_late = false;
    bool started = pump.epoll_fd >= 0 && pump.wake_fd >= 0 &&
                   epoll_ctl(pump.epoll_fd, EPOLL_CTL_ADD, pump.wake_fd, &woken) == 0 &&
                   thread_start(NULL, pump_run, NULL) == 0;
    if (!started) {
        fd_close(&pump.epoll_fd);
        fd_close(&pump.wake_fd);
    }
    pump.is_running = started;
    return started;
}

struct pump_watch *pump_watch_new(struct object *object, int fd,
                                  void (*event)(struct object *object))
{
    struct pump_watch *watch = malloc(sizeof(*watch));
    if (watch == NULL) {
        return NULL;
    }
    *watch = (struct pump_watch){.object = object, .fd = fd, .event = event};
    list_init(&watch->link);
    struct epoll_event all = {.events = EVENTS, .data.ptr = watch};
    (void)pthread_mutex_lock(&pump.lock);
    bool added = pump.is_running || pump_start();
    /* In the list first: a thread that has just started ends when that is empty. */
    list_append(&pump.watches, &watch->link);
    if (added && epoll_ctl(pump.epoll_fd, EPOLL_CTL_ADD, fd, &all) < 0) {
        added = false;
        wake();
    }
    if (!added) {
        list_remove(&watch->link);
    }
    (void)pthread_mutex_unlock(&pump.lock);
    if (!added) {
        free(watch);
        return NULL;
    }
    return watch;
}

void pump_again(struct pump_watch *watch)
{
    (void)pthread_mutex_lock(&pump.lock);
    rearm(watch);
    (void)pthread_mutex_unlock(&pump.lock);
}

void pump_later(void)
{
    (void)pthread_mutex_lock(&pump.lock);
    if (pump.is_running && !pump.is_late) {
        pump.is_late = true;
        wake();
    }
    (void)pthread_mutex_unlock(&pump.lock);
}

void pump_watch_free(struct pump_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&pump.lock);
    (void)epoll_ctl(pump.epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    watch->object = NULL;
    list_remove(&watch->link);
    list_append(&pump.ended, &watch->link);
    if (list_is_empty(&pump.watches)) {
        wake();
    }
    while (!is_pump && pump.is_running && list_is_empty(&pump.watches)) {
        (void)pthread_cond_wait(&pump.idle, &pump.lock);
    }
    (void)pthread_mutex_unlock(&pump.lock);
}
