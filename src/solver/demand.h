/* What one participant, or all of them together, want, with every default filled in. */
#ifndef SOLVER_DEMAND_H
#define SOLVER_DEMAND_H

#include <stdbool.h>

#include "solver/counts.h"
#include "solver/formats.h"
#include "solver/memory.h"
#include "solver/usage.h"
#include "solver/work.h"

struct demand {
    int participant;
    struct usage usage;
    struct counts counts;
    struct memory memory;
    struct format_list formats;
};

/* Nobody's. */
void demand_init(struct demand *demand);

/* The demand of the work's current participant. False: refused. */
bool demand_read(struct work *work, const struct sysmem_buffer_collection_constraints *constraints,
                 struct demand *ret);

/* Makes `total` what satisfies both; leaves `other` as it is. False: nothing does. */
bool demand_fold(struct work *work, struct demand *total, const struct demand *other);

/* Whether a participant says how large a buffer must be at least. */
bool demand_gives_size(const struct sysmem_buffer_collection_constraints *constraints);

#endif
