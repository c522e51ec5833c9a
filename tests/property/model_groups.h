/* What token groups choose, as plainly as possible and with no file of src/ in it: counts through
 * all numbers whose digits are the groups' children, the first group's digit being the most
 * significant one, and takes the first that can be solved. */
#ifndef TESTS_PROPERTY_MODEL_GROUPS_H
#define TESTS_PROPERTY_MODEL_GROUPS_H

#include "model.h"
#include "tree.h"

struct model_choice {
    struct model_answer answer;
    bool too_many;            /* more combinations were wanted than the limit allows */
    size_t combinations;      /* how many were tried */
    int selected[TREE_NODES]; /* the child of each group in depth-first pre-order; -1: hidden */
};

/* wishes: one for each node, or NULL. */
struct model_choice model_choose(const struct tree *tree,
                                 const struct sysmem_buffer_collection_constraints *const *wishes,
                                 size_t limit, const struct model_world *world);

#endif
