/* Receiving from ends that clients made, and may have kept a descriptor of: a helper process does
 * it (helper.h), one for each uid, so that whoever holds it up holds up only his own channels.
 * Everything here runs on the loop's thread. */
#ifndef SERVER_RECEIVER_H
#define SERVER_RECEIVER_H

#include <stdbool.h>
#include <sys/types.h>

struct binding;
struct receiver;
struct server;

/* Whether a uid need not be defended against: the daemon's own and root could attach a debugger. */
bool receiver_trusts(uid_t uid);

/* Has one packet received from the channel, after those that were asked for before; it comes by
 * binding_arrived(). Asked again meanwhile, it is one that was there at the last call. False: the
 * system refuses. */
bool receiver_ask(struct binding *binding);

/* The channel closes: nothing more arrives. */
void receiver_forget(struct binding *binding);

/* Ends all of them, stuck or not, when the channels are closed. */
void receiver_end_all(struct server *server);

#endif
