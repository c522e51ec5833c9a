/* All participants' demands, one by one and folded into one. */
#ifndef SOLVER_AGGREGATE_H
#define SOLVER_AGGREGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "solver/counts.h"
#include "solver/formats.h"
#include "solver/memory.h"
#include "solver/usage.h"
#include "solver/work.h"

/* What one participant, or all of them together, want, with every default filled in. */
struct demand {
    int participant;
    struct usage usage;
    struct counts counts;
    struct memory memory;
    struct format_list formats;
};

struct aggregate {
    struct demand total;
    const struct demand *demands; /* of those who have constraints: for reasons */
    size_t count;
};

/* Reads and folds the constraints of all participants. False: refused. Memory comes from the arena.
 */
bool aggregate_build(struct work *work, const struct solver_participant *participants, size_t count,
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
