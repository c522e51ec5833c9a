/* What the handlers of one protocol offer to those of another. */
#ifndef SERVER_PROTO_H
#define SERVER_PROTO_H

#include "server/binding.h"

/* proto_token.c: serves a token on a server end that a client sent, known by its koid from now on;
 * the caller gives it its node. NULL with *ret_why. */
struct binding *token_serve(struct binding *from, int fd, const char **ret_why);

#endif
