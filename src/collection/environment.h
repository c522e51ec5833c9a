/* What the solver is told beside its question: the heaps as they were at one moment, and what the
 * configuration says. It does not change, so that aggregations on other threads end with what they
 * began with; when heaps come or go another one is made. References are counted on the loop's
 * thread. */
#ifndef COLLECTION_ENVIRONMENT_H
#define COLLECTION_ENVIRONMENT_H

#include <stdint.h>

#include "base/arena.h"
#include "heap/registry.h"
#include "solver/solver.h"

struct environment {
    uint32_t references;
    struct solver_environment solver;
    struct arena arena; /* of the heaps' rows */
};

/* The heaps of a registry, and all but the heaps of `base`, which is borrowed. With one reference.
 * NULL: no memory. */
struct environment *environment_new(const struct solver_environment *base,
                                    const struct heap_registry *heaps);

struct environment *environment_ref(struct environment *environment);

/* The last reference frees it. NULL is fine. */
void environment_unref(struct environment *environment);

#endif
