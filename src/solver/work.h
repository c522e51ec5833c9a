/* What the steps of one aggregation share: the environment, the memory for what they work out, and
 * the place where they say why they refuse. Lives as long as one call of solver_choose(). */
#ifndef SOLVER_WORK_H
#define SOLVER_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "solver/solver.h"

#define WORK_NOBODY (-1)

struct work {
    const struct solver_environment *environment;
    struct arena *arena; /* that work_alloc() takes from */
    struct solver_outcome *outcome;
    const struct solver_tracer *tracer; /* or NULL; see solver/trace.h */
    int participant;                    /* whose constraints are looked at, or WORK_NOBODY */
    int entry;                          /* which of its image_format_constraints, or -1 */
    bool no_memory;
    /* What is nobody's to blame is out of the way (docs/reasons.md): a size, a count and a usage
     * need not be given, DO_NOT_CARE may remain, limits don't count. */
    bool lenient;
    uint64_t progress; /* how far the present attempt got: only to be compared */
    /* Formats and heaps compared with each other so far, which is most of what solving costs. */
    uint64_t effort;
};

/* Empties the outcome too. The work only points to all of these. */
void work_init(struct work *work, const struct solver_environment *environment, struct arena *arena,
               struct solver_outcome *outcome);

/* Zeroed memory from the arena. NULL, with the reason noted, when there is none. */
void *work_alloc(struct work *work, size_t count, size_t size);

/* Notes a reason against the current participant, at `field` of the current image entry or, without
 * one, of its constraints; "" is the entry or the constraints as a whole. Further reasons than an
 * outcome has room for are dropped. Always returns false, so that a check can end in
 * `return refuse(...)`. */
__attribute__((format(printf, 3, 4))) bool refuse(struct work *work, const char *field,
                                                  const char *format, ...);

/* The same where no participant is to blame. */
__attribute__((format(printf, 2, 3))) bool refuse_nobody(struct work *work, const char *format,
                                                         ...);

#endif
