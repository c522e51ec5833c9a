/* BindSharedCollection: a token's way to become a collection. What its client sent on the token
 * before still counts and is handled first, which may be a lot: it goes on as a chore. Source:
 * spec/fuchsia.sysmem2.txt, PROTOCOLS, Allocator, BindSharedCollection. */
#ifndef SERVER_BIND_H
#define SERVER_BIND_H

#include <stdbool.h>

#include "server/binding.h"

/* Begins to turn `token` into a collection that `collection` serves, a parked channel, if `fd`
 * proves to be the other end of the token's channel. Takes `fd` and `collection` over in every
 * case. `allocator` lends its client information, as it is now. */
void bind_begin(const struct binding *allocator, struct binding *token, struct binding *collection,
                int fd);

/* Whether binds of this token are pending: then nobody else reads from it. */
bool bind_is_pending(const struct binding *token);

/* Handles one message of a token with pending binds. False: none is pending any more, or the token
 * is closed. */
bool bind_step(struct binding *token);

/* Gives the pending binds up: their collections close. */
void bind_drop_all(struct binding *token);

#endif
