/* Asking the solver, and why there is no solution: at once, or, where that may take long, on
 * another thread. Meanwhile everything that it reads stays: nodes that die are kept. A uid has one
 * thread busy at a time. */
#ifndef COLLECTION_AGGREGATION_H
#define COLLECTION_AGGREGATION_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/executor.h"
#include "base/list.h"
#include "collection/collection.h"
#include "collection/problem.h"

struct aggregation {
    struct executor_job job;
    struct list link; /* in the table's aggregations, those that run and those that wait */
    struct collection *collection;
    struct node *top; /* of the part that is to be allocated */
    struct arena arena;
    struct problem problem;
    void (*solved)(struct aggregation *aggregation);
    uint64_t since_ns; /* when it began; monotonic clock */
    struct list kept;  /* nodes that died meanwhile */
    bool runs;
    bool stale; /* one of those who were asked has died */
};

/* For the part below `top`; the caller fills the problem, which has room for `extra` participants
 * more than there are nodes. NULL: no memory. */
struct aggregation *aggregation_new(struct node *top, size_t extra);

/* Of one that has not begun. NULL is fine. */
void aggregation_free(struct aggregation *aggregation);

/* Asks, and calls `solved` with the outcome in the problem, which may be at once; then it frees the
 * aggregation. It is not called when one of those who were asked has died meanwhile: then the
 * collection is evaluated anew. collection->aggregation is set while it is under way. */
void aggregation_begin(struct aggregation *aggregation,
                       void (*solved)(struct aggregation *aggregation));

/* Keeps a node that has died, until the collection's aggregation is over. */
void aggregation_keep(struct aggregation *aggregation, struct node *node);

#endif
