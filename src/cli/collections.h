/* All collections that the daemon shows, however many messages that takes. */
#ifndef CLI_COLLECTIONS_H
#define CLI_COLLECTIONS_H

#include <stdbool.h>

#include "client/channel.h"
#include "model/debug.h"

struct collections {
    struct model_debug_get_collections_response all; /* its tables belong to the replies */
    struct channel_reply *replies;
    size_t reply_count;
};

/* Asks the daemon at `path`. On failure the reason goes to standard error, and there is nothing to
 * free. */
bool collections_get(struct collections *collections, const char *path);

void collections_deinit(struct collections *collections);

/* The collection of an id, or NULL. */
const struct model_debug_collection *collections_find(const struct collections *collections,
                                                      uint64_t id);

#endif
