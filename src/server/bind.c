#include "server/bind.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "os/random.h"
#include "os/socket_name.h"
#include "server/chore.h"
#include "server/closer.h"
#include "server/dispatch.h"
#include "wire/envelope.h"

/* What a bind does at once: most tokens have little or nothing in their queue. */
#define AT_ONCE_NS  UINT64_C(1000000)

#define PROBE_BYTES 16

/* Of one token. Only sockets with forged names wait beside each other, and not for long. */
#define MOST_PENDING 16

/* A name is a look-up, not a proof (os/socket_name.h). So a message that nobody can guess goes into
 * the descriptor and must come out of the token; behind all that was sent there before. */
struct bind {
    struct list link; /* in the token's binds: one for each socket that claims to be its end */
    int fd;           /* charged to the collection's account */
    uint64_t koid;    /* of the socket; 0: not asked for yet */
    struct binding *collection; /* parked: not read from yet */
    char *client_name;          /* the Allocator's, or NULL */
    uint64_t client_id;
    unsigned char probe[PROBE_BYTES];
    bool probe_sent;
    bool twice; /* the same socket was turned in again */
};

bool bind_is_pending(const struct binding *token)
{
    return !list_is_empty(&token->binds);
}

/* Frees the bind; the collection's channel is not touched. `at_once`: closing its end is quick. */
static void bind_free(struct bind *bind, bool at_once)
{
    list_remove(&bind->link);
    if (at_once) {
        fd_close(&bind->fd);
    } else {
        closer_close(bind->collection->uid, bind->fd);
    }
    account_discharge(bind->collection->account, ACCOUNT_DESCRIPTORS, 1);
    free(bind->client_name);
    free(bind);
}

static void bind_drop(struct bind *bind)
{
    struct binding *collection = bind->collection;
    bind_free(bind, false);
    binding_close(collection);
}

void bind_drop_all(struct binding *token)
{
    while (bind_is_pending(token)) {
        bind_drop(container_of(token->binds.next, struct bind, link));
    }
}

static void drop_unproven(struct binding *token)
{
    list_for_each_safe (link, next, &token->binds) {
        struct bind *bind = container_of(link, struct bind, link);
        log_warning("%s: BindSharedCollection: not the end of the token's channel",
                    binding_describe(bind->collection));
        bind_drop(bind);
    }
}

/* A full queue empties as its messages are handled. False: it cannot be sent at all. */
static bool send_probe(struct bind *bind)
{
    unsigned char packet[ENVELOPE_BYTES + PROBE_BYTES];
    const struct envelope envelope = {.ordinal = ENVELOPE_PROBE, .body_len = PROBE_BYTES};
    envelope_write(&envelope, packet);
    memcpy(packet + ENVELOPE_BYTES, bind->probe, PROBE_BYTES);
    if (!bind->probe_sent) {
        bind->probe_sent = send(bind->fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    }
    return bind->probe_sent || errno == EAGAIN;
}

static void send_probes(struct binding *token)
{
    list_for_each_safe (link, next, &token->binds) {
        struct bind *bind = container_of(link, struct bind, link);
        if (!send_probe(bind)) {
            bind_drop(bind);
        }
    }
}

/* The bind whose probe this message is, or NULL. */
static struct bind *find_bind(const struct binding *token, const struct message *message)
{
    if (message->ordinal != ENVELOPE_PROBE || message->body_len != PROBE_BYTES ||
        message->attachment_count != 0) {
        return NULL;
    }
    list_for_each (link, &token->binds) {
        struct bind *bind = container_of(link, struct bind, link);
        if (memcmp(message->body, bind->probe, PROBE_BYTES) == 0) {
            return bind;
        }
    }
    return NULL;
}

/* Shuts the token down, and says whether its client has received all that was sent: then nothing of
 * others' is closed with the client's end. (Asking that end would wait for whoever receives from
 * it.) */
static bool shut_down(struct binding *token)
{
    int unread = 0;
    return !stream_wants_write(&token->stream) && binding_shut_down(token) &&
           ioctl(token->stream.fd, SIOCOUTQ, &unread) == 0 && unread == 0;
}

/* The bind is proven, and all that was sent on the token before is handled. */
static void finish(struct binding *token, struct bind *bind)
{
    if (bind->twice || token->node->released) {
        binding_fail(token, bind->twice ? "turned in a second time" : "turned in after Release");
        return; /* the binds went with it */
    }
    struct node *node = token->node;
    struct binding *collection = bind->collection;
    list_remove(&bind->link); /* what else is pending is not this token's end: it goes */
    token->node = NULL;
    /* A stranger may have put the end into an epoll set, which can hold its close up as well. */
    bool is_strange = token->foreign || collection->foreign;
    bool nothing_queued = shut_down(token);
    binding_close(token);
    collection_bind_node(node, collection);
    binding_take_node(collection, node);
    bool named = bind->client_name == NULL ||
                 collection_replace_client(node, bind->client_name, bind->client_id);
    bind_free(bind, nothing_queued && !is_strange);
    if (named) {
        collection_tell(collection_of(node), node, COLLECTION_EVENT_NODE_BOUND);
        binding_watch(collection);
    } else {
        binding_fail(
            collection,
            "no memory for the client's name, or more than max_message_bytes_per_uid allows");
    }
}

bool bind_step(struct binding *token)
{
    send_probes(token);
    struct message message;
    unsigned joined = token->stream.partial_open ? token->stream.partial_envelope.index : 0;
    if (!binding_receive(token, &message)) {
        bool goes_on = token->state == BINDING_OPEN && token->stream.partial_open &&
                       token->stream.partial_envelope.index > joined;
        if (!goes_on) {
            drop_unproven(token); /* the queue is empty, and no probe was in it */
        }
        return goes_on;
    }
    struct bind *bind = find_bind(token, &message);
    if (bind != NULL) {
        finish(token, bind);
    } else {
        dispatch(token, &message);
    }
    message_clear(&message);
    return token->state == BINDING_OPEN && bind_is_pending(token);
}

/* Most binds have no company, and need not be told apart. */
static uint64_t koid_of(struct bind *bind)
{
    if (bind->koid == 0) {
        int failed = socket_koid(bind->fd, &bind->koid);
        assert(failed == 0); /* a socket, whose peer's name was asked for */
        (void)failed;
    }
    return bind->koid;
}

/* A bind that is pending already with this very socket: whether that is the token's end is the same
 * question for both. */
static struct bind *find_twin(const struct binding *token, struct bind *of)
{
    list_for_each (link, &token->binds) {
        struct bind *bind = container_of(link, struct bind, link);
        if (koid_of(bind) == koid_of(of)) {
            return bind;
        }
    }
    return NULL;
}

static int count_pending(const struct binding *token)
{
    int count = 0;
    list_for_each (link, &token->binds) {
        count++;
    }
    return count;
}

/* NULL: no memory, no descriptor to be charged, or no random number. */
static struct bind *bind_new(const struct binding *allocator, struct binding *collection, int fd)
{
    struct bind *bind = calloc(1, sizeof(*bind));
    if (bind == NULL) {
        return NULL;
    }
    *bind = (struct bind){.fd = fd, .collection = collection, .client_id = allocator->client_id};
    list_init(&bind->link);
    bool named = allocator->client_name == NULL ||
                 (bind->client_name = strdup(allocator->client_name)) != NULL;
    if (!named || !random_fill(bind->probe, sizeof(bind->probe)) ||
        !account_charge(collection->account, ACCOUNT_DESCRIPTORS, 1)) {
        free(bind->client_name);
        free(bind);
        return NULL;
    }
    return bind;
}

void bind_begin(const struct binding *allocator, struct binding *token, struct binding *collection,
                int fd)
{
    struct bind *bind = bind_new(allocator, collection, fd);
    if (bind == NULL) {
        log_warning("%s: BindSharedCollection: no memory, or its uid has as many descriptors as "
                    "max_descriptors_per_uid allows",
                    binding_describe(allocator));
        closer_close(collection->uid, fd);
        binding_close(collection);
        return;
    }
    struct bind *twin = find_twin(token, bind);
    if (twin != NULL) {
        twin->twice = true;
        bind_drop(bind);
        return;
    }
    if (count_pending(token) >= MOST_PENDING) {
        log_warning(
            "%s: BindSharedCollection: %d sockets that claim to be this token's wait already",
            binding_describe(collection), MOST_PENDING);
        bind_drop(bind);
        return;
    }
    list_append(&token->binds, &bind->link);
    if (token->foreign) {
        send_probes(token);
        binding_ask(token);
        return;
    }
    uint64_t end = uv_hrtime() + AT_ONCE_NS;
    bool more = true;
    while (more && uv_hrtime() < end) {
        more = bind_step(token);
    }
    if (token->state == BINDING_OPEN) {
        binding_watch(token);
        if (more) {
            chore_add(token);
        }
    }
}
