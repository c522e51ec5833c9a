/* Waiting: for signals that the library keeps, through the waiter's eventfd; for those that the
 * kernel keeps, by polling the object's descriptor at the same time. */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>

#include <zircon/syscalls.h>

#include "base/fd.h"
#include "zx/handle.h"
#include "zx/status.h"

static struct timespec time_left(zx_time_t deadline)
{
    zx_time_t left = deadline - zx_clock_get_monotonic(); /* deadline > 0: no overflow */
    left = left < 0 ? 0 : left;
    return (struct timespec){.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
}

/* Sleeps until the waiter is woken, the descriptor may have changed, or the deadline has come.
 * `active` is what was seen last. */
static zx_status_t sleep_once(struct object *object, const struct waiter *waiter,
                              zx_signals_t active, zx_time_t deadline)
{
    /* A hang-up is reported whether it is asked for or not. Once it is known nothing else can come
     * from the descriptor, which would only keep poll() from sleeping. */
    bool watch =
        (waiter->wanted & object->kind->observable) != 0 && (active & ZX_CHANNEL_PEER_CLOSED) == 0;
    short events = (short)(((waiter->wanted & ZX_CHANNEL_READABLE) != 0 ? POLLIN : 0) |
                           ((waiter->wanted & ZX_CHANNEL_WRITABLE) != 0 ? POLLOUT : 0));
    struct pollfd items[2] = {
        {.fd = waiter->wake_fd,                .events = POLLIN},
        {.fd = watch ? object_fd(object) : -1, .events = events},
    };
    struct timespec left = time_left(deadline);
    int ready = ppoll(items, 2, deadline == ZX_TIME_INFINITE ? NULL : &left, NULL);
    return ready < 0 && errno != EINTR ? status_from_errno(errno) : ZX_OK;
}

/* One look at the object: ZX_ERR_SHOULD_WAIT if there is nothing to report yet. */
static zx_status_t wait_check(struct object *object, struct waiter *waiter, zx_time_t deadline,
                              zx_signals_t *ret_active)
{
    zx_signals_t active = object_signals(object);
    (void)pthread_mutex_lock(&object->lock);
    bool canceled = waiter->canceled;
    active |= waiter->observed;
    (void)pthread_mutex_unlock(&object->lock);

    *ret_active = active;
    if ((active & waiter->wanted) != 0) {
        return ZX_OK;
    }
    if (canceled) {
        *ret_active |= ZX_SIGNAL_HANDLE_CLOSED;
        return ZX_ERR_CANCELED;
    }
    return deadline <= 0 || deadline <= zx_clock_get_monotonic() ? ZX_ERR_TIMED_OUT
                                                                 : ZX_ERR_SHOULD_WAIT;
}

static zx_status_t wait_blocking(struct object *object, struct waiter *waiter, zx_time_t deadline,
                                 zx_signals_t *ret_active)
{
    FD_CLEANUP int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_fd < 0) {
        return status_from_errno(errno);
    }
    waiter->wake_fd = wake_fd;
    object_add_waiter(object, waiter);

    /* Closing takes the handle out first and then looks for waiters. If it is still there now,
     * whoever closes it finds this one. */
    struct handle_use again;
    if (handle_get(waiter->handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_NONE, &again) == ZX_OK) {
        object_unref(again.object);
    } else {
        object_cancel_waiters(object, waiter->handle);
    }

    zx_status_t status;
    while ((status = wait_check(object, waiter, deadline, ret_active)) == ZX_ERR_SHOULD_WAIT) {
        zx_status_t slept = sleep_once(object, waiter, *ret_active, deadline);
        if (slept != ZX_OK) {
            status = slept;
            break;
        }
    }
    object_remove_waiter(object, waiter);
    return status;
}

zx_status_t zx_object_wait_one(zx_handle_t handle, zx_signals_t signals, zx_time_t deadline,
                               zx_signals_t *observed)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_WAIT, &use);
    if (status != ZX_OK) {
        return status;
    }
    struct waiter waiter = {.handle = handle, .wanted = signals, .wake_fd = -1};
    zx_signals_t active = 0;
    status = wait_check(use.object, &waiter, deadline, &active);
    if (status == ZX_ERR_SHOULD_WAIT) {
        status = wait_blocking(use.object, &waiter, deadline, &active);
    }
    object_unref(use.object);
    bool waited = status == ZX_OK || status == ZX_ERR_TIMED_OUT || status == ZX_ERR_CANCELED;
    if (observed != NULL && waited) {
        *observed = active;
    }
    return status;
}

zx_status_t zx_object_signal(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_SIGNAL, &use);
    if (status != ZX_OK) {
        return status;
    }
    if (((clear_mask | set_mask) & ~use.object->kind->settable) != 0) {
        status = ZX_ERR_INVALID_ARGS;
    } else {
        object_update_signals(use.object, clear_mask, set_mask);
    }
    object_unref(use.object);
    return status;
}
