/* What the daemon's solver knows besides participants and heaps, however many messages that takes.
 */
#ifndef CLI_ENVIRONMENT_H
#define CLI_ENVIRONMENT_H

#include <jansson.h>

#include "client/channel.h"

/* Asks the daemon: {"page_size": ..., "force_zero_slack": ..., "limits": {...}, "format_costs":
 * [...]}, which the caller owns. NULL with the reason on standard error. */
json_t *environment_get(struct channel *debug);

#endif
