/* What the handlers of one protocol offer to those of another. */
#ifndef SERVER_PROTO_H
#define SERVER_PROTO_H

#include "server/binding.h"
#include "server/dispatch.h"

/* proto_token.c: serves a token on a server end that a client sent, known by its koid from now on;
 * the caller gives it its node. NULL with *ret_why. */
struct binding *token_serve(struct binding *from, int fd, const char **ret_why);

/* proto_token.c: serves a child token of `parent` on a server end. NULL with *ret_why. */
struct binding *token_serve_child(struct binding *parent, int fd, uint32_t mask,
                                  const char **ret_why);

/* proto_token.c: makes a child token for each mask and replies with their client ends. NULL, or
 * what the peer did wrong. */
const char *tokens_reply(struct request *request, const uint32_t *masks, size_t count);

#endif
