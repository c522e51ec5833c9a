/* Messages and signals between the two ends of a pair: from list to list within the process, as
 * frames otherwise. */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "zx/endpoint.h"
#include "zx/pump.h"

/* How many frames one look at a socket takes at most: other threads want the lock, too. */
#define MAX_LOOK 1024

static size_t parcel_size(const struct parcel *parcel)
{
    return sizeof(*parcel) + parcel->len + parcel->handle_count * sizeof(parcel->handles[0]);
}

static struct call *call_of(struct endpoint *endpoint, uint32_t txid)
{
    list_for_each (it, &endpoint->calls) {
        struct call *call = container_of(it, struct call, link);
        if (call->txid == txid) {
            return call;
        }
    }
    return NULL;
}

/* Hands a message to the call that waits for it, or queues it. */
static void deliver(struct endpoint *to, struct parcel *parcel)
{
    uint32_t txid = 0;
    if (parcel->len >= sizeof(txid)) {
        memcpy(&txid, parcel_bytes(parcel), sizeof(txid));
    }
    struct call *call = txid == 0 ? NULL : call_of(to, txid);
    if (call != NULL) {
        list_remove(&call->link);
        call->reply = parcel;
        wake_fd_set(call->waiter.wake_fd);
        return;
    }
    bool was_empty = list_is_empty(&to->inbox);
    list_append(&to->inbox, &parcel->link);
    to->inbox_size += parcel_size(parcel);
    to->inbox_handles += parcel->handle_count;
    if (was_empty) {
        object_update_signals(&to->object, 0, ZX_CHANNEL_READABLE);
    }
}

/* Chooses a transaction id that no call on this end has, with the top bit set: programs take theirs
 * from the other half. */
static void begin_call(struct endpoint *endpoint, struct parcel *parcel, struct call *call)
{
    if (call->txid == 0) {
        do {
            endpoint->last_txid++;
            call->txid = endpoint->last_txid | 1U << 31;
        } while (call_of(endpoint, call->txid) != NULL);
        memcpy(parcel_bytes(parcel), &call->txid, sizeof(call->txid));
        list_append(&endpoint->calls, &call->link);
    }
}

/* One try under the lock. ZX_ERR_SHOULD_WAIT: a frame must be made of the parcel first. */
static zx_status_t try_send(struct endpoint *endpoint, struct parcel **parcel, struct frame **frame)
{
    struct pair *pair = endpoint->pair;
    if (pair->is_local) {
        struct endpoint *other = pair->ends[1 - endpoint->side];
        if (other == NULL) {
            return ZX_ERR_PEER_CLOSED;
        }
        assert(*parcel != NULL); /* a pair that was not local never is again */
        deliver(other, *parcel);
        *parcel = NULL;
        return ZX_OK;
    }
    if (*frame == NULL) {
        return ZX_ERR_SHOULD_WAIT;
    }
    zx_status_t status = endpoint_send_frame(endpoint, *frame);
    *frame = NULL;
    return status;
}

zx_status_t endpoint_send(struct endpoint *endpoint, struct parcel *parcel, struct call *call)
{
    struct frame *frame = NULL;
    zx_status_t status;
    for (;;) {
        endpoint_lock(endpoint);
        if (!endpoint->is_open) {
            status = ZX_ERR_BAD_HANDLE; /* closed since it was looked up */
        } else {
            if (call != NULL) {
                begin_call(endpoint, parcel, call);
            }
            status = try_send(endpoint, &parcel, &frame);
        }
        endpoint_unlock(endpoint);
        if (status != ZX_ERR_SHOULD_WAIT) {
            break;
        }
        status = frame_from_parcel(parcel, &frame); /* without the lock: other ends move */
        parcel = NULL;
        if (status != ZX_OK) {
            break;
        }
    }
    frame_free(frame); /* made in vain: the handle has been closed meanwhile */
    parcel_drop(parcel);
    if (status == ZX_OK && endpoint_may_be_stranded(endpoint)) { /* sent away while it was used */
        pair_free_stranded(endpoint->pair);
    }
    return status;
}

/* --- Sockets --- */

enum sent { SENT, SENT_LATER, SENT_NEVER };

static enum sent send_now(struct endpoint *endpoint, const struct frame *frame)
{
    switch (frame_send(endpoint->fd, frame)) {
    case 0:
        return SENT;
    case -EAGAIN:
        return SENT_LATER;
    case -ETOOMANYREFS: /* the socket polls as writable meanwhile */
    case -ENOBUFS:
    case -ENOMEM:
        pump_later();
        return SENT_LATER;
    default:
        return SENT_NEVER;
    }
}

static void endpoint_event(struct object *object)
{
    struct endpoint *endpoint = endpoint_of(object);
    endpoint_lock(endpoint);
    endpoint_flush(endpoint);
    endpoint_look(endpoint);
    bool ends = endpoint->is_lingering && list_is_empty(&endpoint->outbox);
    endpoint->is_lingering = endpoint->is_lingering && !ends;
    bool is_stranded = !list_is_empty(&endpoint->inbox) && endpoint_may_be_stranded(endpoint);
    endpoint_unlock(endpoint);
    if (is_stranded) {
        pair_free_stranded(endpoint->pair);
    }
    if (ends) {
        object_unref(object);
    }
}

zx_status_t endpoint_watch(struct endpoint *endpoint)
{
    if (endpoint->watch == NULL) {
        endpoint->watch = pump_watch_new(&endpoint->object, endpoint->fd, endpoint_event);
    }
    return endpoint->watch == NULL ? ZX_ERR_NO_RESOURCES : ZX_OK;
}

zx_status_t endpoint_send_frame(struct endpoint *endpoint, struct frame *frame)
{
    enum sent sent = SENT_LATER;
    if (endpoint->is_broken || endpoint->fd < 0) {
        sent = SENT_NEVER;
    } else if (list_is_empty(&endpoint->outbox)) {
        sent = send_now(endpoint, frame);
    }
    if (sent != SENT_LATER) {
        frame_free(frame);
        return sent == SENT ? ZX_OK : ZX_ERR_PEER_CLOSED;
    }
    size_t size = sizeof(*frame) + frame->len;
    zx_status_t status = endpoint->outbox_size + size > ENDPOINT_MAX_QUEUED
                             ? ZX_ERR_NO_MEMORY
                             : endpoint_watch(endpoint);
    if (status != ZX_OK) {
        frame_free(frame);
        return status;
    }
    list_append(&endpoint->outbox, &frame->link);
    endpoint->outbox_size += size;
    pump_again(endpoint->watch); /* there may be room since it was asked for */
    return ZX_OK;
}

void endpoint_flush(struct endpoint *endpoint)
{
    list_for_each_safe (it, next, &endpoint->outbox) {
        struct frame *frame = container_of(it, struct frame, link);
        if (send_now(endpoint, frame) == SENT_LATER) {
            return; /* SENT_NEVER: nor any of the others */
        }
        list_remove(&frame->link);
        endpoint->outbox_size -= sizeof(*frame) + frame->len;
        frame_free(frame);
    }
}

/* Ends what only a hostile process begins. */
static void break_off(struct endpoint *endpoint)
{
    endpoint->is_broken = true;
    (void)shutdown(endpoint->fd, SHUT_RDWR);
    object_update_signals(&endpoint->object, ZX_CHANNEL_READABLE | ZX_CHANNEL_WRITABLE,
                          ZX_CHANNEL_PEER_CLOSED);
}

/* Of what nobody wants there is no end, as long as it costs nothing: descriptors do. */
static bool skip(struct endpoint *endpoint)
{
    bool is_harmless = frame_skip(endpoint->fd);
    if (!is_harmless) {
        break_off(endpoint);
    }
    return is_harmless;
}

static void take_signals(struct endpoint *endpoint, const struct frame_head *head)
{
    if (!skip(endpoint)) {
        return;
    }
    zx_signals_t settable = endpoint->object.kind->settable;
    object_update_signals(&endpoint->object, head->clear & settable, head->set & settable);
}

/* Receives a message that was seen, and delivers it. What comes of it if it is lost for want of
 * memory or descriptors is a lost message: there is nobody to tell. */
static void take_message(struct endpoint *endpoint, const struct frame_head *head)
{
    struct parcel *parcel;
    zx_status_t status = frame_receive(endpoint->fd, head, &parcel);
    if (status == ZX_OK) {
        deliver(endpoint, parcel);
    } else if (status == ZX_ERR_INVALID_ARGS) {
        break_off(endpoint);
    }
}

/* Takes from the socket what is for nobody who reads: signals, replies to calls, and of what comes
 * to an eventpair everything. What is next then: not FRAME_SIGNALS. */
static enum frame_kind take_ahead(struct endpoint *endpoint, struct frame_head *ret_head)
{
    bool is_channel = endpoint->object.kind->type == ZX_OBJ_TYPE_CHANNEL;
    for (int i = 0; i < MAX_LOOK && !endpoint->is_broken; i++) {
        enum frame_kind kind = frame_peek(endpoint->fd, ret_head);
        if (kind == FRAME_NONE || kind == FRAME_END) {
            return kind;
        }
        if (kind == FRAME_SIGNALS) {
            take_signals(endpoint, ret_head);
        } else if (!is_channel) {
            (void)skip(endpoint);
        } else if (kind == FRAME_MESSAGE && !list_is_empty(&endpoint->calls) &&
                   !endpoint_is_full(endpoint)) {
            take_message(endpoint, ret_head);
        } else {
            return kind;
        }
    }
    if (endpoint->is_broken) {
        return FRAME_END;
    }
    if (endpoint->watch != NULL) {
        pump_again(endpoint->watch);
    }
    return FRAME_NONE;
}

void endpoint_look(struct endpoint *endpoint)
{
    struct pollfd item = {.fd = endpoint->fd, .events = POLLIN};
    if (endpoint->pair->is_local || !endpoint->is_open || endpoint->is_broken) {
        return;
    }
    (void)poll(&item, 1, 0); /* interrupted when nothing is there: no events either */
    bool hung_up = (item.revents & POLLHUP) != 0;
    struct frame_head head;
    enum frame_kind kind = FRAME_NONE;
    if ((item.revents & POLLIN) != 0) {
        kind = take_ahead(endpoint, &head);
        hung_up = hung_up && kind != FRAME_NONE; /* there is more than one look takes */
    }
    if (kind == FRAME_END && !hung_up) {
        break_off(
            endpoint); /* an empty frame, or half of the socket shut: it would poll for ever */
    }
    if (endpoint->is_broken) {
        return;
    }
    bool is_readable =
        kind == FRAME_MESSAGE || kind == FRAME_FOREIGN || !list_is_empty(&endpoint->inbox);
    zx_signals_t set =
        (is_readable ? ZX_CHANNEL_READABLE : 0) | (hung_up ? ZX_CHANNEL_PEER_CLOSED : 0);
    zx_signals_t clear =
        (is_readable ? 0 : ZX_CHANNEL_READABLE) | (hung_up ? ZX_CHANNEL_WRITABLE : 0);
    object_update_signals(&endpoint->object, clear, set);
}

/* --- Reading --- */

/* What is next for a reader: in the inbox (*ret_parcel), or in the socket. */
static zx_status_t find_next(struct endpoint *endpoint, struct frame_head *ret_head,
                             struct parcel **ret_parcel)
{
    enum frame_kind kind = FRAME_NONE;
    *ret_parcel = NULL;
    if (endpoint->is_broken) {
        kind = FRAME_END;
    } else if (endpoint->pair->is_local) {
        kind = endpoint->pair->ends[1 - endpoint->side] == NULL ? FRAME_END : FRAME_NONE;
    } else if (list_is_empty(&endpoint->inbox)) {
        kind = take_ahead(endpoint, ret_head);
    }
    if (!list_is_empty(&endpoint->inbox)) {
        struct parcel *first = container_of(endpoint->inbox.next, struct parcel, link);
        *ret_head = (struct frame_head){.len = first->len, .handle_count = first->handle_count};
        *ret_parcel = first;
        return ZX_OK;
    }
    if (kind == FRAME_FOREIGN) {
        break_off(endpoint);
        return ZX_ERR_PEER_CLOSED;
    }
    return kind == FRAME_MESSAGE ? ZX_OK
           : kind == FRAME_END   ? ZX_ERR_PEER_CLOSED
                                 : ZX_ERR_SHOULD_WAIT;
}

/* Takes the next message out, wherever it is. */
static zx_status_t take_next(struct endpoint *endpoint, const struct frame_head *head,
                             struct parcel *first, struct parcel **ret_parcel)
{
    if (first == NULL) {
        zx_status_t status = frame_receive(endpoint->fd, head, ret_parcel);
        if (status == ZX_ERR_INVALID_ARGS) {
            break_off(endpoint);
            return ZX_ERR_PEER_CLOSED;
        }
        return status;
    }
    list_remove(&first->link);
    endpoint->inbox_size -= parcel_size(first);
    endpoint->inbox_handles -= first->handle_count;
    *ret_parcel = first;
    return ZX_OK;
}

/* After a message has gone. Without a port's eyes on it the socket need not be asked: whoever wants
 * to know the signals asks. */
static void update_readable(struct endpoint *endpoint)
{
    if (!endpoint->pair->is_local && endpoint->watch != NULL) {
        endpoint_look(endpoint);
    } else if (list_is_empty(&endpoint->inbox)) {
        object_update_signals(&endpoint->object, ZX_CHANNEL_READABLE, 0);
    }
    if (!endpoint->pair->is_local) {
        object_stir(&endpoint->object); /* they polled for less while there was a message */
    }
}

zx_status_t endpoint_read(struct endpoint *endpoint, const struct frame_head *limit,
                          bool may_discard, struct frame_head *ret_size, struct parcel **ret_parcel)
{
    struct parcel *first;
    struct parcel *taken = NULL;
    endpoint_lock(endpoint);
    zx_status_t status = find_next(endpoint, ret_size, &first);
    if (status == ZX_OK) {
        bool fits = ret_size->len <= limit->len && ret_size->handle_count <= limit->handle_count;
        if (fits || may_discard) {
            status = take_next(endpoint, ret_size, first, &taken);
            update_readable(endpoint);
        }
        status = fits || status != ZX_OK ? status : ZX_ERR_BUFFER_TOO_SMALL;
    }
    endpoint_unlock(endpoint);
    if (status == ZX_OK) {
        *ret_parcel = taken;
    } else {
        parcel_drop(taken);
    }
    return status;
}

zx_status_t endpoint_signal_peer(struct object *object, zx_signals_t clear, zx_signals_t set)
{
    struct endpoint *endpoint = endpoint_of(object);
    zx_status_t status = ZX_OK;
    endpoint_lock(endpoint);
    struct endpoint *other = endpoint->pair->ends[1 - endpoint->side];
    if (!endpoint->pair->is_local) {
        struct frame *frame = frame_from_signals(clear, set);
        status = frame == NULL ? ZX_ERR_NO_MEMORY : endpoint_send_frame(endpoint, frame);
    } else if (other == NULL) {
        status = ZX_ERR_PEER_CLOSED;
    } else {
        object_update_signals(&other->object, clear, set);
    }
    endpoint_unlock(endpoint);
    return status;
}
