#include "server/binding.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "server/bind.h"
#include "server/charge.h"
#include "server/chore.h"
#include "server/closer.h"
#include "server/dispatch.h"
#include "server/link.h"
#include "server/unread.h"
#include "server/wait.h"
#include "wire/codec.h"
#include "wire/envelope.h"

/* How long a message waits for others to receive descriptors before it is tried again. */
#define STARVED_MS 10

static void on_ready(uv_poll_t *poll, int status, int events);

static void on_starved(uv_timer_t *timer)
{
    binding_flush_starved(timer->data);
    chore_wake(timer->data);
}

void binding_watch(struct binding *binding)
{
    if (binding->reset) {
        return; /* nothing more can come or go */
    }
    /* A client that does not read its replies is not served further until it does. Who serves the
     * daemon may have to get an answer off before it can read. */
    bool sends = stream_wants_write(&binding->stream);
    bool receives = !sends || binding->caller != NULL;
    if (bind_is_pending(binding) || binding->asked) {
        receives = false; /* it is read from as a chore, or elsewhere */
    }
    if (stream_is_starved(&binding->stream)) {
        sends = false; /* writable all the while: the timer tries again */
        (void)uv_timer_start(&binding->server->starved, on_starved, STARVED_MS, STARVED_MS);
    }
    int wanted = (sends ? UV_WRITABLE : 0) | (receives ? UV_READABLE : 0);
    if (wanted != binding->watched) {
        binding->watched = wanted;
        int failed = wanted == 0 ? uv_poll_stop(&binding->poll)
                                 : uv_poll_start(&binding->poll, wanted, on_ready);
        assert(failed == 0);
        (void)failed;
    }
}

struct binding *binding_new(struct server *server, enum model_protocol protocol, int fd,
                            struct account *account)
{
    struct binding *binding = calloc(1, sizeof(*binding));
    int failed = binding == NULL ? UV_ENOMEM : uv_poll_init(&server->loop, &binding->poll, fd);
    if (failed != 0) {
        free(binding);
        closer_close(account->uid, fd);
        account_discharge(account, ACCOUNT_DESCRIPTORS, 1);
        errno = -failed;
        return NULL;
    }
    binding->poll.data = binding;
    binding->server = server;
    binding->protocol = protocol;
    binding->account = account;
    binding->uid = account->uid;
    account->references++;
    binding->charged_descriptors = 1;
    stream_init(&binding->stream, fd, server->config->quotas.max_queued_bytes_per_connection);
    list_append(&server->bindings, &binding->link);
    list_init(&binding->chore);
    list_init(&binding->watch);
    list_init(&binding->binds);
    list_init(&binding->receive);
    list_init(&binding->unread);
    return binding;
}

void binding_trust(struct binding *binding)
{
    assert(!binding->asked);
    binding->foreign = false;
    binding->stream.is_shared = false;
}

void binding_take_node(struct binding *binding, struct node *node)
{
    binding->node = node;
    node->peer = binding;
    node->koid = binding->name.koid;
    collection_set_owner(node, binding->pid, binding->uid);
}

static void on_freed(uv_handle_t *handle)
{
    struct binding *binding = handle->data;
    (void)account_unref(binding->account);
    free(binding->client_name);
    free(binding->registrar);
    free(binding->waits);
    failure_unref(binding->waits_failure);
    free(binding);
}

/* Nothing more is received. */
static void forget(struct binding *binding)
{
    receiver_forget(binding);
    bind_drop_all(binding);
    if (map_get(&binding->server->tokens, binding->name.koid) == binding) {
        (void)map_take(&binding->server->tokens, binding->name.koid);
    }
    if (binding->caller != NULL) {
        link_lost(binding->caller);
        binding->caller = NULL;
    }
}

bool binding_shut_down(struct binding *binding)
{
    bool done = !binding->shut && shutdown(binding->stream.fd, SHUT_RDWR) == 0;
    binding->shut = binding->shut || done;
    return done;
}

/* libuv forgets the descriptor in uv_close(), before it is closed here. */
static void destroy(struct binding *binding)
{
    binding->state = BINDING_CLOSED;
    list_remove(&binding->link);
    list_remove(&binding->chore);
    list_remove(&binding->watch);
    event_log_unfollow(&binding->server->events, &binding->follower);
    if (binding->protocol == MODEL_PROTOCOL_ALLOCATOR) {
        account_discharge(binding->account, ACCOUNT_CONNECTIONS, 1);
    }
    (void)account_recharge(binding->account, ACCOUNT_MESSAGE_BYTES, &binding->charged_bytes, 0);
    uv_close((uv_handle_t *)&binding->poll, on_freed);
    /* A client may have kept a duplicate of the server end: only a shutdown tells the other side
     * for sure. */
    (void)binding_shut_down(binding);
    unread_close_end(binding);
    closer_close_rest(binding->uid, &binding->stream.partial);
    stream_deinit(&binding->stream);
}

void binding_close(struct binding *binding)
{
    assert(binding->node == NULL);
    if (binding->state != BINDING_OPEN && binding->state != BINDING_ENDING) {
        return;
    }
    bool asks = binding->caller != NULL; /* requests of which nobody awaits the answer */
    forget(binding);
    list_remove(&binding->chore);
    if (stream_wants_write(&binding->stream) && !binding->overdrawn && !asks) {
        binding->state = BINDING_DRAINING;
        binding_watch(binding);
        return;
    }
    destroy(binding);
}

/* The same for one of perhaps thousands, whose pending waits may have to be answered before. For
 * others it is closed at once. */
static void end_soon(struct binding *binding)
{
    if (binding->state == BINDING_OPEN) {
        forget(binding);
        binding->state = BINDING_ENDING;
        binding->waits_due = false;
        chore_add_ending(binding);
    }
}

bool binding_end_step(struct binding *binding)
{
    assert(binding->state == BINDING_ENDING);
    if (binding->waits_error != 0 && wait_fail_one(binding)) {
        return true;
    }
    failure_unref(binding->waits_failure);
    binding->waits_failure = NULL;
    binding_close(binding);
    return false;
}

void binding_abandon(struct binding *binding)
{
    assert(binding->node == NULL && binding->state != BINDING_CLOSED);
    forget(binding);
    destroy(binding);
}

/* Cuts the node off, which fails its domain: this binding is closed by that, too. */
static void fail_node(struct binding *binding, const char *why)
{
    collection_fail_node(binding->node, why);
    assert(binding->state != BINDING_OPEN);
}

void binding_fail(struct binding *binding, const char *why)
{
    if (binding->state != BINDING_OPEN && binding->state != BINDING_ENDING) {
        return;
    }
    log_warning("%s: %s; the channel closes", binding_describe(binding), why);
    if (binding->state == BINDING_ENDING) {
        binding->waits_error = 0; /* no further answer can be sent */
    } else if (binding->node != NULL) {
        fail_node(binding, why);
    } else {
        binding_close(binding);
    }
}

/* Sends an encoded reply, which is consumed. */
static void send_reply(struct binding *binding, enum codec_status coded, struct message *message)
{
    if (coded != CODEC_OK) {
        message_clear(message);
        binding_fail(binding, "no memory for a reply");
        return;
    }
    const char *refused = message->attachment_count == 0
                              ? NULL
                              : charge_descriptors(binding, message->attachment_count);
    if (refused != NULL) {
        message_clear(message);
        binding_fail(binding, refused);
        return;
    }
    int sent = stream_send(&binding->stream, message);
    if (sent == STREAM_FULL) {
        char why[112];
        (void)snprintf(
            why, sizeof(why),
            "max_queued_bytes_per_connection %llu: the client does not read its replies",
            (unsigned long long)binding->server->config->quotas.max_queued_bytes_per_connection);
        binding_fail(binding, why);
    } else if (sent < 0 && sent != STREAM_CLOSED) {
        binding_fail(binding, strerror(-sent));
    } else {
        /* A peer that is gone shows as the end of file, behind what it still sent. */
        const char *why = charge_all(binding);
        if (why != NULL) {
            binding_fail(binding, why);
        } else {
            binding_watch(binding);
        }
    }
}

const char *binding_describe(const struct binding *binding)
{
    if (binding->node != NULL) {
        return collection_describe_node(binding->node);
    }
    static char line[128];
    (void)snprintf(line, sizeof(line), "%s pid %d uid %u", model_protocol_name(binding->protocol),
                   (int)binding->pid, (unsigned)binding->uid);
    return line;
}

static bool may_reply(const struct binding *binding)
{
    return binding->state == BINDING_OPEN || binding->state == BINDING_ENDING;
}

void binding_reply(struct binding *binding, const struct model_method *method, uint32_t err,
                   const void *response, struct message *message)
{
    if (may_reply(binding)) {
        send_reply(binding, codec_encode_result(method, err, response, message), message);
    } else {
        message_clear(message);
    }
}

void binding_reply_failure(struct binding *binding, const struct model_method *method, uint32_t err,
                           const struct model_failure *failure, struct message *message)
{
    if (may_reply(binding)) {
        send_reply(binding, codec_encode_failure(method, err, failure, message), message);
    } else {
        message_clear(message);
    }
}

int binding_request(struct binding *binding, struct message *message)
{
    size_t descriptors = message->attachment_count;
    if (descriptors > 0 && charge_descriptors(binding, descriptors) != NULL) {
        closer_close_rest(binding->uid, message);
        message_clear(message);
        return -ENOBUFS;
    }
    int sent = stream_send(&binding->stream, message);
    const char *why = charge_all(binding);
    if (sent == STREAM_FULL) {
        return -ENOBUFS;
    }
    if (sent < 0 && sent != STREAM_CLOSED) {
        why = strerror(-sent);
    }
    if (why != NULL) {
        binding_fail(binding, why);
        return -EPIPE;
    }
    binding_watch(binding);
    return 0;
}

/* The peer closed its end, and all that it sent has been handled. */
static void on_end(struct binding *binding)
{
    struct node *node = binding->node;
    if (node == NULL) {
        binding_close(binding);
    } else if (node->released) {
        log_debug("%s: released and closed", binding_describe(binding));
        binding->node = NULL;
        binding_close(binding);
        collection_orphan_node(node);
    } else {
        fail_node(binding, "the client closed its end without Release");
    }
}

static int receive(struct binding *binding, struct message *ret)
{
    if (!binding->foreign) {
        return stream_receive(&binding->stream, ret);
    }
    assert(binding->arrived != NULL);
    struct packet *packet = binding->arrived;
    binding->arrived = NULL;
    return stream_take_packet(&binding->stream, binding->arrived_result, packet, ret);
}

bool binding_receive(struct binding *binding, struct message *ret)
{
    int got = receive(binding, ret);
    const char *why = charge_all(binding);
    switch (got) {
    case 1:
        return true;
    case 0:
        if (why != NULL) {
            closer_close_rest(binding->uid, &binding->stream.partial);
            binding_fail(binding, why);
        }
        break;
    case STREAM_CLOSED:
        on_end(binding);
        break;
    case STREAM_MALFORMED:
        closer_close_rest(binding->uid, &binding->stream.partial);
        binding_fail(binding, binding->stream.reason);
        break;
    case -EMFILE:
        closer_close_rest(binding->uid, ret);
        message_clear(ret);
        binding_fail(binding, binding->stream.reason);
        break;
    default:
        binding_fail(binding, strerror(-got));
    }
    return false;
}

/* Handles one message that is queued on the channel. False: there was none, or the channel is
 * closed now. */
static bool handle_one(struct binding *binding)
{
    struct message message;
    if (!binding_receive(binding, &message)) {
        return false;
    }
    if (binding->caller != NULL) {
        link_take(binding->caller, &message);
    } else {
        dispatch(binding, &message);
    }
    message_clear(&message);
    return binding->state == BINDING_OPEN;
}

void binding_ask(struct binding *binding)
{
    if (!receiver_ask(binding)) {
        binding_fail(binding, "the system refused a process to receive with");
    } else if (binding->state == BINDING_OPEN) {
        binding_watch(binding);
    }
}

void binding_arrived(struct binding *binding, int result, struct packet *packet)
{
    binding->arrived = packet;
    binding->arrived_result = result;
    bool was_bound = bind_is_pending(binding);
    bool more = was_bound ? bind_step(binding) : handle_one(binding);
    if (binding->state != BINDING_OPEN) {
        return;
    }
    if (bind_is_pending(binding) || (binding->reset && (more || was_bound))) {
        binding_ask(binding);
    } else {
        binding->reset = false;
        binding_watch(binding);
    }
}

static void flush(struct binding *binding)
{
    (void)stream_flush(&binding->stream); /* a peer that is gone shows as the end of file */
    (void)charge_all(binding);            /* it can only have become less */
    if (binding->state == BINDING_DRAINING && !stream_wants_write(&binding->stream)) {
        destroy(binding);
    } else {
        binding_watch(binding);
        if (binding->waits_due) {
            chore_add(binding);
        }
    }
}

void binding_flush_starved(struct server *server)
{
    bool starved = false;
    list_for_each_safe (link, next, &server->bindings) {
        struct binding *binding = container_of(link, struct binding, link);
        if (stream_is_starved(&binding->stream)) {
            flush(binding);
            starved = starved ||
                      (binding->state != BINDING_CLOSED && stream_is_starved(&binding->stream));
        }
    }
    if (!starved) {
        (void)uv_timer_stop(&server->starved);
    }
}

/* The peer closed with replies unread: EPOLLERR, on which libuv stops polling. What it sent before
 * still counts (a Release, say). */
static void on_reset(struct binding *binding)
{
    binding->watched = 0;
    binding->reset = true;
    flush(binding);
    if (binding->state == BINDING_OPEN && binding->foreign) {
        binding_ask(binding);
    } else if (binding->state == BINDING_OPEN) {
        chore_add(binding);
    }
}

/* One message for each readiness: no client keeps the loop to itself. A client that does not read
 * its replies is not read from. */
static void serve(struct binding *binding)
{
    if (stream_wants_write(&binding->stream)) {
        flush(binding);
        if (binding->caller == NULL || binding->asked) {
            return;
        }
    }
    if (binding->foreign) {
        binding_ask(binding);
    } else {
        (void)handle_one(binding);
    }
}

/* Reads from the channel, of which somebody waits for the end. True: there is more to do, now. */
static bool read_on(struct binding *binding)
{
    if (bind_is_pending(binding)) {
        bool more = bind_step(binding);
        if (!more && binding->state == BINDING_OPEN) {
            binding_watch(binding);
        }
        return more || (binding->reset && binding->state == BINDING_OPEN);
    }
    if (!handle_one(binding) && binding->state == BINDING_OPEN) {
        binding->reset = false; /* a part of a message, or not gone after all */
        binding_watch(binding);
    }
    return binding->reset && binding->state == BINDING_OPEN;
}

bool binding_do_chore(struct binding *binding)
{
    bool deferred = binding->deferred;
    binding->deferred = false;
    if (!binding->foreign && (bind_is_pending(binding) || binding->reset)) {
        return read_on(binding);
    }
    if (deferred) {
        serve(binding);
        return binding->waits_due && binding->state == BINDING_OPEN;
    }
    /* Who does not read gets no more: flush() goes on. */
    return binding->state == BINDING_OPEN && !stream_wants_write(&binding->stream) &&
           wait_answer_one(binding) && !stream_wants_write(&binding->stream);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct binding *binding = poll->data;
    (void)events; /* those that it was polled for: it has hung up, too */
    if (binding->state == BINDING_ENDING) {
        binding->watched = status < 0 ? 0 : binding->watched;
        return;
    }
    if (status >= 0 && chore_turn_is_over(binding->server)) {
        binding->deferred = true;
        chore_add(binding);
        return;
    }
    binding->deferred = false;
    log_begin_cause(binding->uid);
    if (status < 0) {
        on_reset(binding);
    } else {
        serve(binding);
    }
    log_end_cause();
}

static void peer_allocated(void *peer)
{
    wait_answer_soon(peer);
}

static void peer_failed(void *peer, uint32_t error, struct failure *failure)
{
    struct binding *binding = peer;
    binding->waits_error = error;
    binding->waits_node = binding->node->koid;
    if (failure != NULL && binding->waits_failure == NULL) {
        binding->waits_failure = failure_ref(failure);
    }
}

static void peer_closed(void *peer, const char *why)
{
    struct binding *binding = peer;
    log_debug("%s: channel closes: %s", binding_describe(binding), why);
    binding->node = NULL;
    end_soon(binding);
}

const struct collection_peer_ops binding_peer_ops = {
    .allocated = peer_allocated,
    .failed = peer_failed,
    .closed = peer_closed,
};
