#include "solver/crowd.h"

#include <assert.h>

#include "solver/trace.h"

struct crowd_member {
    struct demand demand;
    bool gives_size;
    bool is_read;
    const struct solver_reason *refusal; /* why the demand cannot be read; NULL: it can */
};

bool crowd_init(struct work *work, const struct solver_problem *problem, struct crowd *ret)
{
    size_t count = problem->participant_count;
    *ret = (struct crowd){
        .problem = problem,
        .arena = work->arena,
        .members = work_alloc(work, count, sizeof(*ret->members)),
        .present = work_alloc(work, count, sizeof(*ret->present)),
    };
    if (ret->members == NULL || ret->present == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct solver_participant *participant = &problem->participants[i];
        assert(participant->group >= 0 && (size_t)participant->group <= problem->group_count);
        ret->members[i].gives_size =
            participant->constraints != NULL && demand_gives_size(participant->constraints);
    }
    return true;
}

bool crowd_counts(const struct solver_participant *participant, const uint32_t *selected)
{
    return participant->constraints != NULL &&
           (participant->group == 0 || selected[participant->group - 1] == participant->child);
}

/* A demand contradicts itself in one way at a time, for which there is one reason. */
static void keep_refusal(struct work *work, struct crowd_member *member)
{
    struct solver_reason *refusal = work_alloc(work, 1, sizeof(*refusal));
    if (refusal != NULL) {
        assert(work->outcome->reason_count == 1);
        *refusal = work->outcome->reasons[0];
        member->refusal = refusal;
    }
}

static bool read_member(struct work *work, struct crowd *crowd, size_t index)
{
    struct crowd_member *member = &crowd->members[index];
    struct arena *arena = work->arena;
    work->arena = crowd->arena;
    work->participant = (int)index;
    member->is_read =
        demand_read(work, crowd->problem->participants[index].constraints, &member->demand);
    if (!member->is_read && !work->no_memory) {
        keep_refusal(work, member);
    }
    if (member->is_read) {
        trace(work, SOLVER_STEP_READ, "%zu formats, %zu heaps", member->demand.formats.count,
              member->demand.memory.heaps.count);
    }
    work->participant = WORK_NOBODY;
    work->arena = arena;
    return member->is_read;
}

static bool ensure_read(struct work *work, struct crowd *crowd, size_t index)
{
    struct crowd_member *member = &crowd->members[index];
    if (member->refusal != NULL) {
        work->outcome->reasons[work->outcome->reason_count++] = *member->refusal;
        return false;
    }
    return member->is_read || read_member(work, crowd, index);
}

bool crowd_gather(struct work *work, struct crowd *crowd, const uint32_t *selected)
{
    const struct solver_problem *problem = crowd->problem;
    bool gives_size = work->lenient;
    for (size_t i = 0; !gives_size && i < problem->participant_count; i++) {
        gives_size =
            crowd->members[i].gives_size && crowd_counts(&problem->participants[i], selected);
    }
    if (!gives_size) {
        return refuse_nobody(work, "wanted min_size_bytes, min_size or required_max_size from at "
                                   "least one participant, got none");
    }
    crowd->present_count = 0;
    for (size_t i = 0; i < problem->participant_count; i++) {
        if (!crowd_counts(&problem->participants[i], selected)) {
            continue;
        }
        if (!ensure_read(work, crowd, i)) {
            return false;
        }
        crowd->present[crowd->present_count++] = &crowd->members[i].demand;
    }
    return true;
}
