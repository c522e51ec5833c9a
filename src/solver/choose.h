/* From what everyone can live with to what everyone gets. Each function returns false with the
 * reasons noted, and writes its result on success only. */
#ifndef SOLVER_CHOOSE_H
#define SOLVER_CHOOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "solver/aggregate.h"
#include "solver/work.h"

/* How many buffers: as many as needed, never more. */
bool choose_count(struct work *work, const struct aggregate *aggregate, uint32_t *ret);

/* The heap and the coherency domain. */
bool choose_memory(struct work *work, const struct aggregate *aggregate,
                   const struct solver_heap **ret_heap, uint32_t *ret_domain);

/* The cheapest format that is not contradictory, with its one color space in ret->color_spaces.
 * Only to be called when someone gave formats. */
bool choose_format(struct work *work, const struct aggregate *aggregate, struct entry *ret);

/* The bytes of a buffer, not rounded to pages. `format` is NULL when there is none. */
bool choose_size(struct work *work, const struct aggregate *aggregate, const struct entry *format,
                 uint32_t buffer_count, uint64_t *ret);

#endif
