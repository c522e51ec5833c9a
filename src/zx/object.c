#include "zx/object.h"

#include <assert.h>
#include <poll.h>
#include <unistd.h>

#include "base/fd.h"
#include "os/koid.h"

void object_init(struct object *object, const struct object_kind *kind, zx_koid_t koid,
                 zx_signals_t signals)
{
    object->kind = kind;
    object->koid = koid != ZX_KOID_INVALID ? koid : koid_new();
    atomic_init(&object->references, 1);
    atomic_init(&object->handles, 0);
    (void)pthread_mutex_init(&object->lock, NULL);
    object->signals = signals;
    list_init(&object->waiters);
}

void object_ref(struct object *object)
{
    (void)atomic_fetch_add(&object->references, 1);
}

void object_unref(struct object *object)
{
    if (atomic_fetch_sub(&object->references, 1) == 1) {
        assert(list_is_empty(&object->waiters));
        if (object->kind->leave != NULL) {
            object->kind->leave(object);
        }
        (void)pthread_mutex_destroy(&object->lock);
        object->kind->free(object);
    }
}

bool object_is_sole(struct object *object)
{
    return atomic_load(&object->references) == 1;
}

static void waiter_wake(struct waiter *waiter)
{
    const uint64_t one = 1;
    ssize_t written = write(waiter->wake_fd, &one, sizeof(one));
    assert(written ==
           (ssize_t)sizeof(one)); /* far from the eventfd's limit: it is written twice at most */
    (void)written;
}

void object_update_signals(struct object *object, zx_signals_t clear, zx_signals_t set)
{
    (void)pthread_mutex_lock(&object->lock);
    object->signals = (object->signals & ~clear) | set;
    list_for_each (it, &object->waiters) {
        /* A signal may be taken back before the waiter runs: it has been seen all the same. */
        struct waiter *waiter = container_of(it, struct waiter, link);
        if ((object->signals & waiter->wanted) != 0 && waiter->observed == 0) {
            waiter->observed = object->signals;
            waiter_wake(waiter);
        }
    }
    (void)pthread_mutex_unlock(&object->lock);
}

static zx_signals_t observed_signals(struct object *object)
{
    if (object->kind->observe == NULL) {
        return 0;
    }
    struct pollfd item = {.fd = object_fd(object), .events = POLLIN | POLLOUT};
    return poll(&item, 1, 0) < 0 ? 0 : object->kind->observe(object, item.revents);
}

zx_signals_t object_signals(struct object *object)
{
    (void)pthread_mutex_lock(&object->lock);
    zx_signals_t kept = object->signals;
    (void)pthread_mutex_unlock(&object->lock);
    return kept | observed_signals(object);
}

void object_add_waiter(struct object *object, struct waiter *waiter)
{
    (void)pthread_mutex_lock(&object->lock);
    list_append(&object->waiters, &waiter->link);
    (void)pthread_mutex_unlock(&object->lock);
}

void object_remove_waiter(struct object *object, struct waiter *waiter)
{
    (void)pthread_mutex_lock(&object->lock);
    list_remove(&waiter->link);
    (void)pthread_mutex_unlock(&object->lock);
}

void object_cancel_waiters(struct object *object, zx_handle_t handle)
{
    (void)pthread_mutex_lock(&object->lock);
    list_for_each (it, &object->waiters) {
        struct waiter *waiter = container_of(it, struct waiter, link);
        if (waiter->handle == handle && !waiter->canceled) {
            waiter->canceled = true;
            waiter_wake(waiter);
        }
    }
    (void)pthread_mutex_unlock(&object->lock);
}

int object_fd(struct object *object)
{
    return object->kind->fd == NULL ? -1 : *object->kind->fd(object);
}

int object_take_fd(struct object *object)
{
    assert(object->kind->fd != NULL);
    int *fd = object->kind->fd(object);
    return object_is_sole(object) ? fd_take(fd) : fd_dup(*fd);
}
