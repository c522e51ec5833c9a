/* Descriptors that were sent to clients and that these have not received yet. The kernel counts
 * them against the daemon's uid, and beyond RLIMIT_NOFILE it lets no more of them pass, to nobody.
 * So they stay charged to whoever is to receive them; also when the daemon's end of the channel has
 * closed, which therefore is kept until they are received.
 *
 * Nothing tells when a client receives. It is looked at when the quota would refuse something, and
 * now and then where ends are kept. */
#ifndef SERVER_UNREAD_H
#define SERVER_UNREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "server/binding.h"

/* Before and after sending or receiving: charges what the channel holds, what its peer has not
 * received, and `more` descriptors that are to be sent now. False: the quota does not allow it. */
bool unread_charge(struct binding *binding, size_t more);

/* The end of a channel that closes, and what is charged for it: closed, and given back, at once or
 * when all of its descriptors have been received. It is shut down. */
void unread_close_end(struct binding *binding);

int unread_init(struct server *server);
void unread_deinit(struct server *server); /* after all channels: closes what was kept */

#endif
