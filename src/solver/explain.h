/* Why an aggregation failed: a minimal set of participants' fields that cannot be satisfied
 * together. Pure, as the solver is. Source: docs/reasons.md, which defines every word used here. */
#ifndef SOLVER_EXPLAIN_H
#define SOLVER_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "solver/solver.h"

/* One member of a conflict. */
struct solver_member {
    int participant;    /* index, or -1: nobody in particular, and the only one */
    const char *field;  /* "image_format_constraints[2].color_spaces"; "" for nobody */
    const char *detail; /* "wanted ...; got ...", in names */
};

/* Of one conflict: one that is not minimal may have hundreds of thousands. */
#define SOLVER_MAX_MEMBERS 256

/* One failed attempt. */
struct solver_conflict {
    const uint32_t
        *selected; /* a child of each group, or SOLVER_HIDDEN; NULL: there are no groups */
    const struct solver_member *members; /* by participant, then in schema order */
    size_t member_count;
    size_t omitted; /* further members, beyond SOLVER_MAX_MEMBERS */
    bool minimal;   /* false: there were too many candidates to find out which can be spared, or
                     * nothing was looked at: secure memory is not there */
};

struct solver_explanation {
    struct arena arena;
    uint32_t error; /* as solver_choose() has it; 0: there is nothing to explain */
    const struct solver_conflict *conflicts;
    size_t conflict_count; /* 1, or one for each combination that was tried */
};

/* Explains what solver_choose() makes of a problem: the attempt that got furthest, or every one.
 * Takes a few dozen times as long as the attempts themselves. 0, or -ENOMEM. */
int solver_explain(const struct solver_problem *problem, bool every_combination,
                   struct solver_explanation *ret);

/* About what solver_explain() takes, rather more than less, in the unit of solver_effort(). */
uint64_t solver_explain_effort(const struct solver_problem *problem, bool every_combination);

void solver_explanation_deinit(struct solver_explanation *explanation);

#endif
