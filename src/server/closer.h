/* Closing descriptors that clients sent and that are not what they should be. The last close() of a
 * file on a user's own file system can block for ever, so it never happens on the loop, nor in
 * libuv's pool that heaps need. */
#ifndef SERVER_CLOSER_H
#define SERVER_CLOSER_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/message.h"

/* Closes a descriptor that `uid` sent: on a thread that this uid has for itself while there is
 * something to close, so that a descriptor that hangs holds up nobody else's. Takes the descriptor
 * in every case. */
void closer_close(uid_t uid, int fd);

/* The same for a channel's end that was shut down. With nothing in its queue it is closed at once;
 * else what others sent to it goes with it. */
void closer_close_channel(uid_t uid, int fd);

/* closer_close() for the descriptors of a message that nobody took. */
void closer_close_rest(uid_t uid, struct message *message);

/* Whether so many descriptors of this uid wait to be closed that it gets no further service. */
bool closer_is_choked(uid_t uid);

#endif
