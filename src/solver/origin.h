/* Where the values of a result come from. Pure, as the solver is.
 * Source: docs/reasons.md, Where a result comes from. */
#ifndef SOLVER_ORIGIN_H
#define SOLVER_ORIGIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "solver/solver.h"

/* Something that a value was made of. */
struct solver_source {
    int participant;  /* index, or -1: the pixel format itself, or a default */
    const char *text; /* in names: "bytes_per_row_divisor 64" */
};

struct solver_origin {
    const char *field; /* "buffer_count", "image_format_constraints.bytes_per_row_divisor" */
    const char *value; /* in names */
    const struct solver_source *sources;
    size_t source_count;
};

struct solver_origins {
    struct arena arena;
    const struct solver_origin *list; /* the count, then the settings' fields in schema order */
    size_t count;
};

/* Tells where what solver_choose() made of a problem comes from. `outcome` is that success, and
 * `selected` the child of each group. 0, or -ENOMEM. */
int solver_origins(const struct solver_problem *problem, const uint32_t *selected,
                   const struct solver_outcome *outcome, struct solver_origins *ret);

void solver_origins_deinit(struct solver_origins *origins);

#endif
