/* Server ends that clients send: what they must be, who is charged for them, and who may have kept
 * a descriptor of them. */
#ifndef SERVER_SERVER_END_H
#define SERVER_SERVER_END_H

#include "server/binding.h"

/* Serves `protocol` on a server end that a client sent. NULL with *ret_why: what is wrong with it.
 */
struct binding *server_end_serve(struct binding *from, enum model_protocol protocol, int fd,
                                 const char **ret_why);

/* The same, but leaves the channel parked. */
struct binding *server_end_park(struct binding *from, enum model_protocol protocol, int fd,
                                const char **ret_why);

#endif
