/* One child selected of each token group, and the order in which such combinations are tried. */
#ifndef SOLVER_COMBINATION_H
#define SOLVER_COMBINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "solver/solver.h"

/* The first combination: child 0 of every group that is not hidden by this. `selected` has one
 * entry for each group. */
void combination_first(const struct solver_group *groups, size_t count, uint32_t *selected);

/* The next one: the least significant group that is not hidden and has a further child moves on to
 * it, and those behind it start again. Hidden groups don't count. False: that was the last; nothing
 * is changed. Source: spec/fuchsia.sysmem2.txt, BufferCollectionTokenGroup. */
bool combination_next(const struct solver_group *groups, size_t count, uint32_t *selected);

#endif
