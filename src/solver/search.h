/* The combinations of group children, tried one after the other until one will do. */
#ifndef SOLVER_SEARCH_H
#define SOLVER_SEARCH_H

#include <stdint.h>

#include "solver/solver.h"
#include "solver/work.h"

/* Who wants to hear of each attempt that failed as nothing suits its participants. */
struct search_listener {
    void (*failed)(void *arg, const struct work *work, const uint32_t *selected);
    void *arg;
};

/* Searches as solver_choose() says, with the work's environment, memory and outcome. `selected` has
 * room for each group, and has the last combination tried afterwards. `listener` may be NULL.
 * Returns 0 or an enum sysmem_error. */
uint32_t search(struct work *work, const struct solver_problem *problem, uint32_t *selected,
                const struct search_listener *listener);

#endif
