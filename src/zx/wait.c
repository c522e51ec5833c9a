/* Waiting: for signals that the library keeps, through an eventfd; for those that the kernel keeps,
 * by polling the objects' descriptors at the same time. */
#include "zx/wait.h"

#include <assert.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <zircon/syscalls.h>

#include "base/fd.h"
#include "zx/handle.h"
#include "zx/status.h"

int wake_fd_new(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void wake_fd_set(int wake_fd)
{
    const uint64_t one = 1;
    ssize_t written = write(wake_fd, &one, sizeof(one));
    assert(written == (ssize_t)sizeof(one)); /* far from the eventfd's limit */
    (void)written;
}

static void waiter_notify(struct observer *observer, enum observer_event event, zx_signals_t active)
{
    struct waiter *waiter = container_of(observer, struct waiter, observer);
    switch (event) {
    case OBSERVER_ACTIVE: /* may be taken back before the thread runs: it has been seen */
        if (waiter->seen != 0) {
            return;
        }
        waiter->seen = active;
        break;
    case OBSERVER_CLOSED:
        waiter->is_closed = true;
        break;
    case OBSERVER_STIR:
        break;
    }
    wake_fd_set(waiter->wake_fd);
}

void waiter_start(struct waiter *waiter)
{
    waiter->observer.notify = waiter_notify;
    object_add_observer(waiter->object, &waiter->observer);

    /* Closing takes the handle out first and then looks for observers. If it is still there now,
     * whoever closes it finds this one. */
    struct handle_use again;
    if (handle_get(waiter->observer.handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_NONE, &again) == ZX_OK) {
        object_unref(again.object);
    } else {
        object_cancel_observers(waiter->object, waiter->observer.handle);
    }
}

void waiter_stop(struct waiter *waiter)
{
    object_remove_observer(waiter->object, &waiter->observer);
}

zx_signals_t waiter_look(struct waiter *waiter)
{
    zx_signals_t active = object_signals(waiter->object);
    (void)pthread_mutex_lock(&waiter->object->lock);
    active |= waiter->seen | (waiter->is_closed ? ZX_SIGNAL_HANDLE_CLOSED : 0);
    (void)pthread_mutex_unlock(&waiter->object->lock);
    return active;
}

bool deadline_has_come(zx_time_t deadline)
{
    return deadline <= 0 || deadline <= zx_clock_get_monotonic();
}

static struct timespec time_left(zx_time_t deadline)
{
    zx_time_t left = deadline <= 0 ? 0 : deadline - zx_clock_get_monotonic();
    left = left < 0 ? 0 : left;
    return (struct timespec){.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
}

zx_status_t waiters_sleep(struct waiter *waiters, size_t count, int wake_fd, zx_time_t deadline)
{
    struct pollfd items[1 + ZX_WAIT_MANY_MAX_ITEMS];
    items[0] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
    for (size_t i = 0; i < count; i++) {
        struct object *object = waiters[i].object;
        items[i + 1] = (struct pollfd){.fd = -1};
        if (object->kind->poll_fd != NULL) {
            items[i + 1].fd = object->kind->poll_fd(object, &items[i + 1].events);
        }
    }
    struct timespec left = time_left(deadline);
    int ready = ppoll(items, count + 1, deadline == ZX_TIME_INFINITE ? NULL : &left, NULL);
    if (ready < 0 && errno != EINTR) {
        return status_from_errno(errno);
    }
    if (ready > 0 && (items[0].revents & POLLIN) != 0) {
        uint64_t times;
        (void)!read(wake_fd, &times, sizeof(times)); /* what it stands for is looked at next */
    }
    return ZX_OK;
}

/* One look at everything: ZX_ERR_SHOULD_WAIT if there is nothing to report yet. */
static zx_status_t wait_check(struct waiter *waiters, size_t count, zx_time_t deadline,
                              zx_signals_t *ret_active)
{
    bool is_satisfied = false;
    bool is_closed = false;
    for (size_t i = 0; i < count; i++) {
        ret_active[i] = waiter_look(&waiters[i]);
        is_satisfied = is_satisfied || (ret_active[i] & waiters[i].observer.wanted) != 0;
        is_closed = is_closed || (ret_active[i] & ZX_SIGNAL_HANDLE_CLOSED) != 0;
    }
    if (is_closed) {
        return ZX_ERR_CANCELED;
    }
    if (is_satisfied) {
        return ZX_OK;
    }
    return deadline_has_come(deadline) ? ZX_ERR_TIMED_OUT : ZX_ERR_SHOULD_WAIT;
}

static zx_status_t wait_blocking(struct waiter *waiters, size_t count, zx_time_t deadline,
                                 zx_signals_t *ret_active)
{
    FD_CLEANUP int wake_fd = wake_fd_new();
    if (wake_fd < 0) {
        return status_from_errno(errno);
    }
    for (size_t i = 0; i < count; i++) {
        waiters[i].wake_fd = wake_fd;
        waiter_start(&waiters[i]);
    }
    zx_status_t status;
    while ((status = wait_check(waiters, count, deadline, ret_active)) == ZX_ERR_SHOULD_WAIT) {
        zx_status_t slept = waiters_sleep(waiters, count, wake_fd, deadline);
        if (slept != ZX_OK) {
            status = slept;
            break;
        }
    }
    for (size_t i = 0; i < count; i++) {
        waiter_stop(&waiters[i]);
    }
    return status;
}

/* Looks all handles up, or none. */
static zx_status_t waiters_open(struct waiter *waiters, const zx_wait_item_t *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct handle_use use;
        zx_status_t status = handle_get(items[i].handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_WAIT, &use);
        if (status != ZX_OK) {
            while (i-- > 0) {
                object_unref(waiters[i].object);
            }
            return status;
        }
        waiters[i] = (struct waiter){
            .observer = {.handle = items[i].handle, .wanted = items[i].waitfor},
            .object = use.object,
            .wake_fd = -1,
        };
    }
    return ZX_OK;
}

static bool tells_what_is_active(zx_status_t status)
{
    return status == ZX_OK || status == ZX_ERR_TIMED_OUT || status == ZX_ERR_CANCELED;
}

zx_status_t zx_object_wait_many(zx_wait_item_t *items, size_t num_items, zx_time_t deadline)
{
    if (num_items > ZX_WAIT_MANY_MAX_ITEMS) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if (items == NULL && num_items > 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct waiter waiters[ZX_WAIT_MANY_MAX_ITEMS];
    zx_signals_t active[ZX_WAIT_MANY_MAX_ITEMS];
    zx_status_t status = waiters_open(waiters, items, num_items);
    if (status != ZX_OK) {
        return status;
    }
    status = wait_check(waiters, num_items, deadline, active);
    if (status == ZX_ERR_SHOULD_WAIT) {
        status = wait_blocking(waiters, num_items, deadline, active);
    }
    for (size_t i = 0; i < num_items; i++) {
        object_unref(waiters[i].object);
        if (tells_what_is_active(status)) {
            items[i].pending = active[i];
        }
    }
    return status;
}

zx_status_t zx_object_wait_one(zx_handle_t handle, zx_signals_t signals, zx_time_t deadline,
                               zx_signals_t *observed)
{
    zx_wait_item_t item = {.handle = handle, .waitfor = signals};
    zx_status_t status = zx_object_wait_many(&item, 1, deadline);
    if (observed != NULL && tells_what_is_active(status)) {
        *observed = item.pending;
    }
    return status;
}
