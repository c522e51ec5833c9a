/* All participants of a problem, and those of them who take part in one attempt to solve it. What a
 * participant wants is worked out once, however many attempts it takes part in. */
#ifndef SOLVER_CROWD_H
#define SOLVER_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "solver/demand.h"
#include "solver/solver.h"
#include "solver/work.h"

struct crowd_member;

struct crowd {
    const struct solver_problem *problem;
    struct arena *arena; /* for what outlives an attempt */
    struct crowd_member *members;
    const struct demand **present; /* those who take part and have constraints, in their order */
    size_t present_count;
};

/* Whether somebody has set constraints, and is under no group or under a child that is selected:
 * one entry for each group, a child or SOLVER_HIDDEN. */
bool crowd_counts(const struct solver_participant *participant, const uint32_t *selected);

/* Everyone, with nobody present. What the crowd remembers lives in the work's present arena, also
 * when later steps use another one. False: no memory. */
bool crowd_init(struct work *work, const struct solver_problem *problem, struct crowd *ret);

/* Makes those present who count. False: refused, as one of them contradicts itself or nobody gives
 * a size. */
bool crowd_gather(struct work *work, struct crowd *crowd, const uint32_t *selected);

#endif
