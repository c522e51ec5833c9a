/* What the solver makes of a problem, as `sysmemctl solve` tells it. */
#ifndef CLI_SOLVE_ANSWER_H
#define CLI_SOLVE_ANSWER_H

#include <stdbool.h>

#include <jansson.h>

#include "solver/solver.h"

/* What is told besides the answer itself. */
struct solve_details {
    bool origins;   /* of a success: where each value comes from */
    bool conflicts; /* of a failure: those of every combination of group children */
    bool trace;     /* each step */
};

/* Asks the solver: {"ok": ...} or {"error": ...}, with "trace" beside it, which the caller owns.
 * The problem's participants have names. NULL: no memory. */
json_t *solve_answer(const struct solver_problem *problem, const struct solve_details *details);

/* {"ok": ...} of an outcome that is known already. NULL: no memory. */
json_t *solve_tell_success(const struct solver_problem *problem, const uint32_t *selected,
                           const struct solver_outcome *outcome, bool with_origins);

#endif
