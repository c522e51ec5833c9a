/* The aggregation alone: four participants with four formats each. */
#ifndef BENCH_SOLVE_H
#define BENCH_SOLVE_H

#include <stdint.h>

#include "measure.h"

#define SOLVE_GOAL_NS 5000

/* The time of one solution: median over `rounds` rounds. 0, or -EPROTO when the solver found none.
 */
int solve_measure(uint32_t rounds, struct measured *ret);

#endif
