/* A part of a tree as the solver's problem. */
#ifndef COLLECTION_PROBLEM_H
#define COLLECTION_PROBLEM_H

#include <stdbool.h>

#include "base/arena.h"
#include "collection/collection.h"

struct problem {
    struct collection *collection;
    struct solver_participant *participants; /* without names: those may change meanwhile */
    struct node **nodes;                     /* of the participants; NULL: the pinned buffers */
    size_t participant_count;
    struct solver_group *groups;
    size_t group_count;
    uint32_t *selected;
    struct solver_outcome *outcome;
    const struct sysmem_single_buffer_settings
        *existing; /* of the collection; NULL: no buffers yet */
};

/* Room for all nodes of the collection and `extra` more participants, in the arena. False: no
 * memory. */
bool problem_init(struct problem *problem, struct collection *collection, size_t extra,
                  struct arena *arena);

/* Adds everybody who takes part in the collection already: the nodes that are logically allocated.
 */
void problem_add_allocated(struct problem *problem);

/* Adds the part below (and with) `top` that allocates with it, groups and all. Once. */
void problem_add_part(struct problem *problem, struct node *top);

/* Adds the buffers that exist, as the constraints of one more participant. */
void problem_add_pinned(struct problem *problem,
                        const struct sysmem_buffer_collection_constraints *constraints);

/* solver_effort() */
uint64_t problem_effort(const struct problem *problem);

/* Asks the solver. On any thread: reads what the participants' nodes keep, and writes to what
 * problem_init() made. */
void problem_solve(struct problem *problem);

/* Afterwards. True: problem->outcome is a success, and the nodes of the part below `top` that are
 * not selected are marked as hidden. Otherwise the reasons are in the log. */
bool problem_conclude(const struct problem *problem, struct node *top);

#endif
