/* What participants do with the buffers. */
#ifndef SOLVER_USAGE_H
#define SOLVER_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "solver/work.h"

struct usage {
    uint32_t none;
    uint32_t cpu;
    uint32_t vulkan;
    uint32_t display;
    uint32_t video;
};

/* One participant's. A table of constraints in which nothing at all is set means NONE_USAGE.
 * False: refused. Source: spec/fuchsia.sysmem2.txt, TABLES, BufferCollectionConstraints (usage) and
 * BufferUsage. */
bool usage_read(struct work *work, const struct sysmem_buffer_collection_constraints *constraints,
                struct usage *ret);

void usage_fold(struct usage *usage, const struct usage *other);

/* Whether buffers are used at all: any bit but those of `none`. */
bool usage_is_real(const struct usage *usage);

/* Whether the usage of all participants together is worth allocating for. */
bool usage_check_all(struct work *work, const struct usage *usage);

#endif
