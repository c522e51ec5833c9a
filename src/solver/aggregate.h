/* All participants' demands, one by one and folded into one. */
#ifndef SOLVER_AGGREGATE_H
#define SOLVER_AGGREGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "solver/demand.h"
#include "solver/work.h"

struct aggregate {
    struct demand total;
    const struct demand *const *demands; /* what it was made of: for reasons */
    size_t count;
};

/* Folds demands into one. False: refused. Memory comes from the arena. The demands are only
 * pointed to. */
bool aggregate_build(struct work *work, const struct demand *const *demands, size_t count,
                     struct aggregate *ret);

/* To name who is behind a value of the total: points reasons at the participant whose demand has
 * the smallest or largest uint64_t at an offset of struct demand, or the given bool. */
void blame_smallest(struct work *work, const struct aggregate *aggregate, size_t offset);
void blame_largest(struct work *work, const struct aggregate *aggregate, size_t offset);
void blame_flag(struct work *work, const struct aggregate *aggregate, size_t offset, bool value);

/* The same for a number of struct entry (entry_number()), among the entries that the given one may
 * have come from. Points at the entry too. */
void blame_entry(struct work *work, const struct aggregate *aggregate, const struct entry *entry,
                 size_t offset, bool largest);

/* Points at nobody again. */
void blame_nobody(struct work *work);

#endif
