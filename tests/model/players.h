/* The clients of a sequence: they do to the daemon what the operations say, and hold what it does
 * against the forecast. All of one process, with a channel for each node. */
#ifndef TESTS_MODEL_PLAYERS_H
#define TESTS_MODEL_PLAYERS_H

#include <stdbool.h>

#include "client/channel.h"
#include "forecast.h"
#include "op.h"

#define PLAYERS_MAX_CALLS   64
#define PLAYERS_MAX_BUFFERS 128

struct player {
    struct channel *channel; /* NULL: none (any more) */
    zx_handle_t kept[PLAYERS_MAX_BUFFERS];
    unsigned kept_count;
};

/* A WaitForAllBuffersAllocated. */
struct call {
    struct player *player; /* NULL: over */
    bool keeps;
    bool done;
    uint32_t txid;
    struct channel_reply reply; /* once done */
};

struct players {
    struct channel *allocator; /* of all sequences; not owned */
    struct channel *debug;     /* the same */
    struct player players[OP_MAX_NODES];
    struct call calls[PLAYERS_MAX_CALLS];
    unsigned call_count;
    zx_time_t patience; /* for what the daemon hears from the kernel */
    char difference[256];
};

void players_init(struct players *players, struct channel *allocator, struct channel *debug,
                  zx_time_t patience);

/* Closes everything, as a client does that ends. */
void players_leave(struct players *players);

/* Does it, whether it is permitted or not, and returns when the daemon has handled it.
 * `forecast` is what holds after it. */
void players_do(struct players *players, const struct forecast *forecast, const struct op *op);

/* What differs from the forecast, in words, or NULL. */
const char *players_compare(struct players *players, const struct forecast *forecast);

/* The same for the tree as the daemon tells it, if there is a node that can be asked whose it is.
 */
const char *players_compare_tree(struct players *players, const struct forecast *forecast);

/* A wait whose answer has been seen to, or whose channel is gone. */
void players_end_call(struct call *call);

#endif
