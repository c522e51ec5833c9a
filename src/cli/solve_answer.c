#include "cli/solve_answer.h"

#include <stdlib.h>

#include "model/names.h"
#include "model/tables.h"
#include "solver/explain.h"
#include "solver/origin.h"
#include "json/json.h"

/* With the name of a participant under "participant", unless it is nobody's (-1). */
static json_t *tell_participant(const struct solver_problem *problem, int participant)
{
    json_t *told = json_object();
    if (participant >= 0) {
        const char *name = problem->participants[participant].name;
        (void)json_object_set_new(told, "participant", json_string(name));
    }
    return told;
}

/* The children that were selected, of the groups that are not hidden. NULL: there are no groups. */
static json_t *tell_selected(const struct solver_problem *problem, const uint32_t *selected)
{
    json_t *told = problem->group_count == 0 || selected == NULL ? NULL : json_array();
    for (size_t i = 0; told != NULL && i < problem->group_count; i++) {
        if (selected[i] != SOLVER_HIDDEN) {
            (void)json_array_append_new(told, json_integer(selected[i]));
        }
    }
    return told;
}

/* --- a success --- */

static json_t *tell_origin(const struct solver_problem *problem, const struct solver_origin *origin)
{
    json_t *sources = json_array();
    for (size_t i = 0; i < origin->source_count; i++) {
        json_t *source = tell_participant(problem, origin->sources[i].participant);
        (void)json_object_set_new(source, "text", json_string(origin->sources[i].text));
        (void)json_array_append_new(sources, source);
    }
    return json_pack("{s:s, s:s, s:o}", "field", origin->field, "value", origin->value, "sources",
                     sources);
}

static json_t *tell_origins(const struct solver_problem *problem, const uint32_t *selected,
                            const struct solver_outcome *outcome)
{
    struct solver_origins origins;
    json_t *told = json_array();
    if (solver_origins(problem, selected, outcome, &origins) == 0) {
        for (size_t i = 0; i < origins.count; i++) {
            (void)json_array_append_new(told, tell_origin(problem, &origins.list[i]));
        }
        solver_origins_deinit(&origins);
    }
    return told;
}

json_t *solve_tell_success(const struct solver_problem *problem, const uint32_t *selected,
                           const struct solver_outcome *outcome, bool with_origins)
{
    json_t *settings = table_to_json(&model_type_single_buffer_settings, &outcome->settings, NULL);
    json_t *origins = with_origins ? tell_origins(problem, selected, outcome) : NULL;
    return json_pack("{s:{s:I, s:o, s:o*, s:o*}}", "ok", "buffer_count",
                     (json_int_t)outcome->buffer_count, "settings", settings, "selected",
                     tell_selected(problem, selected), "origins", origins);
}

/* --- a failure --- */

static json_t *tell_reasons(const struct solver_problem *problem,
                            const struct solver_conflict *conflict)
{
    json_t *reasons = json_array();
    for (size_t i = 0; i < conflict->member_count; i++) {
        const struct solver_member *member = &conflict->members[i];
        json_t *reason = tell_participant(problem, member->participant);
        if (member->participant >= 0) {
            (void)json_object_set_new(reason, "field", json_string(member->field));
        }
        (void)json_object_set_new(reason, "detail", json_string(member->detail));
        (void)json_array_append_new(reasons, reason);
    }
    return reasons;
}

/* How many reasons there are beside those that are told. NULL: none. */
static json_t *tell_omitted(const struct solver_conflict *conflict)
{
    return conflict->omitted == 0 ? NULL : json_integer((json_int_t)conflict->omitted);
}

/* The conflict of the attempt that got furthest; *ret_omitted may become NULL. NULL: no memory. */
static json_t *tell_furthest(const struct solver_problem *problem, json_t **ret_omitted)
{
    struct solver_explanation explanation;
    if (solver_explain(problem, false, &explanation) < 0) {
        return NULL;
    }
    json_t *told = NULL;
    if (explanation.conflict_count > 0) {
        told = tell_reasons(problem, &explanation.conflicts[0]);
        *ret_omitted = tell_omitted(&explanation.conflicts[0]);
    }
    solver_explanation_deinit(&explanation);
    return told;
}

static json_t *tell_conflict(const struct solver_problem *problem,
                             const struct solver_conflict *conflict)
{
    return json_pack("{s:o*, s:o, s:o*, s:b}", "selected",
                     tell_selected(problem, conflict->selected), "reasons",
                     tell_reasons(problem, conflict), "omitted", tell_omitted(conflict), "minimal",
                     (int)conflict->minimal);
}

static json_t *tell_every_conflict(const struct solver_problem *problem)
{
    struct solver_explanation explanation;
    if (solver_explain(problem, true, &explanation) < 0) {
        return NULL;
    }
    json_t *told = json_array();
    for (size_t i = 0; i < explanation.conflict_count; i++) {
        (void)json_array_append_new(told, tell_conflict(problem, &explanation.conflicts[i]));
    }
    solver_explanation_deinit(&explanation);
    return told;
}

static json_t *tell_failure(const struct solver_problem *problem, uint32_t error,
                            const struct solve_details *details)
{
    const char *name = model_name_of(&model_error_names, error);
    json_t *conflicts = details->conflicts ? tell_every_conflict(problem) : NULL;
    json_t *omitted = NULL;
    json_t *reasons = tell_furthest(problem, &omitted);
    return json_pack("{s:{s:s, s:I, s:o, s:o*, s:o*}}", "error", "name", name == NULL ? "" : name,
                     "code", (json_int_t)error, "reasons", reasons, "omitted", omitted, "conflicts",
                     conflicts);
}

/* Neither: it cannot be told before there is secure memory. */
static json_t *tell_waits(const struct solver_problem *problem)
{
    json_t *omitted = NULL;
    json_t *reasons = tell_furthest(problem, &omitted);
    return json_pack("{s:{s:o, s:o*}}", "waits", "reasons", reasons, "omitted", omitted);
}

/* --- both --- */

struct trace {
    const struct solver_problem *problem;
    json_t *steps;
};

static void on_step(void *arg, const struct solver_step *step)
{
    static const char *const names[] = {
        [SOLVER_STEP_ATTEMPT] = "ATTEMPT",         [SOLVER_STEP_READ] = "READ",
        [SOLVER_STEP_FORMAT_KEPT] = "FORMAT_KEPT", [SOLVER_STEP_FORMAT_DROPPED] = "FORMAT_DROPPED",
        [SOLVER_STEP_FORMAT_COST] = "FORMAT_COST", [SOLVER_STEP_CHOSEN] = "CHOSEN",
        [SOLVER_STEP_REFUSED] = "REFUSED",
    };
    const struct trace *trace = arg;
    json_t *told = tell_participant(trace->problem, step->participant);
    (void)json_object_set_new(told, "step", json_string(names[step->kind]));
    (void)json_object_set_new(told, "text", json_string(step->text));
    (void)json_array_append_new(trace->steps, told);
}

json_t *solve_answer(const struct solver_problem *problem, const struct solve_details *details)
{
    struct solver_outcome outcome;
    struct trace trace = {.problem = problem, .steps = details->trace ? json_array() : NULL};
    const struct solver_tracer tracer = {.step = on_step, .arg = &trace};
    uint32_t *selected = calloc(problem->group_count + 1, sizeof(*selected));
    json_t *told = NULL;
    if (selected != NULL) {
        struct solver_problem asked = *problem;
        asked.tracer = details->trace ? &tracer : NULL;
        solver_choose(&asked, selected, &outcome);
        told = outcome.error == 0
                   ? solve_tell_success(problem, selected, &outcome, details->origins)
               : solver_waits(&outcome) ? tell_waits(problem)
                                        : tell_failure(problem, outcome.error, details);
    }
    if (trace.steps != NULL) {
        (void)json_object_set_new(told, "trace", trace.steps);
    }
    free(selected);
    return told;
}
