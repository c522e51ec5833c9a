#include "server/receiver.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "server/binding.h"
#include "server/closer.h"
#include "server/helper.h"
#include "server/server.h"
#include "wire/packet.h"

/* How long it waits for the kernel to have room, and how long it stays without a channel: who opens
 * and closes channels all the time does not get a new process each time. */
#define AGAIN_MS  10
#define LINGER_MS 100

/* For channels whose socket one uid made and one uid sent: either may have kept a descriptor, and
 * neither may hold up the other's. Stays while its helper is stuck, so that a uid gets only one. */
struct receiver {
    struct list link; /* in server->receivers */
    struct server *server;
    struct account *account; /* charged for `control` */
    uid_t maker;
    uid_t sender;
    unsigned channels;
    struct list waiting;     /* bindings, for their turn */
    struct binding *current; /* asked for; NULL: none, or it has closed since */
    bool busy;               /* the helper has not answered yet */
    bool again;              /* asked for again since */
    bool broken;             /* the helper is gone */
    int control;
    int helper_end;       /* to be handed to the helper; -1: it was */
    uv_poll_t poll;       /* answers */
    uv_timer_t timer;     /* AGAIN_MS or LINGER_MS */
    unsigned open_events; /* of these two: libuv has not let go of them yet */
};

static void go_on(struct receiver *receiver);
static void on_answer(uv_poll_t *poll, int status, int events);

bool receiver_trusts(uid_t uid)
{
    return uid == 0 || uid == geteuid();
}

static void on_closed(uv_handle_t *handle)
{
    struct receiver *receiver = handle->data;
    if (--receiver->open_events == 0) {
        free(receiver);
    }
}

/* Freed when libuv lets go of it; the helper ends when it sees the end of the file. */
static void receiver_free(struct receiver *receiver)
{
    list_remove(&receiver->link);
    if (!uv_is_closing((uv_handle_t *)&receiver->timer)) {
        uv_close((uv_handle_t *)&receiver->timer, on_closed);
        uv_close((uv_handle_t *)&receiver->poll, on_closed);
        fd_close(&receiver->control);
        fd_close(&receiver->helper_end);
        account_discharge(receiver->account, ACCOUNT_DESCRIPTORS, 1);
        (void)account_unref(receiver->account);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct receiver *receiver = timer->data;
    if (receiver->channels > 0) {
        log_begin_cause(receiver->sender);
        go_on(receiver);
        log_end_cause();
    } else if (!receiver->busy) {
        receiver_free(receiver);
    }
}

static void wait_ms(struct receiver *receiver, uint64_t ms)
{
    (void)uv_timer_start(&receiver->timer, on_timer, ms, 0);
}

/* The helper is gone: who waits for it closes, who comes gets another. */
static void give_up(struct receiver *receiver, int error)
{
    log_error("receiving for uid %u: %s", (unsigned)receiver->sender, strerror(error));
    receiver->broken = true;
    receiver->busy = false;
    (void)uv_poll_stop(&receiver->poll);
    if (receiver->current != NULL) {
        list_append(&receiver->waiting, &receiver->current->receive);
        receiver->current = NULL;
    }
    while (!list_is_empty(&receiver->waiting)) {
        struct binding *binding = container_of(receiver->waiting.next, struct binding, receive);
        list_remove(&binding->receive);
        binding->asked = false;
        binding_fail(binding, "the process that receives from it is gone");
    }
    if (receiver->channels == 0) {
        wait_ms(receiver, LINGER_MS);
    }
}

/* True: it went; else it is tried again later, or everything has failed. */
static bool sent(struct receiver *receiver, int error)
{
    if (error == -EAGAIN || error == -ETOOMANYREFS || error == -ENOBUFS) {
        wait_ms(receiver, AGAIN_MS);
    } else if (error != 0) {
        give_up(receiver, -error);
    }
    return error == 0;
}

/* Asks for the next packet, if it is time. */
static void go_on(struct receiver *receiver)
{
    if (receiver->busy || receiver->broken) {
        return;
    }
    if (receiver->helper_end >= 0) {
        if (!sent(receiver, helper_new(receiver->server->helper_fd, receiver->helper_end))) {
            return;
        }
        fd_close(&receiver->helper_end);
    }
    if (list_is_empty(&receiver->waiting)) {
        return;
    }
    struct binding *next = container_of(receiver->waiting.next, struct binding, receive);
    if (sent(receiver, helper_ask(receiver->control, next->stream.fd))) {
        list_remove(&next->receive);
        receiver->current = next;
        receiver->busy = true;
        receiver->again = false;
    }
}

static void drop(const struct receiver *receiver, struct packet *packet)
{
    for (size_t i = 0; i < packet->fd_count; i++) {
        if (packet->fds[i] >= 0) {
            closer_close(receiver->sender, packet->fds[i]);
        }
    }
}

/* What the helper received for the channel that it was asked for. */
static void deliver(struct receiver *receiver, int result, struct packet *packet)
{
    struct binding *binding = receiver->current;
    bool too_early = receiver->again && result == -EAGAIN;
    receiver->busy = false;
    receiver->current = NULL;
    if (binding != NULL && too_early) {
        list_append(&receiver->waiting, &binding->receive);
    }
    if (receiver->channels == 0) {
        wait_ms(receiver, LINGER_MS);
    }
    go_on(receiver); /* the helper works while we do */
    if (binding == NULL) {
        drop(receiver, packet);
    } else if (!too_early) {
        binding->asked = false;
        binding_arrived(binding, result, packet);
    }
}

static void on_answer(uv_poll_t *poll, int status, int events)
{
    struct receiver *receiver = poll->data;
    (void)events;
    struct packet packet;
    int result = 0;
    log_begin_cause(receiver->sender);
    int got = packet_receive_forwarded(receiver->control, &packet, &result);
    if (got == 1) {
        deliver(receiver, result, &packet);
    } else if (got != -EAGAIN || status < 0) {
        give_up(receiver, got == PACKET_CLOSED ? EPIPE : -got);
    }
    log_end_cause();
}

static bool start_events(struct receiver *receiver)
{
    uv_loop_t *loop = &receiver->server->loop;
    if (uv_poll_init(loop, &receiver->poll, receiver->control) != 0) {
        return false;
    }
    (void)uv_timer_init(loop, &receiver->timer); /* neither can fail */
    int failed = uv_poll_start(&receiver->poll, UV_READABLE, on_answer);
    assert(failed == 0);
    (void)failed;
    receiver->poll.data = receiver;
    receiver->timer.data = receiver;
    receiver->open_events = 2;
    return true;
}

static struct receiver *receiver_new(const struct binding *first)
{
    struct server *server = first->server;
    int ends[2] = {-1, -1};
    struct receiver *receiver = calloc(1, sizeof(*receiver));
    if (receiver == NULL || !account_charge(first->account, ACCOUNT_DESCRIPTORS, 1)) {
        free(receiver);
        return NULL;
    }
    bool paired = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0;
    receiver->server = server;
    receiver->control = ends[0];
    receiver->helper_end = ends[1];
    if (!paired || !start_events(receiver)) {
        fd_close(&ends[0]);
        fd_close(&ends[1]);
        free(receiver);
        account_discharge(first->account, ACCOUNT_DESCRIPTORS, 1);
        return NULL;
    }
    receiver->account = first->account;
    receiver->account->references++;
    receiver->maker = first->maker;
    receiver->sender = first->sender;
    list_init(&receiver->waiting);
    list_append(&server->receivers, &receiver->link);
    return receiver;
}

static struct receiver *find(const struct binding *binding)
{
    list_for_each (link, &binding->server->receivers) {
        struct receiver *receiver = container_of(link, struct receiver, link);
        if (!receiver->broken && receiver->maker == binding->maker &&
            receiver->sender == binding->sender) {
            return receiver;
        }
    }
    return NULL;
}

/* The channel gives its receiver up. */
static void leave(struct binding *binding)
{
    struct receiver *receiver = binding->receiver;
    binding->receiver = NULL;
    if (receiver != NULL && --receiver->channels == 0 && !receiver->busy) {
        wait_ms(receiver, LINGER_MS);
    }
}

bool receiver_ask(struct binding *binding)
{
    assert(binding->foreign);
    if (binding->asked) {
        binding->receiver->again |= binding->receiver->current == binding;
        return true;
    }
    if (binding->receiver != NULL && binding->receiver->broken) {
        leave(binding);
    }
    if (binding->receiver == NULL) {
        struct receiver *found = find(binding);
        binding->receiver = found != NULL ? found : receiver_new(binding);
        if (binding->receiver == NULL) {
            return false;
        }
        binding->receiver->channels++;
    }
    binding->asked = true;
    list_append(&binding->receiver->waiting, &binding->receive);
    go_on(binding->receiver);
    return true;
}

void receiver_forget(struct binding *binding)
{
    list_remove(&binding->receive);
    if (binding->receiver != NULL && binding->receiver->current == binding) {
        binding->receiver->current = NULL;
    }
    binding->asked = false;
    leave(binding);
}

void receiver_end_all(struct server *server)
{
    list_for_each_safe (link, next, &server->receivers) {
        receiver_free(container_of(link, struct receiver, link));
    }
}
