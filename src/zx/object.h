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
    zx_signals_t settable; /* by zx_object_signal() and, of a pair's other end, _signal_peer() */
    void (*free)(struct object *object);

    /* NULL, or: called once the last reference has gone, before anything of the object goes. */
    void (*leave)(struct object *object);

    /* NULL, or: called when the last handle has gone, which is once and for all. Calls that are
     * under way may hold references for longer. */
    void (*orphan)(struct object *object);

    /* The descriptor that the object is built on, or NULL when there never is one. It stays the
     * object's, and stays open as long as the object lives. */
    int *(*fd)(struct object *object);

    /* NULL when the library keeps all signals, or: brings those up to date that the kernel knows.
     */
    void (*refresh)(struct object *object);

    /* With `refresh`. What to poll until that may have something new: -1 when nothing. */
    int (*poll_fd)(struct object *object, short *ret_events);

    /* With `refresh`. From now on signals are brought up to date without anybody asking. */
    zx_status_t (*watch)(struct object *object);

    /* NULL when there is no other end, or: changes the other end's signals. */
    zx_status_t (*signal_peer)(struct object *object, zx_signals_t clear, zx_signals_t set);
    /* NULL when there is no other end, or: its koid, 0 if not known yet. */
    zx_koid_t (*related_koid)(struct object *object);
};

struct object {
    const struct object_kind *kind;
    zx_koid_t koid;
    atomic_uint references;
    atomic_uint handles;  /* also those in messages */
    atomic_uint numbered; /* of these: which are in the table */
    pthread_mutex_t lock; /* guards what is below, and what a kind says that it guards */
    zx_signals_t signals;
    struct list observers;
};

enum observer_event {
    OBSERVER_ACTIVE, /* a wanted signal is */
    OBSERVER_CLOSED, /* the handle was closed */
    OBSERVER_STIR,   /* what kind->poll_fd() says may be another thing now */
};

/* Who wants to know of an object's signals: a thread that waits, or a port. */
struct observer {
    struct list link;
    zx_handle_t handle; /* through which it looks */
    zx_signals_t wanted;
    bool
        once; /* taken out before it is told that it is active, or closed, and not heard of again */
    bool edge; /* of signals that become active, not of those that are */
    /* Told under the object's lock. */
    void (*notify)(struct observer *observer, enum observer_event event, zx_signals_t active);
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

/* Adds an observer, or, if it is one for once, wants no edge and what it wants is active already,
 * tells it so instead. */
void object_add_observer(struct object *object, struct observer *observer);
void object_remove_observer(struct object *object, struct observer *observer);

/* Tells all who look through a handle that it is closed. */
void object_cancel_observers(struct object *object, zx_handle_t handle);

/* Has all threads that wait ask again what there is to poll. */
void object_stir(struct object *object);

/* Takes a reference unless the last one has gone. */
bool object_try_ref(struct object *object);

/* The object's descriptor, or -1. Stays the object's. */
int object_fd(struct object *object);

/* Hands the descriptor out to the caller, who owns it: the object's own if the caller's reference
 * is the only one and no handle is left, else a duplicate. -errno if there cannot be one. */
int object_take_fd(struct object *object);

#endif
