/* A part of a tree as the solver's problem. */
#ifndef COLLECTION_PROBLEM_H
#define COLLECTION_PROBLEM_H

#include <stdbool.h>

#include "base/arena.h"
#include "collection/collection.h"
#include "collection/failure.h"
#include "solver/explain.h"

struct problem {
    struct collection *collection;
    struct environment *environment;         /* a reference */
    struct solver_participant *participants; /* without names: those may change meanwhile */
    struct node **nodes;                     /* of the participants; NULL: the pinned buffers */
    size_t participant_count;
    struct solver_group *groups;
    size_t group_count;
    uint32_t *selected;
    struct solver_outcome *outcome;
    const struct sysmem_single_buffer_settings
        *existing; /* of the collection; NULL: no buffers yet */
    bool explained;
    struct solver_explanation furthest; /* if it was */
    struct solver_explanation every;    /* the same of every combination; empty: that takes long */
};

/* Room for all nodes of the collection and `extra` more participants, in the arena. False: no
 * memory. */
bool problem_init(struct problem *problem, struct collection *collection, size_t extra,
                  struct arena *arena);

/* Before the arena goes. */
void problem_deinit(struct problem *problem);

/* Adds everybody who takes part in the collection already: the nodes that are logically allocated.
 */
void problem_add_allocated(struct problem *problem);

/* Adds the part below (and with) `top` that allocates with it, groups and all. Once. */
void problem_add_part(struct problem *problem, struct node *top);

/* Adds the buffers that exist, as the constraints of one more participant. */
void problem_add_pinned(struct problem *problem,
                        const struct sysmem_buffer_collection_constraints *constraints);

/* What problem_solve() and problem_explain() take, in the unit of solver_effort(). */
uint64_t problem_effort(const struct problem *problem);
uint64_t problem_explain_effort(const struct problem *problem);

/* Asks the solver. On any thread: reads what the participants' nodes keep, and writes to what
 * problem_init() made. */
void problem_solve(struct problem *problem);

/* Afterwards: whether something stands in the way. Who waits for secure memory has nothing there.
 */
bool problem_has_failed(const struct problem *problem);

/* Afterwards: finds out what stands in the way, if something does. On any thread, too. */
void problem_explain(struct problem *problem);

/* Afterwards. True: problem->outcome is a success, and the nodes of the part below `top` that are
 * not selected are marked as hidden. */
bool problem_conclude(const struct problem *problem, struct node *top);

/* After a failure: why, with one reference. NULL: no memory. */
struct failure *problem_failure(const struct problem *problem, const struct node *top);

#endif
