/* Channels and eventpairs: objects with another end.
 *
 * A pair is two sockets (SEQPACKET) from the start, but as long as both ends are handles of this
 * process only, it is local: messages, with the very objects that they carry, and signals go from
 * end to end in memory. When an end's descriptor leaves the process the pair is local no more, for
 * good: messages are frames then (zx/frame.h), and the kernel says who is there, in whichever
 * process it is. */
#ifndef ZX_ENDPOINT_H
#define ZX_ENDPOINT_H

#include "zx/form.h"
#include "zx/frame.h"
#include "zx/object.h"
#include "zx/wait.h"

/* The most bytes of memory that wait to be sent, and that are received ahead of their turn while
 * somebody waits for a reply. */
#define ENDPOINT_MAX_QUEUED ((size_t)64 * 1024 * 1024)

/* Of what is received ahead each handle has a descriptor: somebody who calls a stranger shall not
 * run out of them by that. */
#define ENDPOINT_MAX_AHEAD_HANDLES 256

/* What both ends share; one that came from elsewhere has one of its own. */
struct pair {
    pthread_mutex_t lock; /* above those of objects; guards all that changes in its ends */
    pthread_cond_t moved;
    atomic_uint references;
    struct endpoint *ends[2]; /* NULL: has no handle in this process */
    bool is_local;
    bool is_moving;  /* what is queued is on its way into the sockets: nobody else may act */
    bool is_visited; /* guarded by the lock of zx/leave.c, as is what follows */
    struct list reached_link;
    unsigned found; /* handles to its ends in messages */
    bool is_reached;
    bool is_live;
};

struct endpoint {
    struct object object;
    struct pair *pair;
    unsigned side;
    zx_koid_t related_koid; /* 0: whatever the kernel says */
    int fd;
    int left_fd;       /* local: the other end's, which is closed; for `inbox` to leave by */
    bool is_open;      /* has handles, and the last one is not about to leave */
    bool is_broken;    /* something else than frames came: it counts as closed */
    bool is_lingering; /* holds itself until `outbox` is empty */
    struct list inbox; /* of struct parcel, unread */
    size_t inbox_size; /* bytes of memory */
    size_t inbox_handles;
    struct list calls; /* of struct call */
    uint32_t last_txid;
    struct list outbox; /* of struct frame: what the socket has no room for */
    size_t outbox_size;
    bool is_observed; /* by a port */
    struct pump_watch *watch;
};

/* A thread that waits for the answer to its message. Guarded by the pair's lock. */
struct call {
    struct list link; /* in none once there is a reply */
    uint32_t txid;
    struct parcel *reply;
    struct waiter waiter;
};

static inline struct endpoint *endpoint_of(struct object *object)
{
    return container_of(object, struct endpoint, object);
}

/* Whether nothing more is to be received ahead of its turn. */
static inline bool endpoint_is_full(const struct endpoint *endpoint)
{
    return endpoint->inbox_size >= ENDPOINT_MAX_QUEUED ||
           endpoint->inbox_handles >= ENDPOINT_MAX_AHEAD_HANDLES;
}

/* Makes an object of a socket, which it owns on success. ZX_ERR_WRONG_TYPE: not a Unix SEQPACKET
 * socket; ZX_ERR_NO_MEMORY. */
zx_status_t endpoint_from_fd(int fd, const struct form *form, struct object **ret_object);

/* What object_take_fd() is for other objects, for a handle that leaves: from the last one on no
 * frame is taken from the socket here any more. While the pump has the descriptor, for what waits
 * to be sent, too, a duplicate leaves. */
int endpoint_take_fd(struct object *object);

void pair_ref(struct pair *pair);
void pair_unref(struct pair *pair);

/* The pair's lock, once nothing moves. */
void endpoint_lock(struct endpoint *endpoint);
void endpoint_unlock(struct endpoint *endpoint);

/* --- Sending and receiving (zx/traffic.c) --- */

/* Sends a message to the other end, and takes it in every case. With a call the bytes begin with
 * its transaction id, which is chosen here, and the call is added, also when sending fails later:
 * it is the caller's to take out, and with it a reply that may have come. ZX_ERR_PEER_CLOSED;
 * ZX_ERR_NOT_SUPPORTED, ZX_ERR_BAD_STATE: a handle that cannot leave the process;
 * ZX_ERR_NO_RESOURCES; ZX_ERR_NO_MEMORY, also when too much waits to be sent. */
zx_status_t endpoint_send(struct endpoint *endpoint, struct parcel *parcel, struct call *call);

/* Takes part in the next message that an end has not read: how large it is, and if both `limit`s
 * allow it the message itself; with `may_discard` it goes in any case. ZX_ERR_SHOULD_WAIT,
 * ZX_ERR_PEER_CLOSED, ZX_ERR_BUFFER_TOO_SMALL; ZX_ERR_NO_RESOURCES, ZX_ERR_NO_MEMORY: it is lost.
 */
zx_status_t endpoint_read(struct endpoint *endpoint, const struct frame_head *limit,
                          bool may_discard, struct frame_head *ret_size,
                          struct parcel **ret_parcel);

/* Changes the other end's signals. ZX_ERR_PEER_CLOSED, ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES. */
zx_status_t endpoint_signal_peer(struct object *object, zx_signals_t clear, zx_signals_t set);

/* Under the lock: sends a frame, which it takes, or queues it behind others. */
zx_status_t endpoint_send_frame(struct endpoint *endpoint, struct frame *frame);

/* Under the lock: sends what is queued, as far as there is room. */
void endpoint_flush(struct endpoint *endpoint);

/* Under the lock: brings the signals up to date with the socket, hands out replies to calls and
 * applies signals that have come. Does nothing for a local pair, and for an end that is not open:
 * what comes is another process's then. */
void endpoint_look(struct endpoint *endpoint);

/* Under the lock: has the pump call endpoint_event(). */
zx_status_t endpoint_watch(struct endpoint *endpoint);

/* --- Leaving the process (zx/leave.c) --- */

/* Whether an end can leave, and why not: ZX_ERR_NOT_SUPPORTED, ZX_ERR_BAD_STATE. */
zx_status_t endpoint_can_leave(struct endpoint *endpoint);

/* Has all that goes over a pair go over its sockets from now on. As endpoint_can_leave(), or
 * ZX_ERR_NO_RESOURCES: nothing has changed if it is for want of what ports need. */
zx_status_t endpoint_expose(struct endpoint *endpoint);

/* Nothing leaves meanwhile. Above all pairs' locks. */
void endpoint_leave_lock(void);
void endpoint_leave_unlock(void);

/* --- What nobody can reach any more (zx/stranded.c) --- */

/* Closes the ends of a pair if all handles to it are in messages that nobody can ever read, because
 * only such messages have what they are to be read through; with them all others of this kind that
 * they lead to. No lock may be held. */
void pair_free_stranded(struct pair *pair);

/* Whether that may be so: it costs a look at all messages that a pair leads to. */
static inline bool endpoint_may_be_stranded(struct endpoint *endpoint)
{
    return atomic_load(&endpoint->object.numbered) == 0;
}

#endif
