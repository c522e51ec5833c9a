#include "solver/combination.h"

#include <assert.h>

/* Groups come after those that enclose them, so one pass tells who is hidden. */
static void start_from(const struct solver_group *groups, size_t first, size_t count,
                       uint32_t *selected)
{
    for (size_t i = first; i < count; i++) {
        const struct solver_group *group = &groups[i];
        assert(group->parent >= 0 && (size_t)group->parent <= i && group->child_count > 0);
        bool hidden = group->parent > 0 && selected[group->parent - 1] != group->parent_child;
        selected[i] = hidden ? SOLVER_HIDDEN : 0;
    }
}

void combination_first(const struct solver_group *groups, size_t count, uint32_t *selected)
{
    start_from(groups, 0, count, selected);
}

bool combination_next(const struct solver_group *groups, size_t count, uint32_t *selected)
{
    for (size_t i = count; i > 0; i--) {
        uint32_t *child = &selected[i - 1];
        if (*child != SOLVER_HIDDEN && *child + 1 < groups[i - 1].child_count) {
            (*child)++;
            start_from(groups, i, count, selected);
            return true;
        }
    }
    return false;
}
