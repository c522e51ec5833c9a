/* What an aggregation, and an explanation, may take, from the lengths of lists alone. */
#include "solver/explain.h"
#include "solver/solver.h"

/* How often an explanation asks for each participant, for each image entry of it. Mostly all fields
 * of one are dropped at a time. */
#define ASKED_FOR_PARTICIPANT 24
#define ASKED_FOR_ENTRY       12

/* What takes part in it, in the units of struct work's effort. */
#define PARTICIPANT 16
#define READ_PAIR   8

/* Of the pairs and of the wild ones (with DO_NOT_CARE) that some image has: no list keeps more. */
#define MOST_PAIRS 760
#define MOST_WILD  160

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t count_pairs(const struct sysmem_buffer_collection_constraints *constraints)
{
    uint64_t count = 0;
    for (size_t i = 0; i < constraints->image_format_constraints_count; i++) {
        count += 1 + constraints->image_format_constraints[i].pixel_format_and_modifiers_count;
    }
    return count;
}

/* Two lists are merged, and the wild pairs of each are compared with all of the other. */
static uint64_t fold_pairs(uint64_t a, uint64_t b)
{
    return a + b + min_u64(a, MOST_WILD) * b + a * min_u64(b, MOST_WILD);
}

uint64_t solver_effort(const struct solver_problem *problem)
{
    const struct solver_limits *limits = &problem->environment->limits;
    uint64_t reading = 0;
    uint64_t folding = 0;
    uint64_t longest = 0;
    uint64_t heaps = 0;
    for (size_t i = 0; i < problem->participant_count; i++) {
        const struct sysmem_buffer_collection_constraints *constraints =
            problem->participants[i].constraints;
        if (constraints == NULL) {
            continue;
        }
        uint64_t pairs = count_pairs(constraints);
        uint64_t permitted = constraints->buffer_memory_constraints.permitted_heaps_count;
        reading += PARTICIPANT + READ_PAIR * pairs + permitted;
        pairs = min_u64(pairs, MOST_PAIRS);
        longest = pairs > longest ? pairs : longest;
        heaps = permitted > heaps ? permitted : heaps;
        folding += PARTICIPANT + fold_pairs(longest, pairs) + heaps * permitted;
    }
    uint64_t tries = problem->group_count == 0 ? 1 : limits->max_group_combinations;
    return reading + min_u64(folding * tries, folding + SOLVER_MAX_EFFORT);
}

static uint64_t count_combinations(const struct solver_problem *problem)
{
    uint64_t most = problem->environment->limits.max_group_combinations;
    uint64_t count = 1;
    for (size_t i = 0; i < problem->group_count && count < most; i++) {
        count *= problem->groups[i].child_count;
    }
    return min_u64(count, most);
}

uint64_t solver_explain_effort(const struct solver_problem *problem, bool every_combination)
{
    struct solver_problem once = *problem;
    uint64_t asked = 1;
    uint64_t combinations = every_combination ? count_combinations(problem) : 1;
    for (size_t i = 0; i < problem->participant_count; i++) {
        const struct sysmem_buffer_collection_constraints *constraints =
            problem->participants[i].constraints;
        if (constraints != NULL && !problem->participants[i].settled) {
            asked += ASKED_FOR_PARTICIPANT +
                     ASKED_FOR_ENTRY * constraints->image_format_constraints_count;
        }
    }
    once.group_count = 0;
    return solver_effort(problem) + combinations * asked * solver_effort(&once);
}
