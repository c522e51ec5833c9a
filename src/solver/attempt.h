/* One attempt to aggregate: the participants that are present with one child of each group. */
#ifndef SOLVER_ATTEMPT_H
#define SOLVER_ATTEMPT_H

#include <stdint.h>

#include "solver/crowd.h"
#include "solver/solver.h"
#include "solver/work.h"

/* Fills the work's outcome in, but for its error, which is returned: 0, an enum sysmem_error.
 * work->progress tells how far it got. `selected` is as crowd_gather() has it. */
uint32_t attempt(struct work *work, const struct solver_problem *problem, struct crowd *crowd,
                 const uint32_t *selected);

#endif
