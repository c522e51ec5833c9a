/* What a channel holds of its peer's doing is charged to whoever answers for it. Both return NULL,
 * or the quota that is used up; the channel is to be closed then, and its queue given up. */
#ifndef SERVER_CHARGE_H
#define SERVER_CHARGE_H

#include <stddef.h>

#include "server/binding.h"

/* Before descriptors are sent: those that it holds, and `more`. */
const char *charge_descriptors(struct binding *binding, size_t more);

/* After it has sent or received: descriptors and bytes, as they are now. */
const char *charge_all(struct binding *binding);

#endif
