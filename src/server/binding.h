/* One channel of a client: a socket that serves one protocol object. */
#ifndef SERVER_BINDING_H
#define SERVER_BINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <uv.h>

#include "base/list.h"
#include "collection/failure.h"
#include "model/failure.h"
#include "model/method.h"
#include "os/socket_name.h"
#include "server/receiver.h"
#include "server/server.h"
#include "wire/message.h"
#include "wire/packet.h"
#include "wire/stream.h"

enum binding_state {
    BINDING_OPEN,
    BINDING_ENDING,   /* closed for requests; its chore answers what is pending, and closes it */
    BINDING_DRAINING, /* closed for requests; the last replies are still on their way */
    BINDING_CLOSED,   /* waits for libuv's close callback, which frees it */
};

struct binding {
    uv_poll_t poll;
    struct list link; /* in server->bindings */
    struct list
        chore;     /* in server->chores while there is something to do bit by bit, or in endings */
    bool deferred; /* ready, but the turn of the loop is over: served as a chore */
    bool reset;    /* the peer is gone: what it sent is handled as a chore */
    struct server *server;
    enum model_protocol protocol;
    enum binding_state state;
    int watched; /* the events that poll waits for */
    struct stream stream;
    struct socket_name name;      /* what its end is bound to; koid 0 for an accepted connection */
    struct account *account;      /* who is charged for it */
    uint64_t charged_descriptors; /* unread.h */
    struct list unread; /* in server->unread while its peer may not have received all of those */
    uint64_t charged_bytes;
    bool shut;      /* shut down already */
    bool overdrawn; /* its uid's quota does not allow what its queue holds */
    pid_t pid;
    uid_t uid;

    /* A channel whose end others may have a descriptor of is not received from here: receiver.h. */
    bool foreign;
    uid_t maker;               /* of its socket; -1: not known */
    uid_t sender;              /* of its server end */
    struct receiver *receiver; /* once it was asked */
    struct list receive;       /* in its list of those that wait for their turn */
    bool asked;                /* a packet will arrive */
    struct packet *arrived;    /* it has: to be taken by binding_receive() */
    int arrived_result;

    struct node *node; /* of a token or a collection, while it is in its tree */

    struct link *caller; /* of a channel on which the daemon is the client: link.h */

    struct list binds; /* of a token, while it is being turned in: bind.h */

    /* Of an Allocator: SetDebugClientInfo. */
    char *client_name;
    uint64_t client_id;

    /* Of a collection: the transaction ids of WaitForAllBuffersAllocated that are not answered yet.
     */
    uint32_t *waits;
    size_t wait_count;
    size_t wait_size;
    bool waits_due;       /* they can be answered */
    uint32_t waits_error; /* of a channel that ends: they are answered with this enum sysmem_error;
                             0: not at all */
    struct failure *waits_failure; /* and with why, if that is known: a reference */
    uint64_t waits_node;           /* koid of the node that the channel had */

    struct registrar *registrar; /* of a Registry: what it may register */

    /* Of a Debug channel: WaitForChange. */
    struct list watch; /* in server->watching while a call is pending */
    uint32_t watch_txid;
    struct follower follower; /* from the first call on */
};

/* A channel for `protocol` on a socket, which the binding then owns (also on failure); charged to
 * `account`, of which it takes a reference, and a charge of one descriptor, which the caller made
 * (given back on failure). It is parked: nothing is read from it before binding_watch(). NULL: no
 * memory or descriptor, errno tells. */
struct binding *binding_new(struct server *server, enum model_protocol protocol, int fd,
                            struct account *account);

/* Waits for what the channel's state wants: messages, or room for replies. */
void binding_watch(struct binding *binding);

/* The channel's end has never been in other hands: before its first message. */
void binding_trust(struct binding *binding);

/* Serves a node from now on. */
void binding_take_node(struct binding *binding, struct node *node);

/* Neither end sends on the channel any more. False: the system refuses, or it was so before. */
bool binding_shut_down(struct binding *binding);

/* Closes the channel, once its replies are out; for the peer that is the end of file. The node, if
 * any, is not touched: callers cut it before. */
void binding_close(struct binding *binding);

/* Closes the channel at once, whatever is still on its way: the daemon ends. */
void binding_abandon(struct binding *binding);

/* A mistake of the peer, or a refusal for it: logs it, closes the channel, and fails the node's
 * domain. */
void binding_fail(struct binding *binding, const char *why);

/* Replies to a two-way call; `response` (NULL for an <EMPTY> one) counts when err is 0. Slots in it
 * name the attachments of `message`, which is consumed. */
void binding_reply(struct binding *binding, const struct model_method *method, uint32_t err,
                   const void *response, struct message *message);

/* The same with why a call failed; `err` is not 0. */
void binding_reply_failure(struct binding *binding, const struct model_method *method, uint32_t err,
                           const struct model_failure *failure, struct message *message);

/* Sends a request on a channel on which the daemon is the client; it is consumed. 0; -ENOBUFS: the
 * peer does not read, and too much waits for it; -EPIPE: the channel is closed now. */
int binding_request(struct binding *binding, struct message *message);

/* Has the next message of a foreign channel received, by its receiver; it is handled when it comes.
 */
void binding_ask(struct binding *binding);

/* What was asked for is here; `result` is what packet_receive() said. Takes its descriptors over.
 */
void binding_arrived(struct binding *binding, int result, struct packet *packet);

/* Takes one message off the channel, for the caller to clear; of a foreign one, what has arrived.
 * False: there was none, or no whole one, or the channel is closed now. */
bool binding_receive(struct binding *binding, struct message *ret);

/* Answers one wait that is due, or handles one message of a peer that is gone, of a token that is
 * being turned in, or that had to wait for this. True: there is more to do, now. */
bool binding_do_chore(struct binding *binding);

/* Of a channel that ends: answers one pending wait, or closes it. True: it is not closed yet. */
bool binding_end_step(struct binding *binding);

/* Tries again to send what waits for others to receive descriptors. */
void binding_flush_starved(struct server *server);

/* "Allocator pid 12 uid 0" or collection_describe_node(), in a static buffer. */
const char *binding_describe(const struct binding *binding);

/* The collection module's view of bindings. */
extern const struct collection_peer_ops binding_peer_ops;

#endif
