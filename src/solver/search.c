#include "solver/search.h"

#include "solver/attempt.h"
#include "solver/combination.h"
#include "solver/crowd.h"

/* Whether a search may go on after so many combinations. */
static bool may_go_on(struct work *work, uint32_t tried)
{
    uint32_t limit = work->environment->limits.max_group_combinations;
    if (tried < limit && work->effort <= SOLVER_MAX_EFFORT) {
        return true;
    }
    work->outcome->reason_count = 0;
    if (tried >= limit) {
        return refuse_nobody(work,
                             "wanted more combinations of group children, got the limit "
                             "max_group_combinations %u",
                             limit);
    }
    return refuse_nobody(work,
                         "wanted more combinations of group children, got %u of so many formats "
                         "and heaps that there is no time for more",
                         tried);
}

uint32_t search(struct work *work, const struct solver_problem *problem, uint32_t *selected,
                const struct search_listener *listener)
{
    struct crowd crowd;
    if (!crowd_init(work, problem, &crowd)) {
        return SYSMEM_ERROR_NO_MEMORY;
    }
    combination_first(problem->groups, problem->group_count, selected);
    for (uint32_t tried = 1;; tried++) {
        uint32_t error = attempt(work, problem, &crowd, selected);
        if (error != SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY) {
            return error;
        }
        if (listener != NULL) {
            listener->failed(listener->arg, work, selected);
        }
        if (!combination_next(problem->groups, problem->group_count, selected)) {
            return error;
        }
        if (!may_go_on(work, tried)) {
            return SYSMEM_ERROR_TOO_MANY_GROUP_CHILD_COMBINATIONS;
        }
    }
}
