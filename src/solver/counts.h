/* How many buffers participants need. */
#ifndef SOLVER_COUNTS_H
#define SOLVER_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "solver/work.h"

/* Sums need more than 32 bits. */
struct counts {
    uint64_t camping;
    uint64_t dedicated_slack;
    uint64_t shared_slack;
    uint64_t min;
    uint64_t max;
};

/* Nobody's. */
void counts_init(struct counts *counts);

/* One participant's. False: refused. Source: spec/fuchsia.sysmem2.txt, TABLES,
 * BufferCollectionConstraints. */
bool counts_read(struct work *work, const struct sysmem_buffer_collection_constraints *constraints,
                 struct counts *ret);

void counts_fold(struct counts *counts, const struct counts *other);

/* The number of buffers that are enough for all, without regard to maxima. */
uint64_t counts_needed(const struct counts *counts);

#endif
