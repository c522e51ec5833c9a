/* Where the reasons of a failed call are kept until somebody asks. */
#ifndef CLIENT_FAILURE_H
#define CLIENT_FAILURE_H

#include <sysmem/failure.h>

#include "base/strbuf.h"
#include "client/node.h"
#include "client/reply.h"

/* Appends the reasons as text for people: sysmem_failure_text(). */
void failure_add_text(const struct model_failure *failure, struct strbuf *buf);

/* Keeps what a failed reply says of the failure, in place of what the node had; a reply that says
 * nothing changes nothing. Takes the reply's tables over: it is cleared. Any thread may call. */
void failure_keep(struct sysmem_node *node, struct channel_reply *reply);

/* Gives it out, for the caller to free. NULL: there is none. Any thread may call. */
struct sysmem_failure *failure_take(struct sysmem_node *node);

#endif
