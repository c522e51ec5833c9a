/* What the interface says of a collection's tree: who fails with whom, when buffers are allocated,
 * and what keeps them alive. Written from the documents alone: it shares nothing with the daemon,
 * is slow, and has no channels, descriptors or messages. */
#ifndef TESTS_MODEL_FORECAST_H
#define TESTS_MODEL_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

#include "op.h"

/* What the waits of a node came to in the last step. */
enum answer {
    ANSWER_NONE, /* still pending, or there were none */
    ANSWER_BUFFERS,
    ANSWER_EMPTY,    /* CONSTRAINTS_INTERSECTION_EMPTY */
    ANSWER_TOO_MANY, /* TOO_MANY_GROUP_CHILD_COMBINATIONS */
    ANSWER_CLOSED,   /* the channel closed, without a reply */
    ANSWER_EITHER,   /* the last strong handle goes while the reply is made: buffers, or closed */
};

struct member {
    bool made;   /* has had a channel */
    bool stray;  /* whose other end came to the daemon with a request that it refused */
    bool open;   /* neither side has closed it */
    bool left;   /* the client closed it */
    bool inside; /* in the tree; an orphan is, too */
    bool orphan;
    int parent; /* -1: the root */
    enum role role;
    bool attached;
    bool dispensable;
    bool weak;
    bool weak_ok;
    bool weak_ok_below;
    bool released;
    bool complete;  /* AllChildrenPresent */
    bool spoken;    /* SetConstraints */
    bool waited;    /* WaitForAllBuffersAllocated, ever */
    bool allocated; /* logically */
    unsigned wish;
    uint32_t camping;
    unsigned waits; /* pending ones */
    bool keeps;     /* one of them keeps the buffers */
    bool holds;     /* strong buffers */
    enum answer answer;
};

/* What happened, to see whether sequences come to anything. */
struct tally {
    unsigned allocated;
    unsigned refused;
    unsigned joined;
    unsigned not_joined;
    unsigned unselected;
    unsigned emptied;
    unsigned lost;
};

struct forecast {
    struct member members[OP_MAX_NODES];
    int limit; /* the numbers of nodes that are or were in the tree are below this */
    int root;  /* -1: not made yet */
    bool over;
    bool allocated;
    bool fading; /* in the last step the last strong handle went: the daemon hears of that later */
    uint32_t count;
    uint64_t size;
    struct tally tally;
};

void forecast_init(struct forecast *forecast);

/* Whether there is something to do the operation on: its node is there and has this method. */
bool forecast_has(const struct forecast *forecast, const struct op *op);

/* Whether the protocol permits it now: else the node fails. */
bool forecast_permits(const struct forecast *forecast, const struct op *op);

/* forecast_has() */
void forecast_apply(struct forecast *forecast, const struct op *op);

/* Of forecast_choose(): the members that an attempt is about. */
struct forecast_attempt {
    int top;
    bool late;
    bool taken[OP_MAX_NODES]; /* of the part below top, by the selection that worked */
    uint32_t count;
    uint64_t size;
};

/* Whether `id` is in the tree below (and with) `top`. */
bool forecast_below(const struct forecast *forecast, int id, int top);

/* The same without what is attached below `top`. */
bool forecast_in_part(const struct forecast *forecast, int id, int top);

/* Tries the selections of the groups in the part below `attempt->top`, most preferred first.
 * ANSWER_BUFFERS: taken, count and size are those of the first that works; else why there is none.
 */
enum answer forecast_choose(const struct forecast *forecast, struct forecast_attempt *attempt);

#endif
