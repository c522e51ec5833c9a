/* A channel on which the daemon is the client: of a heap, or of secure memory, that another process
 * serves. The other process is no more trusted than any client: what it does wrong closes the link,
 * and that it does nothing takes no more than a call's deadline. The loop's thread only.
 *
 * A link is a binding (binding.h) whose messages come here instead of to dispatch(); who asked for
 * it is charged for it. It ends by link_close() or with its channel, and then frees itself. */
#ifndef SERVER_LINK_H
#define SERVER_LINK_H

#include <stdint.h>

#include "model/failure.h"
#include "model/method.h"
#include "server/binding.h"
#include "wire/message.h"

/* So many calls may have missed their deadline and not be answered still. One more closes the link,
 * if the peer has answered nothing since that was made: who is asked for more than it can do at a
 * time is slow, and not dead, and who asks must not be able to have it taken for dead. With the
 * most it closes in any case. */
#define LINK_MAX_LATE  256
#define LINK_MOST_LATE 16384

struct link;

/* What a call came to; all that it points to is there while `answered` runs. */
struct link_answer {
    int status; /* 0: the peer answered; -ETIMEDOUT: not before the deadline; -EPIPE: the link has
                 * ended */
    bool is_silent; /* status -ETIMEDOUT: it has answered nothing since the call was made */
    uint32_t err;   /* status 0: the peer's error; 0: it succeeded */
    const struct model_failure *failure; /* why, if the peer said so beside `err`; or NULL */
    const void *response;    /* of success: the method's response table; NULL: <EMPTY> */
    struct message *message; /* status 0: the descriptors, by slot; who wants one takes it */
};

struct link_call {
    const char *method;  /* "AllocateVmo": two-way, of the link's protocol */
    const void *request; /* its table, handles in it are slots of the message; NULL: <EMPTY> */
    uint64_t timeout_ns; /* how long the peer may take, from now on */
    void (*answered)(void *arg, const struct link_answer *answer);
    void *arg;
};

struct link_ops {
    /* The peer sent an event; `message` has its descriptors. NULL, or what is wrong with it: then
     * the link closes. */
    const char *(*event)(void *owner, const struct model_method *method, const void *table,
                         struct message *message);
    /* The link has ended: after the answers to all calls, once, never from within a function of
     * this header. It is freed when this returns. Not told who closed it himself. */
    void (*closed)(void *owner);
};

/* A link on an end that the client of `from` sent, which is taken over in every case. Nothing is
 * read from it before link_begin(). NULL with *ret_why: what is wrong with the end. */
struct link *link_new(struct binding *from, enum model_protocol protocol, int fd,
                      const char **ret_why);

/* From here on events come, and the end is told. Once. */
void link_begin(struct link *link, const struct link_ops *ops, void *owner);

/* Asks the peer. `message` has the descriptors that go along (NULL: none) and is consumed in every
 * case. 0: `answered` will be called exactly once, never from within a function of this header. Or
 * it is not called: -EPIPE: the link has ended; -ENOBUFS: the peer does not read, and too much
 * waits for it; -ENOMEM. */
int link_call(struct link *link, const struct link_call *call, struct message *message);

/* Closes the channel, with `why` in the log if that is a mistake of the peer's (else NULL). Calls
 * are answered with -EPIPE, soon; the owner hears nothing else, and forgets the link. */
void link_close(struct link *link, const char *why);

/* Who is at the other end, as far as is known: who asked for the link. */
const struct binding *link_binding(const struct link *link); /* NULL: it has ended */

/* --- for binding.c and server.c --- */

/* A message came. */
void link_take(struct link *link, struct message *message);

/* The channel closes. */
void link_lost(struct link *link);

/* After all channels: tells at once what is still to be told. */
void link_end_all(struct server *server);

#endif
