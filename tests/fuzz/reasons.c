#include "reasons.h"

#include <stdbool.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "fuzz.h"
#include "solver/explain.h"
#include "solver/probe.h"
#include "solver/relax.h"

#define SMALL_EFFORT  (UINT64_C(1) << 14) /* as in solver_effort() */
#define SMALL_MEMBERS 24
#define SMALL_FIELDS  256 /* candidates of one participant */

static bool is_member(const struct solver_conflict *conflict, size_t participant,
                      const struct relax_field *field,
                      const struct sysmem_buffer_collection_constraints *constraints)
{
    struct strbuf path = {0};
    bool found = false;
    relax_field_path(field, constraints, &path);
    for (size_t i = 0; i < conflict->member_count; i++) {
        const struct solver_member *member = &conflict->members[i];
        found |= member->participant == (int)participant &&
                 strcmp(member->field, strbuf_text(&path)) == 0;
    }
    strbuf_deinit(&path);
    return found;
}

/* Drops all candidates but the members. Returns how many are left. */
static size_t keep_members(struct probe *probe, const struct solver_conflict *conflict)
{
    size_t kept = 0;
    for (size_t i = 0; i < probe->problem->participant_count; i++) {
        struct relax_list *list = &probe->members[i].list;
        for (size_t j = 0; j < list->count; j++) {
            list->fields[j].dropped = !is_member(conflict, i, &list->fields[j],
                                                 probe->problem->participants[i].constraints);
            kept += list->fields[j].dropped ? 0 : 1;
        }
    }
    return kept;
}

/* Asks the solver, independently of how the members were found. */
static bool is_satisfied(struct probe *probe)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    for (size_t i = 0; i < probe->problem->participant_count; i++) {
        struct relax_list *list = &probe->members[i].list;
        if (list->count > 0) {
            probe->participants[i].constraints =
                relax_constraints(&arena, probe->problem->participants[i].constraints, list);
            EXPECT(probe->participants[i].constraints != NULL);
        }
    }
    bool satisfied = probe_is_satisfied(probe);
    EXPECT(!probe->no_memory);
    arena_clear(&arena);
    return satisfied;
}

static void check_each_is_needed(struct probe *probe)
{
    for (size_t i = 0; i < probe->problem->participant_count; i++) {
        struct relax_list *list = &probe->members[i].list;
        for (size_t j = 0; j < list->count; j++) {
            if (!list->fields[j].dropped) {
                list->fields[j].dropped = true;
                EXPECT(is_satisfied(probe));
                list->fields[j].dropped = false;
            }
        }
    }
}

static bool is_small(const struct probe *probe, const struct solver_conflict *conflict)
{
    bool small = conflict->minimal && conflict->member_count <= SMALL_MEMBERS &&
                 solver_effort(probe->problem) <= SMALL_EFFORT;
    for (size_t i = 0; i < probe->problem->participant_count; i++) {
        small = small && probe->members[i].list.count <= SMALL_FIELDS;
    }
    return small;
}

static void check_minimal(const struct solver_problem *problem,
                          const struct solver_conflict *conflict)
{
    struct arena arena;
    struct probe probe;
    arena_init(&arena, SIZE_MAX);
    EXPECT(probe_init(&probe, &arena, problem, conflict->selected));
    if (is_small(&probe, conflict)) {
        EXPECT(keep_members(&probe, conflict) == conflict->member_count);
        EXPECT(!is_satisfied(&probe));
        check_each_is_needed(&probe);
    }
    probe_deinit(&probe);
    arena_clear(&arena);
}

static void check_conflict(const struct solver_problem *problem,
                           const struct solver_conflict *conflict)
{
    EXPECT(conflict->member_count > 0);
    for (size_t i = 0; i < conflict->member_count; i++) {
        const struct solver_member *member = &conflict->members[i];
        EXPECT(strstr(member->detail, "wanted ") != NULL);
        EXPECT((member->participant < 0) == (member->field[0] == '\0'));
        EXPECT(member->participant < (int)problem->participant_count);
        EXPECT(member->participant >= 0 || conflict->member_count == 1);
    }
    if (conflict->members[0].participant >= 0) {
        check_minimal(problem, conflict);
    }
}

void reasons_check(const struct solver_problem *problem, uint32_t error)
{
    struct solver_explanation explanation;
    bool every = solver_effort(problem) <= SMALL_EFFORT;
    EXPECT(solver_explain(problem, every, &explanation) == 0);
    EXPECT(explanation.error == error && explanation.conflict_count > 0);
    for (size_t i = 0; i < explanation.conflict_count; i++) {
        check_conflict(problem, &explanation.conflicts[i]);
    }
    solver_explanation_deinit(&explanation);
}
