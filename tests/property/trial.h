/* A random world and what the solver makes of it. */
#ifndef TESTS_PROPERTY_TRIAL_H
#define TESTS_PROPERTY_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "solver/solver.h"
#include "world.h"

#define TRIAL_PARTICIPANTS (WORLD_PARTICIPANTS + 1) /* room for one more */

struct trial {
    uint64_t seed;
    struct world world;
    struct solver_environment environment;
    struct solver_participant participants[TRIAL_PARTICIPANTS];
    size_t count;
    struct solver_outcome outcome;
};

/* Not to be copied: participants point into the world. */
void trial_init(struct trial *t, uint64_t seed);

/* Whether two outcomes are the same in all that a participant gets to know, reasons aside. */
bool trial_same_outcome(const struct solver_outcome *a, const struct solver_outcome *b);

/* The same, but for the heap, and the domain that may follow from it. */
bool trial_same_but_heap(const struct solver_outcome *a, const struct solver_outcome *b);

#endif
