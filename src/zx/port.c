/* Ports: queues of packets, which programs and the signals of objects put there. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <zircon/syscalls.h>

#include "zx/handle.h"
#include "zx/wait.h"

/* How many packets of zx_port_queue() a port holds. */
#define MAX_USER_PACKETS 16384

#define KNOWN_OPTIONS    (ZX_WAIT_ASYNC_TIMESTAMP | ZX_WAIT_ASYNC_EDGE)

struct port {
    struct object object; /* its lock guards the rest, and stands below those of other objects */
    pthread_cond_t arrived;
    bool is_closed;
    struct list asyncs; /* of struct async, not active yet */
    struct list queue;  /* of struct entry */
    size_t user_packets;
};

/* A packet in a port's queue. */
struct entry {
    struct list link;
    zx_handle_t source; /* of a signal's packet; else 0 */
    zx_port_packet_t packet;
};

/* A wait that ends with a packet. Holds a reference to its port. It is in its object's list until
 * it is active or its handle is closed, with which somebody holds a reference to the object. */
struct async {
    struct observer observer;
    struct list link; /* in the port's list */
    struct port *port;
    struct object *object;
    uint32_t options;
    struct entry *entry; /* made ahead, so that no signal is lost for want of memory */
};

static struct port *port_of(struct object *object)
{
    return container_of(object, struct port, object);
}

static void port_lock(struct port *port)
{
    (void)pthread_mutex_lock(&port->object.lock);
}

static void port_unlock(struct port *port)
{
    (void)pthread_mutex_unlock(&port->object.lock);
}

static void entry_remove(struct port *port, struct entry *entry)
{
    list_remove(&entry->link);
    if (entry->packet.type == ZX_PKT_TYPE_USER) {
        port->user_packets--;
    }
}

/* Nobody can reach it any more, but whoever drops the last reference may hold another lock. */
static void port_free(struct object *object)
{
    struct port *port = port_of(object);
    list_for_each_safe (it, next, &port->queue) {
        free(container_of(it, struct entry, link));
    }
    (void)pthread_cond_destroy(&port->arrived);
    free(port);
}

/* Under the lock of its object, from whose list it is gone. */
static void async_free(struct async *async)
{
    struct port *port = async->port;
    port_lock(port);
    list_remove(&async->link);
    port_unlock(port);
    free(async->entry);
    free(async);
    object_unref(&port->object);
}

static void async_notify(struct observer *observer, enum observer_event event, zx_signals_t active)
{
    struct async *async = container_of(observer, struct async, observer);
    struct port *port = async->port;
    if (event == OBSERVER_ACTIVE) {
        port_lock(port);
        if (!port->is_closed) {
            bool is_timed = (async->options & ZX_WAIT_ASYNC_TIMESTAMP) != 0;
            async->entry->packet.signal = (zx_packet_signal_t){
                .trigger = observer->wanted,
                .observed = active,
                .count = 1,
                .timestamp = is_timed ? zx_clock_get_monotonic() : 0,
            };
            list_append(&port->queue, &async->entry->link);
            async->entry = NULL;
            (void)pthread_cond_signal(&port->arrived);
        }
        port_unlock(port);
    }
    async_free(async);
}

/* Takes those waits out of an object's list that are of a port, and through `handle` with `key` if
 * there is one. Whether there was any. */
static bool asyncs_remove(struct object *object, const struct port *port, zx_handle_t handle,
                          uint64_t key)
{
    bool found = false;
    (void)pthread_mutex_lock(&object->lock);
    list_for_each_safe (it, next, &object->observers) {
        struct observer *observer = container_of(it, struct observer, link);
        if (observer->notify != async_notify) {
            continue;
        }
        struct async *async = container_of(observer, struct async, observer);
        bool is_meant = handle == ZX_HANDLE_INVALID ||
                        (observer->handle == handle && async->entry->packet.key == key);
        if (async->port == port && is_meant) {
            list_remove(&observer->link);
            async_free(async);
            found = true;
        }
    }
    (void)pthread_mutex_unlock(&object->lock);
    return found;
}

/* The last handle has gone: nobody will fetch a packet any more. */
static void port_orphan(struct object *object)
{
    struct port *port = port_of(object);
    port_lock(port);
    port->is_closed = true;
    (void)pthread_cond_broadcast(&port->arrived);
    while (!list_is_empty(&port->asyncs)) {
        struct async *async = container_of(port->asyncs.next, struct async, link);
        struct object *watched = async->object;
        object_ref(watched); /* whoever takes the wait out of here holds one, too */
        port_unlock(port);
        (void)asyncs_remove(watched, port, ZX_HANDLE_INVALID, 0);
        object_unref(watched);
        port_lock(port);
    }
    port_unlock(port);
}

static const struct object_kind port_kind = {
    .type = ZX_OBJ_TYPE_PORT,
    .default_rights = ZX_DEFAULT_PORT_RIGHTS,
    .settable = ZX_SIGNAL_NONE,
    .free = port_free,
    .orphan = port_orphan,
};

zx_status_t zx_port_create(uint32_t options, zx_handle_t *out)
{
    if (options != 0 || out == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct port *port = calloc(1, sizeof(*port));
    if (port == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&port->arrived, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    object_init(&port->object, &port_kind, ZX_KOID_INVALID, ZX_SIGNAL_NONE);
    list_init(&port->asyncs);
    list_init(&port->queue);
    return handle_new(&port->object, port_kind.default_rights, out);
}

zx_status_t zx_port_queue(zx_handle_t handle, const zx_port_packet_t *packet)
{
    struct handle_use use;
    if (packet == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_PORT, ZX_RIGHT_WRITE, &use);
    if (status != ZX_OK) {
        return status;
    }
    struct port *port = port_of(use.object);
    struct entry *entry = calloc(1, sizeof(*entry));
    port_lock(port);
    if (entry == NULL) {
        status = ZX_ERR_NO_MEMORY;
    } else if (port->user_packets == MAX_USER_PACKETS) {
        status = ZX_ERR_SHOULD_WAIT;
        free(entry);
    } else {
        entry->packet = *packet;
        entry->packet.type = ZX_PKT_TYPE_USER;
        list_append(&port->queue, &entry->link);
        port->user_packets++;
        (void)pthread_cond_signal(&port->arrived);
    }
    port_unlock(port);
    object_unref(use.object);
    return status;
}

/* Under the lock: the next packet, once there is one. */
static zx_status_t port_next(struct port *port, zx_time_t deadline, struct entry **ret_entry)
{
    const struct timespec until = {.tv_sec = deadline / 1000000000,
                                   .tv_nsec = deadline % 1000000000};
    bool is_late = deadline_has_come(deadline);
    while (list_is_empty(&port->queue)) {
        if (port->is_closed) {
            return ZX_ERR_CANCELED;
        }
        if (is_late) {
            return ZX_ERR_TIMED_OUT;
        }
        if (deadline == ZX_TIME_INFINITE) {
            (void)pthread_cond_wait(&port->arrived, &port->object.lock);
        } else {
            is_late =
                pthread_cond_timedwait(&port->arrived, &port->object.lock, &until) == ETIMEDOUT;
        }
    }
    *ret_entry = container_of(port->queue.next, struct entry, link);
    entry_remove(port, *ret_entry);
    return ZX_OK;
}

zx_status_t zx_port_wait(zx_handle_t handle, zx_time_t deadline, zx_port_packet_t *packet)
{
    struct handle_use use;
    struct entry *entry = NULL;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_PORT, ZX_RIGHT_READ, &use);
    if (status != ZX_OK) {
        return status;
    }
    if (packet == NULL) {
        status = ZX_ERR_INVALID_ARGS;
    } else {
        struct port *port = port_of(use.object);
        port_lock(port);
        status = port_next(port, deadline, &entry);
        port_unlock(port);
    }
    if (status == ZX_OK) {
        *packet = entry->packet;
        free(entry);
    }
    object_unref(use.object);
    return status;
}

/* Takes packets of a source out of the queue. Whether there was any. */
static bool port_forget(struct port *port, zx_handle_t source, uint64_t key)
{
    bool found = false;
    port_lock(port);
    list_for_each_safe (it, next, &port->queue) {
        struct entry *entry = container_of(it, struct entry, link);
        if (entry->source == source && entry->packet.key == key) {
            entry_remove(port, entry);
            free(entry);
            found = true;
        }
    }
    port_unlock(port);
    return found;
}

/* Both handles of a call that has a port and another object, in Zircon's order. */
static zx_status_t open_both(zx_handle_t port, zx_handle_t source, struct handle_use ret_uses[2])
{
    zx_status_t status = handle_get(port, ZX_OBJ_TYPE_PORT, ZX_RIGHT_WRITE, &ret_uses[0]);
    if (status != ZX_OK) {
        return status;
    }
    status = handle_get(source, ZX_OBJ_TYPE_NONE, ZX_RIGHT_WAIT, &ret_uses[1]);
    if (status != ZX_OK) {
        object_unref(ret_uses[0].object);
    }
    return status;
}

static void close_both(const struct handle_use uses[2])
{
    object_unref(uses[1].object);
    object_unref(uses[0].object);
}

zx_status_t zx_port_cancel(zx_handle_t handle, zx_handle_t source, uint64_t key)
{
    struct handle_use uses[2];
    zx_status_t status = open_both(handle, source, uses);
    if (status != ZX_OK) {
        return status;
    }
    struct port *port = port_of(uses[0].object);
    bool had_wait = asyncs_remove(uses[1].object, port, source, key);
    bool had_packet = port_forget(port, source, key);
    close_both(uses);
    return had_wait || had_packet ? ZX_OK : ZX_ERR_NOT_FOUND;
}

static struct async *async_new(struct port *port, struct object *object, zx_handle_t handle,
                               uint64_t key)
{
    struct async *async = calloc(1, sizeof(*async));
    struct entry *entry = calloc(1, sizeof(*entry));
    if (async == NULL || entry == NULL) {
        free(async);
        free(entry);
        return NULL;
    }
    object_ref(&port->object);
    entry->source = handle;
    entry->packet.type = ZX_PKT_TYPE_SIGNAL_ONE;
    entry->packet.key = key;
    async->port = port;
    async->object = object;
    async->entry = entry;
    async->observer = (struct observer){.handle = handle, .once = true, .notify = async_notify};
    list_init(&entry->link);
    list_init(&async->link);
    list_init(&async->observer.link);
    return async;
}

/* Begins the wait, which is the object's from then on. */
static zx_status_t async_start(struct async *async)
{
    struct object *object = async->object;
    struct port *port = async->port;
    zx_handle_t handle = async->observer.handle;
    port_lock(port);
    bool is_closed = port->is_closed;
    if (!is_closed) {
        list_append(&port->asyncs, &async->link);
    }
    port_unlock(port);
    if (is_closed) {
        async_free(async);
        return ZX_ERR_BAD_HANDLE;
    }
    object_add_observer(object, &async->observer);

    /* As in waiter_start(): a handle that is closed by now was perhaps closed before this. */
    struct handle_use again;
    if (handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_NONE, &again) == ZX_OK) {
        object_unref(again.object);
    } else {
        object_cancel_observers(object, handle);
    }
    return ZX_OK;
}

zx_status_t zx_object_wait_async(zx_handle_t handle, zx_handle_t port, uint64_t key,
                                 zx_signals_t signals, uint32_t options)
{
    struct handle_use uses[2];
    if ((options & ~KNOWN_OPTIONS) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    zx_status_t status = open_both(port, handle, uses);
    if (status != ZX_OK) {
        return status;
    }
    struct object *object = uses[1].object;
    if (object->kind->watch != NULL) {
        status = object->kind->watch(object);
    }
    struct async *async =
        status == ZX_OK ? async_new(port_of(uses[0].object), object, handle, key) : NULL;
    if (async != NULL) {
        async->observer.wanted = signals;
        async->observer.edge = (options & ZX_WAIT_ASYNC_EDGE) != 0;
        async->options = options;
        (void)object_signals(object); /* what is so by now is no edge */
        status = async_start(async);
    } else if (status == ZX_OK) {
        status = ZX_ERR_NO_MEMORY;
    }
    close_both(uses);
    return status;
}
