/* What kind of memory participants need. */
#ifndef SOLVER_MEMORY_H
#define SOLVER_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "solver/heaps.h"
#include "solver/usage.h"
#include "solver/work.h"

struct memory {
    uint64_t min_size; /* bytes */
    uint64_t max_size;
    bool contiguous;
    bool secure;
    struct domains domains;
    struct heap_list heaps;
};

/* Whether a participant requires secure memory. */
bool memory_is_secure(const struct sysmem_buffer_collection_constraints *constraints);

/* Nobody's. */
void memory_init(struct memory *memory);

/* One participant's, with the defaults that its usage brings. False: refused.
 * Source: spec/fuchsia.sysmem2.txt, TABLES, BufferMemoryConstraints. */
bool memory_read(struct work *work, const struct sysmem_buffer_collection_constraints *constraints,
                 const struct usage *usage, struct memory *ret);

/* False: no heap is left. */
bool memory_fold(struct work *work, struct memory *memory, const struct memory *other);

#endif
