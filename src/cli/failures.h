/* The last failures that the daemon remembers, however many messages that takes. */
#ifndef CLI_FAILURES_H
#define CLI_FAILURES_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "cli/collections.h"
#include "client/channel.h"
#include "model/debug.h"

struct failures {
    const struct model_debug_failure **list; /* oldest first; their tables belong to the replies */
    size_t count;
    struct channel_reply *replies;
    size_t reply_count;
};

/* Asks for those of one collection, or of all (0); with every combination of group children where
 * `every` says so. On failure the reason goes to standard error, and there is nothing to free. */
bool failures_get(struct failures *failures, struct channel *debug, uint64_t collection_id,
                  bool every);

void failures_deinit(struct failures *failures);

/* The last one of a collection; NULL: none. */
const struct model_debug_failure *failures_last_of(const struct failures *failures,
                                                   uint64_t collection_id);

/* Fills in the `reasons` of the view's collections of which a part failed; they are borrowed. */
void failures_add_reasons(const struct failures *failures, struct collections_view *view);

/* One line on the last one of all, if there is one. Returns whether it was printed. */
bool failures_print_last(const struct failures *failures, FILE *out);

/* {"failures": [...]}, with every field; the caller owns it. NULL: no memory. */
json_t *failures_to_json(const struct failures *failures);

/* [{"participant": ..., "field": ..., "detail": ...}], as `solve` tells reasons; the caller owns
 * it. NULL: no memory. */
json_t *failures_reasons(const struct model_debug_conflict *conflict);

/* One line each: when, which collection, what, and the first reason. Text is escaped. Returns
 * whether all was printed. */
bool failures_print_list(const struct failures *failures, FILE *out);

/* One in full. */
bool failures_print(const struct model_debug_failure *failure, FILE *out);

#endif
