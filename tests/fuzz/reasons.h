/* What holds of the explanation of every failed aggregation. */
#ifndef TESTS_FUZZ_REASONS_H
#define TESTS_FUZZ_REASONS_H

#include "solver/solver.h"

/* Explains a failure of solver_choose() and expects a sound conflict of it: told in full, and where
 * that takes no time, one that is not satisfied and is satisfied without any one member. */
void reasons_check(const struct solver_problem *problem, uint32_t error);

#endif
