/* What a pixel format costs, as the configuration has it. */
#ifndef SOLVER_COST_H
#define SOLVER_COST_H

#include <stdint.h>

#include "solver/usage.h"

/* The order of the environment's entries: by pixel format, then by modifier (unset is LINEAR).
 * Negative, 0 or positive, as of strcmp(). Usage plays no part. */
int format_cost_compare(const struct sysmem_format_cost_key *a,
                        const struct sysmem_format_cost_key *b);

/* The cost of a format for buffers that are used like this; lower is better, FLT_MAX where no entry
 * applies. Source: spec/fuchsia.sysmem2.txt, TABLES, FormatCostEntry and FormatCostKey. */
float format_cost(const struct solver_environment *environment, uint32_t pixel_format,
                  uint64_t modifier, const struct usage *usage);

#endif
