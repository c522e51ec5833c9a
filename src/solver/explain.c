#include "solver/explain.h"

#include <errno.h>
#include <string.h>

#include "solver/probe.h"
#include "solver/search.h"
#include "solver/words.h"
#include "solver/work.h"

/* Reducing one conflict may take so much: about a second. */
#define MAX_EFFORT (UINT64_C(64) * SOLVER_MAX_EFFORT)

/* A failed attempt that is to be explained. */
struct failed_attempt {
    uint32_t *selected;
    uint64_t progress;
    const char *detail; /* why it failed */
};

struct failures {
    const struct solver_problem *problem;
    struct arena *arena;
    struct failed_attempt *list;
    size_t count;
    size_t size;
    uint32_t *last; /* what was selected when the search ended */
    bool every;
    bool no_memory;
};

static char *keep_text(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

static void keep_failure(struct failures *failures, struct failed_attempt *failure,
                         const struct work *work, const uint32_t *selected)
{
    size_t bytes = failures->problem->group_count * sizeof(*selected);
    if (failure->selected == NULL) {
        failure->selected = arena_alloc(failures->arena, bytes);
    }
    failure->detail = keep_text(
        failures->arena, work->outcome->reason_count > 0 ? work->outcome->reasons[0].detail : "");
    failure->progress = work->progress;
    if (failure->selected == NULL || failure->detail == NULL) {
        failures->no_memory = true;
    } else if (bytes > 0) {
        memcpy(failure->selected, selected, bytes);
    }
}

static void on_failed(void *arg, const struct work *work, const uint32_t *selected)
{
    struct failures *failures = arg;
    bool furthest = failures->count == 0 || work->progress > failures->list[0].progress;
    if (failures->every && failures->count < failures->size) {
        keep_failure(failures, &failures->list[failures->count++], work, selected);
    } else if (!failures->every && furthest) {
        failures->count = 1;
        keep_failure(failures, &failures->list[0], work, selected);
    }
}

/* Which attempts failed. Returns what the search came to. */
static uint32_t find_failures(struct failures *failures, struct solver_outcome *outcome)
{
    const struct solver_problem *problem = failures->problem;
    struct search_listener listener = {on_failed, failures};
    struct arena arena;
    struct work work;
    failures->size = failures->every ? problem->environment->limits.max_group_combinations : 1;
    failures->list = arena_alloc_array(failures->arena, failures->size, sizeof(*failures->list));
    arena_init(&arena, SIZE_MAX);
    work_init(&work, problem->environment, &arena, outcome);
    uint32_t *selected = work_alloc(&work, problem->group_count, sizeof(*selected));
    uint32_t error = SYSMEM_ERROR_NO_MEMORY;
    size_t bytes = problem->group_count * sizeof(*selected);
    failures->last = arena_alloc(failures->arena, bytes);
    if (selected != NULL && failures->list != NULL && failures->last != NULL) {
        error = search(&work, problem, selected, &listener);
        memcpy(failures->last, selected, bytes);
    }
    arena_clear(&arena);
    return failures->no_memory ? SYSMEM_ERROR_NO_MEMORY : error;
}

/* Telling */

static bool tell_nobody(struct arena *arena, const char *detail, struct solver_conflict *ret)
{
    struct solver_member *member = arena_alloc(arena, sizeof(*member));
    if (member == NULL) {
        return false;
    }
    *member = (struct solver_member){-1, "", keep_text(arena, detail)};
    ret->members = member;
    ret->member_count = 1;
    return member->detail != NULL;
}

static bool tell_field(struct arena *arena, const struct probe *probe, size_t participant,
                       const struct relax_field *field, struct solver_member *ret)
{
    struct strbuf path = {0};
    struct strbuf detail = {0};
    relax_field_path(field, probe->problem->participants[participant].constraints, &path);
    words_detail(probe, participant, field, &detail);
    *ret = (struct solver_member){(int)participant, keep_text(arena, strbuf_text(&path)),
                                  keep_text(arena, strbuf_text(&detail))};
    bool ok = !path.failed && !detail.failed && ret->field != NULL && ret->detail != NULL;
    strbuf_deinit(&path);
    strbuf_deinit(&detail);
    return ok;
}

static bool tell_members(struct arena *arena, const struct probe *probe,
                         struct solver_conflict *ret)
{
    size_t kept = probe_kept(probe);
    size_t most = kept < SOLVER_MAX_MEMBERS ? kept : SOLVER_MAX_MEMBERS;
    struct solver_member *members = arena_alloc_array(arena, most, sizeof(*members));
    if (members == NULL) {
        return false;
    }
    ret->members = members;
    ret->omitted = kept - most;
    for (size_t i = 0; ret->member_count < most; i++) {
        const struct relax_list *list = &probe->members[i].list;
        for (size_t j = 0; j < list->count && ret->member_count < most; j++) {
            if (!list->fields[j].dropped &&
                !tell_field(arena, probe, i, &list->fields[j], &members[ret->member_count++])) {
                return false;
            }
        }
    }
    return true;
}

/* Finds the members. *ret_any is false where all of them are satisfied, or where it fails without
 * any. */
static bool reduce(struct probe *probe, struct solver_conflict *ret, bool *ret_any)
{
    *ret_any = false;
    if (!probe_is_satisfied(probe)) {
        ret->minimal = probe_reduce(probe, MAX_EFFORT);
        *ret_any = probe_kept(probe) > 0;
    }
    return !probe->no_memory;
}

static bool explain(struct arena *arena, const struct solver_problem *problem,
                    const struct failed_attempt *failure, struct solver_conflict *ret)
{
    struct arena scratch;
    struct probe probe;
    bool any = false;
    arena_init(&scratch, SIZE_MAX);
    *ret = (struct solver_conflict){
        .selected = problem->group_count > 0 ? failure->selected : NULL,
        .minimal = true,
    };
    bool ok = probe_init(&probe, &scratch, problem, failure->selected) && reduce(&probe, ret, &any);
    if (ok && !any) {
        ok = tell_nobody(arena, failure->detail, ret);
    } else if (ok) { /* a single member is told by what the solver has against it */
        ok = !probe_is_satisfied(&probe) && tell_members(arena, &probe, ret);
    }
    probe_deinit(&probe);
    arena_clear(&scratch);
    return ok;
}

/* What ended the search, where that was no attempt that others may follow: the limit, or an attempt
 * without secure memory. */
static bool tell_end(struct arena *arena, const struct solver_outcome *outcome,
                     const struct failures *failures, struct solver_conflict *ret)
{
    bool is_attempt = outcome->reason_count > 0 && outcome->reasons[0].participant >= 0;
    struct solver_member *members =
        arena_alloc_array(arena, outcome->reason_count, sizeof(*members));
    *ret = (struct solver_conflict){
        .selected = is_attempt && failures->problem->group_count > 0 ? failures->last : NULL,
        .members = members,
        .minimal = !is_attempt, /* what else may be wrong was not looked at */
    };
    for (size_t i = 0; members != NULL && i < outcome->reason_count; i++) {
        const struct solver_reason *reason = &outcome->reasons[i];
        members[i] = (struct solver_member){reason->participant, keep_text(arena, reason->field),
                                            keep_text(arena, reason->detail)};
        if (members[i].field == NULL || members[i].detail == NULL) {
            return false;
        }
        ret->member_count++;
    }
    return members != NULL;
}

static bool explain_all(const struct failures *failures, const struct solver_outcome *outcome,
                        struct solver_explanation *ret)
{
    bool has_end = ret->error != SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY;
    size_t count = has_end && !failures->every ? 0 : failures->count;
    struct solver_conflict *conflicts =
        arena_alloc_array(&ret->arena, count + 1, sizeof(*conflicts));
    if (conflicts == NULL) {
        return false;
    }
    ret->conflicts = conflicts;
    for (; ret->conflict_count < count; ret->conflict_count++) {
        if (!explain(&ret->arena, failures->problem, &failures->list[ret->conflict_count],
                     &conflicts[ret->conflict_count])) {
            return false;
        }
    }
    return !has_end || tell_end(&ret->arena, outcome, failures, &conflicts[ret->conflict_count++]);
}

int solver_explain(const struct solver_problem *problem, bool every_combination,
                   struct solver_explanation *ret)
{
    struct solver_outcome outcome;
    *ret = (struct solver_explanation){0};
    arena_init(&ret->arena, SIZE_MAX);
    struct failures failures = {
        .problem = problem,
        .arena = &ret->arena,
        .every = every_combination,
    };
    ret->error = find_failures(&failures, &outcome);
    bool no_memory = ret->error == SYSMEM_ERROR_NO_MEMORY;
    bool ok = ret->error == 0 || (!no_memory && explain_all(&failures, &outcome, ret));
    if (ok) {
        return 0;
    }
    solver_explanation_deinit(ret);
    return -ENOMEM;
}

void solver_explanation_deinit(struct solver_explanation *explanation)
{
    arena_clear(&explanation->arena);
    explanation->conflict_count = 0;
}
