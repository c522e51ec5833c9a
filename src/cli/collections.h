/* All collections that the daemon shows, however many messages that takes. */
#ifndef CLI_COLLECTIONS_H
#define CLI_COLLECTIONS_H

#include <stdbool.h>

#include "base/arena.h"
#include "cli/command.h"
#include "client/channel.h"
#include "model/debug.h"

struct collections {
    struct model_debug_get_collections_response all; /* its tables belong to the replies */
    struct channel_reply *replies;
    size_t reply_count;
    struct arena arena; /* of what was put together from several replies */
};

/* Asks the daemon at `path`. On failure the reason goes to standard error, and there is nothing to
 * free. */
bool collections_get(struct collections *collections, const char *path);

void collections_deinit(struct collections *collections);

/* What a sub-command looks at. */
struct collections_view {
    struct collections collections;
    const struct model_debug_collection *rows; /* of these */
    size_t count;
};

/* Asks the daemon for the collection that options->argument, an ID, names; for all of them where it
 * is NULL. One whose allocation failed is shown as it was then, while the daemon remembers it.
 * EXIT_DONE, or another exit status with the reason on standard error; then there is nothing to
 * free. `command` is what the sub-command is called. */
int collections_look(struct collections_view *view, const char *command,
                     const struct options *options);

/* Reads a collection's ID. False with the reason on standard error. */
bool collections_parse_id(const char *text, const char *command, uint64_t *ret);

/* Asks the daemon at `path` for one collection; the view is empty where there is none. False with
 * the reason on standard error, and there is nothing to free. */
bool collections_find(struct collections_view *view, const char *path, uint64_t id);

/* Asks who got the buffers and who holds them now, for all that the view shows: its rows'
 * `participants` and `buffers` are filled. False with the reason on standard error. */
bool collections_view_count_handles(struct collections_view *view, struct channel *debug);

void collections_view_deinit(struct collections_view *view);

#endif
