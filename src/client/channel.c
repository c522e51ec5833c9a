/* Sending is under the lock. Reading is by one thread at a time, which holds the role ("reading")
 * instead of the lock while it polls and receives; threads whose replies have not come sleep, each
 * on a condition of its own, until the reader completes their call or passes the role on. Callbacks
 * run without lock and role. */
#include "client/channel.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <zircon/syscalls.h>

#include "base/fd.h"
#include "client/deadline.h"
#include "client/pending.h"
#include "client/request.h"
#include "client/status.h"
#include "wire/stream.h"
#include "zx/status.h"

#define QUEUE_BYTES   ((size_t)4 << 20)
#define STARVED_NS    ZX_MSEC(10) /* until a starved queue is tried again */
#define LAST_WORDS_NS ZX_SEC(1)   /* for the queue of a channel that is freed */
#define PUSH_NS       ZX_SEC(1)   /* for a one-way message that the socket has no room for */
#define PROCESS_BATCH 64          /* messages, before an event loop gets its turn again */

struct channel {
    pthread_mutex_t lock;
    enum model_protocol protocol;
    struct stream stream; /* receives: for the reader; all else: under the lock */
    struct pending pending;
    size_t users; /* the owner, and threads inside: the last one frees */
    bool reading;
    bool freed;
    bool stuck;       /* the daemon has not read for PUSH_NS: nobody waits for it until it does */
    bool hearing_out; /* a thread is in hear_out() */
    bool nonblocking; /* an event loop sends what is queued */
    zx_time_t retry;  /* when to flush a queue that waits for other processes; else for ever */
    sysmem_status_t dead; /* why nothing more comes */
    sysmem_done_fn closed;
    void *closed_arg;
    channel_serve_fn serve; /* NULL: nobody asks anything of this side */
    void *serve_arg;
};

/* --- Life --- */

sysmem_status_t channel_new(int fd, enum model_protocol protocol, struct channel **ret)
{
    struct channel *channel = fd < 0 ? NULL : calloc(1, sizeof(*channel));
    if (channel == NULL) {
        sysmem_status_t status = fd < 0 ? ZX_ERR_INVALID_ARGS : ZX_ERR_NO_MEMORY;
        fd_close(&fd);
        return status;
    }
    (void)pthread_mutex_init(&channel->lock, NULL);
    channel->protocol = protocol;
    stream_init(&channel->stream, fd, QUEUE_BYTES);
    pending_init(&channel->pending);
    channel->retry = ZX_TIME_INFINITE;
    channel->users = 1;
    *ret = channel;
    return 0;
}

static void enter(struct channel *channel)
{
    (void)pthread_mutex_lock(&channel->lock);
    channel->users++;
}

static void leave(struct channel *channel)
{
    bool last = --channel->users == 0;
    (void)pthread_mutex_unlock(&channel->lock);
    if (last) {
        stream_deinit(&channel->stream);
        (void)pthread_mutex_destroy(&channel->lock);
        free(channel);
    }
}

enum model_protocol channel_protocol(const struct channel *channel)
{
    return channel->protocol;
}

int channel_fd(const struct channel *channel)
{
    return channel->stream.fd;
}

sysmem_status_t channel_pair(int ret_fds[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) == 0
               ? 0
               : status_from_errno(errno);
}

/* --- Ending calls --- */

/* Ends a call. The lock is released while a callback runs. */
static void finish(struct channel *channel, struct call *call, struct channel_reply *reply)
{
    uint32_t txid = call->txid;
    if (call->done == NULL) {
        *call->reply = *reply;
        list_remove(&call->link); /* its thread may go on as soon as the lock is free */
    } else {
        call->delivering = true;
        pending_pass_role(&channel->pending);
        (void)pthread_mutex_unlock(&channel->lock);
        call->done(call->arg, reply);
        (void)pthread_mutex_lock(&channel->lock);
        list_remove(&call->link);
        free(call);
    }
    pending_wake(&channel->pending, txid);
}

/* Nothing more comes: ends all calls. */
static void die(struct channel *channel, sysmem_status_t why)
{
    if (channel->dead == 0) {
        channel->dead = why;
    }
    struct call *call;
    while ((call = pending_first(&channel->pending)) != NULL) {
        struct channel_reply reply;
        channel_reply_fail(&reply, call->method, why);
        finish(channel, call, &reply);
    }
}

/* --- Reading --- */

/* A message that answers no call: a request, or the late reply to a call that timed out. The role
 * is given up afterwards, so that requests are served in order. */
static void take_request(struct channel *channel, struct message *message)
{
    if (channel->serve == NULL) {
        message_clear(message);
    } else {
        (void)pthread_mutex_unlock(&channel->lock);
        channel->serve(channel->serve_arg, message);
        (void)pthread_mutex_lock(&channel->lock);
    }
    channel->reading = false;
}

/* Gives a message to the call that it answers and the role up. */
static void complete(struct channel *channel, struct message *message, sysmem_status_t failure)
{
    uint32_t txid = message->txid;
    const struct call *asked = pending_find(&channel->pending, txid);
    if (asked == NULL || asked->delivering) {
        take_request(channel, message);
        return;
    }
    const struct model_method *method = asked->method;
    (void)pthread_mutex_unlock(&channel->lock);
    struct channel_reply reply;
    if (failure == 0) {
        channel_reply_decode(&reply, method, message);
    } else {
        channel_reply_fail(&reply, method, failure);
        message_clear(message);
    }
    (void)pthread_mutex_lock(&channel->lock);
    channel->reading = false;
    struct call *call = pending_find(&channel->pending, txid); /* it may have timed out meanwhile */
    if (call == NULL) {
        channel_reply_clear(&reply);
    } else {
        finish(channel, call, &reply);
    }
}

/* What stream_receive() said; the role is given up. */
static void settle(struct channel *channel, int result, struct message *message)
{
    switch (result) {
    case 0:
        channel->reading = false;
        break;
    case 1:
        complete(channel, message, 0);
        break;
    case -EMFILE:
        complete(channel, message, ZX_ERR_NO_RESOURCES);
        break;
    default:
        channel->reading = false;
        die(channel, status_from_stream(result));
        break;
    }
}

/* After sending: a queue that waits for other processes shows no readiness of its own. */
static void plan_retry(struct channel *channel)
{
    bool starved = stream_wants_write(&channel->stream) && stream_is_starved(&channel->stream);
    channel->retry = starved ? deadline_after(STARVED_NS) : ZX_TIME_INFINITE;
}

static bool is_starved(const struct channel *channel)
{
    return channel->retry != ZX_TIME_INFINITE;
}

static short wanted_events(const struct channel *channel)
{
    bool writes = stream_wants_write(&channel->stream) && !is_starved(channel);
    return (short)(writes ? POLLIN | POLLOUT : POLLIN);
}

/* How long to poll at once. */
static zx_time_t poll_deadline(const struct channel *channel, zx_time_t deadline)
{
    return deadline < channel->retry ? deadline : channel->retry;
}

/* A failure shows again as the end of what can be received, which may be some messages away. */
static void flush(struct channel *channel)
{
    if (stream_wants_write(&channel->stream)) {
        (void)stream_flush(&channel->stream);
        plan_retry(channel);
    }
}

/* Reads one message if there is one, without waiting. False: there was none. */
static bool read_now(struct channel *channel)
{
    struct message message;
    channel->reading = true;
    (void)pthread_mutex_unlock(&channel->lock);
    int result = stream_receive(&channel->stream, &message);
    (void)pthread_mutex_lock(&channel->lock);
    settle(channel, result, &message);
    return result != 0;
}

/* Waits for the socket as the reader, and reads one message. False: the deadline is past. */
static bool lead(struct channel *channel, zx_time_t deadline)
{
    short events = wanted_events(channel);
    zx_time_t until = poll_deadline(channel, deadline);
    struct message message;
    int result = 0;
    bool in_time = true;
    channel->reading = true;
    (void)pthread_mutex_unlock(&channel->lock);
    if (events == POLLIN && until == ZX_TIME_INFINITE) {
        result = stream_receive_wait(&channel->stream, &message); /* the common case: no poll */
    }
    if (result == 0) {
        short ready = deadline_poll(channel->stream.fd, events, until);
        in_time = ready != 0 || until != deadline;
        if ((ready & ~POLLOUT) != 0) {
            result = stream_receive(&channel->stream, &message);
        }
    }
    (void)pthread_mutex_lock(&channel->lock);
    flush(channel);
    settle(channel, result, &message);
    return in_time;
}

static sysmem_status_t await(struct channel *channel, uint32_t txid, zx_time_t deadline)
{
    bool in_time = true;
    const struct call *call = pending_find(&channel->pending, txid);
    while (call != NULL && in_time) {
        in_time = channel->reading || call->delivering
                      ? pending_sleep(&channel->pending, txid, &channel->lock, deadline)
                      : lead(channel, deadline);
        call = pending_find(&channel->pending, txid);
    }
    if (!channel->reading) {
        pending_pass_role(&channel->pending);
    }
    return call == NULL ? 0 : ZX_ERR_TIMED_OUT;
}

/* --- Sending --- */

/* Sends the queue, or waits until the deadline for the daemon to read. */
static void drain(struct channel *channel, zx_time_t deadline)
{
    short ready = POLLOUT;
    while (ready != 0 && stream_wants_write(&channel->stream)) {
        bool starved = is_starved(channel);
        zx_time_t until = poll_deadline(channel, deadline);
        (void)pthread_mutex_unlock(&channel->lock);
        ready = deadline_poll(starved ? -1 : channel->stream.fd, POLLOUT, until);
        (void)pthread_mutex_lock(&channel->lock);
        flush(channel);
        if (until != deadline) {
            ready = POLLOUT; /* not the caller's deadline: once more */
        }
    }
}

/* A message that nobody waits for must be on its way when the call returns: what is asked for on
 * another channel next may depend on it, and nobody may ever call on this one again. Replies are
 * taken in meanwhile, because the daemon reads no more from a client that does not read. */
static void push(struct channel *channel)
{
    channel->stuck = channel->stuck && stream_wants_write(&channel->stream);
    zx_time_t deadline = deadline_after(PUSH_NS);
    bool in_time = !channel->stuck;
    while (in_time && channel->dead == 0 && !channel->nonblocking &&
           stream_wants_write(&channel->stream)) {
        if (channel->reading) {
            drain(channel, deadline); /* the reader polls already, and not for writing */
            in_time = !stream_wants_write(&channel->stream);
        } else {
            in_time = lead(channel, deadline);
        }
        channel->stuck = !in_time;
    }
    if (!channel->reading) {
        pending_pass_role(&channel->pending);
    }
}

/* The daemon is gone: what it said before is called back before its end is reported. Callbacks
 * whose calls fail in the same way leave the rest to this loop, instead of nesting in it. */
static sysmem_status_t hear_out(struct channel *channel)
{
    if (!channel->hearing_out) {
        channel->hearing_out = true;
        bool more = true;
        while (more && !channel->reading && channel->dead == 0) {
            more = lead(channel, ZX_TIME_INFINITE_PAST);
        }
        channel->hearing_out = false;
    }
    if (!channel->reading) {
        pending_pass_role(&channel->pending);
    }
    return channel->dead == 0 ? ZX_ERR_PEER_CLOSED : channel->dead;
}

/* Sends a message and, for a two-way one, notes its call, which may be over and gone afterwards
 * unless the caller waits for it. The message is consumed. */
static sysmem_status_t submit(struct channel *channel, struct message *message, struct call *call,
                              zx_time_t deadline)
{
    sysmem_status_t dead = channel->dead;
    if (dead != 0) {
        message_clear(message);
        return dead;
    }
    if (call != NULL) {
        message->txid = call->txid;
    }
    int result = stream_send(&channel->stream, message);
    plan_retry(channel);
    if (result == STREAM_CLOSED) {
        return hear_out(channel);
    }
    if (result != 0) {
        return status_from_stream(result);
    }
    if (call == NULL) {
        push(channel);
        return 0;
    }
    bool waits = call->done == NULL;
    pending_add(&channel->pending, call);
    if (channel->reading && waits) {
        drain(channel, deadline);
    } else if (channel->reading) {
        push(channel);
    } /* else whoever waits for the reply sends it */
    return 0;
}

sysmem_status_t channel_send_slots(struct channel *channel, const struct model_method *method,
                                   const void *request, struct message *message)
{
    assert(!method->two_way);
    sysmem_status_t status = request_encode_slots(method, request, message);
    if (status == 0) {
        enter(channel);
        status = submit(channel, message, NULL, ZX_TIME_INFINITE);
        leave(channel);
    }
    return status;
}

sysmem_status_t channel_send(struct channel *channel, const struct model_method *method,
                             void *request)
{
    assert(!method->two_way);
    struct message message;
    sysmem_status_t status = request_encode(method, request, &message);
    if (status == 0) {
        enter(channel);
        status = submit(channel, &message, NULL, ZX_TIME_INFINITE);
        leave(channel);
    }
    return status;
}

void channel_call(struct channel *channel, const struct model_method *method, void *request,
                  zx_time_t deadline, struct channel_reply *ret)
{
    assert(method->two_way);
    struct message message;
    sysmem_status_t status = request_encode(method, request, &message);
    if (status != 0) {
        channel_reply_fail(ret, method, status);
        return;
    }
    struct call call = {.method = method, .reply = ret};
    list_init(&call.link);
    enter(channel);
    call.txid = pending_new_txid(&channel->pending);
    status = submit(channel, &message, &call, deadline);
    if (status == 0) {
        status = await(channel, call.txid, deadline);
    }
    if (status != 0) {
        list_remove(&call.link);
        channel_reply_fail(ret, method, status);
    }
    leave(channel);
}

sysmem_status_t channel_start(struct channel *channel, const struct model_method *method,
                              void *request, channel_done_fn done, void *arg, uint32_t *ret_txid)
{
    assert(method->two_way);
    struct message message;
    sysmem_status_t status = request_encode(method, request, &message);
    if (status != 0) {
        return status;
    }
    struct call *call = malloc(sizeof(*call));
    if (call == NULL) {
        message_clear(&message);
        return ZX_ERR_NO_MEMORY;
    }
    *call = (struct call){.method = method, .done = done, .arg = arg};
    enter(channel);
    uint32_t txid = pending_new_txid(&channel->pending);
    call->txid = txid;
    status = submit(channel, &message, call, ZX_TIME_INFINITE);
    if (status != 0) {
        free(call);
    } else if (ret_txid != NULL) {
        *ret_txid = txid;
    }
    leave(channel);
    return status;
}

/* --- Serving --- */

void channel_on_request(struct channel *channel, channel_serve_fn serve, void *arg)
{
    channel->serve = serve;
    channel->serve_arg = arg;
    channel->nonblocking = true; /* the loop sends what is queued */
}

sysmem_status_t channel_answer(struct channel *channel, struct message *message)
{
    enter(channel);
    sysmem_status_t status = channel->dead;
    if (status == 0) {
        int result = stream_send(&channel->stream, message);
        status = result == 0 ? 0 : status_from_stream(result);
        plan_retry(channel);
    } else {
        message_clear(message);
    }
    leave(channel);
    return status;
}

/* --- What event loops and owners do --- */

sysmem_status_t channel_wait(struct channel *channel, uint32_t txid, zx_time_t deadline)
{
    enter(channel);
    sysmem_status_t status = await(channel, txid, deadline);
    leave(channel);
    return status;
}

/* Tells once that the channel is closed. */
static void tell_closed(struct channel *channel)
{
    sysmem_done_fn closed = channel->closed;
    if (closed == NULL) {
        return;
    }
    channel->closed = NULL;
    sysmem_status_t why = channel->dead;
    void *arg = channel->closed_arg;
    (void)pthread_mutex_unlock(&channel->lock);
    closed(arg, why);
    (void)pthread_mutex_lock(&channel->lock);
}

sysmem_status_t channel_process(struct channel *channel)
{
    enter(channel);
    flush(channel);
    bool more = true;
    for (int i = 0; i < PROCESS_BATCH && more && !channel->reading && channel->dead == 0; i++) {
        more = read_now(channel);
    }
    if (!channel->reading) {
        pending_pass_role(&channel->pending);
    }
    if (channel->dead != 0 && !channel->freed) {
        tell_closed(channel);
    }
    sysmem_status_t status = channel->freed ? ZX_ERR_CANCELED : channel->dead;
    leave(channel);
    return status;
}

short channel_events(struct channel *channel)
{
    (void)pthread_mutex_lock(&channel->lock);
    short events = wanted_events(channel);
    (void)pthread_mutex_unlock(&channel->lock);
    return events;
}

zx_time_t channel_timeout(struct channel *channel)
{
    (void)pthread_mutex_lock(&channel->lock);
    bool must_tell = channel->dead != 0 && channel->closed != NULL;
    zx_time_t timeout = must_tell ? 0 : channel->retry;
    (void)pthread_mutex_unlock(&channel->lock);
    return timeout;
}

void channel_set_nonblocking(struct channel *channel, bool nonblocking)
{
    (void)pthread_mutex_lock(&channel->lock);
    channel->nonblocking = nonblocking;
    (void)pthread_mutex_unlock(&channel->lock);
}

void channel_on_closed(struct channel *channel, sysmem_done_fn closed, void *arg)
{
    (void)pthread_mutex_lock(&channel->lock);
    channel->closed = closed;
    channel->closed_arg = arg;
    (void)pthread_mutex_unlock(&channel->lock);
}

/* Ends everything but the memory, which the last thread inside gives back. */
static void retire(struct channel *channel)
{
    channel->freed = true;
    if (channel->reading) {
        (void)shutdown(channel->stream.fd, SHUT_RDWR); /* wakes the reader */
    }
    die(channel, ZX_ERR_PEER_CLOSED);
}

void channel_free(struct channel *channel)
{
    if (channel == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&channel->lock);
    drain(channel, deadline_after(LAST_WORDS_NS));
    retire(channel);
    leave(channel);
}

int channel_into_fd(struct channel *channel)
{
    (void)pthread_mutex_lock(&channel->lock);
    assert(!channel->reading);
    drain(channel, deadline_after(LAST_WORDS_NS));
    int fd = fd_take(&channel->stream.fd);
    retire(channel);
    leave(channel);
    return fd;
}
