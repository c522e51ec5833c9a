/* The steps of an aggregation, told to whoever wants to watch. Costs one comparison a step when
 * nobody does. */
#ifndef SOLVER_TRACE_H
#define SOLVER_TRACE_H

#include <stdbool.h>

#include "solver/formats.h"
#include "solver/solver.h"
#include "solver/work.h"

/* Tells a step of the work's current participant, or of nobody's. */
__attribute__((format(printf, 3, 4))) void trace(struct work *work, enum solver_step_kind kind,
                                                 const char *format, ...);

/* Tells what became of each of the formats `before` that the current participant's were folded
 * into; `after` is NULL when none is left. */
void trace_fold(struct work *work, const struct format_list *before,
                const struct format_list *other, const struct format_list *after);

#endif
