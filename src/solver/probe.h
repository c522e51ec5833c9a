/* One failed attempt, asked again and again with fewer fields: which of them stand in each other's
 * way. Source: docs/reasons.md, What a conflict is. */
#ifndef SOLVER_PROBE_H
#define SOLVER_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "solver/relax.h"
#include "solver/solver.h"

/* A participant, and what is left of its constraints. */
struct probe_member {
    struct relax_list list; /* empty: not to be blamed */
    size_t kept;            /* fields of the list that are not dropped */
    struct arena arena;     /* for `left` in the probe's participants */
};

struct probe {
    const struct solver_problem *problem;
    const uint32_t *selected;
    struct solver_participant *participants; /* copies, with what is left of their constraints */
    struct probe_member *members;            /* one for each participant */
    struct solver_outcome outcome;           /* of the last time it was asked */
    uint64_t effort;                         /* of all times together, as in struct work */
    uint64_t max_effort;                     /* beyond it nothing more is tried: probe_reduce() */
    bool no_memory;
};

/* All candidates of the participants that take part in the attempt; nothing is dropped. Lists live
 * in the arena. False: no memory. */
bool probe_init(struct probe *probe, struct arena *arena, const struct solver_problem *problem,
                const uint32_t *selected);
void probe_deinit(struct probe *probe);

/* Whether what is left is satisfied. False as well, with no_memory set, when memory is lacking. */
bool probe_is_satisfied(struct probe *probe);

/* Reduces the candidates of an attempt that is not satisfied to a conflict. False: its effort came
 * to more than max_effort, perhaps before every candidate that can be spared was dropped. */
bool probe_reduce(struct probe *probe, uint64_t max_effort);

/* How many candidates are not dropped. */
size_t probe_kept(const struct probe *probe);

#endif
