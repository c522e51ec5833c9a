/* Why an aggregation fails, once more, as plainly as possible and with no file of src/ in it: what
 * docs/reasons.md defines under "What a conflict is", step by step. The solver's explanations must
 * be the same. */
#ifndef TESTS_PROPERTY_MODEL_REASONS_H
#define TESTS_PROPERTY_MODEL_REASONS_H

#include "model.h"

#define MODEL_PEOPLE  16 /* at most */
#define MODEL_MEMBERS 1024
#define MODEL_PATH    80

/* An attempt that failed. */
struct model_attempt {
    /* Who takes part. NULL: has set no constraints. Those that are settled have the buffers that
     * exist already, and are not to be blamed. */
    const struct sysmem_buffer_collection_constraints *all[MODEL_PEOPLE];
    bool settled[MODEL_PEOPLE];
    size_t count;
    const struct model_world *world;
    const struct model_answer *existing; /* or NULL */
};

struct model_member {
    size_t participant; /* index in the attempt */
    char field[MODEL_PATH];
};

struct model_conflict {
    bool nobodys; /* nobody is to blame: no members */
    size_t count;
    struct model_member members[MODEL_MEMBERS]; /* by participant, then in schema order */
};

/* How far the attempt got, or MODEL_EXISTING + 1: it is none that failed. */
unsigned model_reached(const struct model_attempt *attempt);

void model_explain(const struct model_attempt *attempt, struct model_conflict *ret);

/* Whether members are a conflict by themselves: together not satisfied, and satisfied without any
 * one of them. What is wrong, or NULL. */
const char *model_check_conflict(const struct model_attempt *attempt,
                                 const struct model_conflict *conflict);

/* The name of field number n that can be a member, without participant and entry; NULL: there are
 * no more. */
const char *model_blamable_field(size_t n);

#endif
