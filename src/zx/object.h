/* What every object has: a kind, a koid, a count of references, signals and those who wait for
 * them.
 *
 * A kind embeds struct object as its first member and describes itself with a constant table.
 * Handles, calls under way and mappings hold references; the last one frees the object. All
 * functions may be called by any thread. */
#ifndef ZX_OBJECT_H
#define ZX_OBJECT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <zircon/types.h>

#include "base/list.h"

struct object;

struct object_kind {
    zx_obj_type_t type;
    zx_rights_t default_rights;
    zx_signals_t settable; /* by zx_object_signal() */
    void (*free)(struct object *object);

    /* NULL, or: called once the last reference has gone, before anything of the object goes. */
    void (*leave)(struct object *object);

    /* The descriptor that the object is built on, or NULL when there never is one. It stays the
     * object's, and stays open as long as the object lives. */
    int *(*fd)(struct object *object);

    /* NULL, or: the signals that the kernel keeps, from what poll(2) says of the descriptor; and
     * those that it may ever say. */
    zx_signals_t (*observe)(struct object *object, short revents);
    zx_signals_t observable;
    /* NULL when there is no other end, or: its koid, 0 if not known yet. */
    zx_koid_t (*related_koid)(struct object *object);
};

struct object {
    const struct object_kind *kind;
    zx_koid_t koid;
    atomic_uint references;
    atomic_uint handles;
    pthread_mutex_t lock; /* guards what is below, and what a kind says that it guards */
    zx_signals_t signals;
    struct list waiters;
};

/* One thread that waits. Lives on its stack, between object_add_waiter() and
 * object_remove_waiter(). */
struct waiter {
    struct list link;
    zx_handle_t handle; /* through which it waits */
    zx_signals_t wanted;
    int wake_fd;           /* an eventfd: readable once one of the following is set */
    zx_signals_t observed; /* 0, or all that was active when a wanted signal was */
    bool canceled;         /* the handle was closed */
};

/* Starts an object with one reference, the caller's, and no handle. A koid of 0: take a new one. */
void object_init(struct object *object, const struct object_kind *kind, zx_koid_t koid,
                 zx_signals_t signals);

void object_ref(struct object *object);
void object_unref(struct object *object);

/* Whether the caller's reference is the only one. Where no handle is left that stays so. */
bool object_is_sole(struct object *object);

/* Changes signals that the library keeps, and wakes those who wait for the outcome. */
void object_update_signals(struct object *object, zx_signals_t clear, zx_signals_t set);

/* All that is active now. */
zx_signals_t object_signals(struct object *object);

void object_add_waiter(struct object *object, struct waiter *waiter);
void object_remove_waiter(struct object *object, struct waiter *waiter);

/* Wakes whoever waits through a handle that is closed now. */
void object_cancel_waiters(struct object *object, zx_handle_t handle);

/* The object's descriptor, or -1. Stays the object's. */
int object_fd(struct object *object);

/* Hands the descriptor out to the caller, who owns it: the object's own if the caller's reference
 * is the only one and no handle is left, else a duplicate. -errno if there cannot be one. */
int object_take_fd(struct object *object);

#endif
