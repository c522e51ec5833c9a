/* A part of a tree as the solver's problem. */
#ifndef COLLECTION_PROBLEM_H
#define COLLECTION_PROBLEM_H

#include <stdbool.h>

#include "base/arena.h"
#include "collection/collection.h"

struct problem {
    struct collection *collection;
    struct solver_participant *participants;
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

/* Adds somebody who is no node. */
void problem_add(struct problem *problem, const char *name,
                 const struct sysmem_buffer_collection_constraints *constraints);

/* Asks the solver. True: problem->outcome is a success, and the nodes of the part below `top` that
 * are not selected are marked as hidden. Otherwise the reasons are in the log. */
bool problem_solve(struct problem *problem, struct node *top);

#endif
