#include "zx/object.h"

#include <assert.h>

#include "base/fd.h"
#include "os/koid.h"

void object_init(struct object *object, const struct object_kind *kind, zx_koid_t koid,
                 zx_signals_t signals)
{
    object->kind = kind;
    object->koid = koid != ZX_KOID_INVALID ? koid : koid_new();
    atomic_init(&object->references, 1);
    atomic_init(&object->handles, 0);
    atomic_init(&object->numbered, 0);
    (void)pthread_mutex_init(&object->lock, NULL);
    object->signals = signals;
    list_init(&object->observers);
}

void object_ref(struct object *object)
{
    (void)atomic_fetch_add(&object->references, 1);
}

void object_unref(struct object *object)
{
    if (atomic_fetch_sub(&object->references, 1) == 1) {
        assert(list_is_empty(&object->observers));
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

bool object_try_ref(struct object *object)
{
    unsigned seen = atomic_load(&object->references);
    while (seen != 0) {
        if (atomic_compare_exchange_weak(&object->references, &seen, seen + 1)) {
            return true;
        }
    }
    return false;
}

/* Under the lock. One for once may be gone when this returns. */
static void tell(struct observer *observer, enum observer_event event, zx_signals_t active)
{
    if (observer->once) {
        list_remove(&observer->link);
    }
    observer->notify(observer, event, active);
}

void object_update_signals(struct object *object, zx_signals_t clear, zx_signals_t set)
{
    (void)pthread_mutex_lock(&object->lock);
    zx_signals_t active = (object->signals & ~clear) | set;
    zx_signals_t risen = active & ~object->signals;
    object->signals = active;
    list_for_each_safe (it, next, &object->observers) {
        struct observer *observer = container_of(it, struct observer, link);
        if (((observer->edge ? risen : active) & observer->wanted) != 0) {
            tell(observer, OBSERVER_ACTIVE, active);
        }
    }
    (void)pthread_mutex_unlock(&object->lock);
}

zx_signals_t object_signals(struct object *object)
{
    if (object->kind->refresh != NULL) {
        object->kind->refresh(object);
    }
    (void)pthread_mutex_lock(&object->lock);
    zx_signals_t active = object->signals;
    (void)pthread_mutex_unlock(&object->lock);
    return active;
}

void object_add_observer(struct object *object, struct observer *observer)
{
    (void)pthread_mutex_lock(&object->lock);
    list_append(&object->observers, &observer->link);
    if (observer->once && !observer->edge && (object->signals & observer->wanted) != 0) {
        tell(observer, OBSERVER_ACTIVE, object->signals);
    }
    (void)pthread_mutex_unlock(&object->lock);
}

void object_remove_observer(struct object *object, struct observer *observer)
{
    (void)pthread_mutex_lock(&object->lock);
    list_remove(&observer->link);
    (void)pthread_mutex_unlock(&object->lock);
}

void object_cancel_observers(struct object *object, zx_handle_t handle)
{
    (void)pthread_mutex_lock(&object->lock);
    list_for_each_safe (it, next, &object->observers) {
        struct observer *observer = container_of(it, struct observer, link);
        if (observer->handle == handle) {
            tell(observer, OBSERVER_CLOSED, object->signals);
        }
    }
    (void)pthread_mutex_unlock(&object->lock);
}

void object_stir(struct object *object)
{
    (void)pthread_mutex_lock(&object->lock);
    list_for_each (it, &object->observers) {
        struct observer *observer = container_of(it, struct observer, link);
        if (!observer->once) {
            observer->notify(observer, OBSERVER_STIR, object->signals);
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
