#include "cli/solve.h"

#include <stdlib.h>

#include "cli/solve_tree.h"
#include "config/config.h"
#include "model/names.h"
#include "model/tables.h"
#include "solver/explain.h"
#include "solver/solver.h"
#include "json/json.h"

/* Of what a document's constraints become, in bytes. */
#define MAX_BYTES ((size_t)256 << 20)

/* A document that has been read. */
struct problem {
    struct arena arena;
    struct config *config;
    struct solve_tree tree;
};

/* "config", and "heaps", which replaces the heaps that "config" names. */
static bool read_config(struct problem *problem, const json_t *document, struct strbuf *reason)
{
    const json_t *config = json_object_get(document, "config");
    const json_t *heaps = json_object_get(document, "heaps");
    char *error = NULL;
    const char *separator = "config.";
    int r = 0;
    if (config != NULL) {
        r = config_merge_json(problem->config, config, &error);
        separator = json_is_object(config) ? "config." : "config: ";
    }
    if (r == 0 && heaps != NULL) {
        r = config_set_heaps(problem->config, heaps, &error);
        separator = "";
    }
    if (r < 0) {
        strbuf_addf(reason, "%s%s", separator, error == NULL ? "no memory" : error);
    }
    free(error);
    return r == 0;
}

static bool read_problem(struct problem *problem, const json_t *document, struct strbuf *reason)
{
    static const char *const keys[] = {"participants", "config", "heaps", NULL};
    if (!json_is_object(document)) {
        strbuf_addf(reason, "wanted an object with participants");
        return false;
    }
    struct strbuf error = {0};
    bool ok = solve_has_only(document, keys, &error);
    if (!ok) {
        strbuf_addf(reason, "input: %s", strbuf_text(&error));
    }
    strbuf_deinit(&error);
    return ok && read_config(problem, document, reason) &&
           solve_tree_read(&problem->arena, json_object_get(document, "participants"),
                           &problem->tree, reason);
}

/* The children that were selected, of the groups that are not hidden. */
static json_t *tell_selected(const uint32_t *selected, size_t count)
{
    json_t *told = json_array();
    for (size_t i = 0; i < count; i++) {
        if (selected[i] != SOLVER_HIDDEN) {
            (void)json_array_append_new(told, json_integer(selected[i]));
        }
    }
    return told;
}

static json_t *tell_settings(const struct problem *problem, const uint32_t *selected,
                             const struct solver_outcome *outcome)
{
    size_t group_count = problem->tree.group_count;
    json_t *settings = table_to_json(&model_type_single_buffer_settings, &outcome->settings, NULL);
    json_t *told = group_count == 0 ? NULL : tell_selected(selected, group_count);
    return json_pack("{s:{s:I, s:o, s:o*}}", "ok", "buffer_count",
                     (json_int_t)outcome->buffer_count, "settings", settings, "selected", told);
}

static json_t *tell_member(const struct problem *problem, const struct solver_member *member)
{
    json_t *told = json_object();
    if (member->participant >= 0) {
        const char *name = problem->tree.participants[member->participant].name;
        (void)json_object_set_new(told, "participant", json_string(name));
        (void)json_object_set_new(told, "field", json_string(member->field));
    }
    (void)json_object_set_new(told, "detail", json_string(member->detail));
    return told;
}

static json_t *tell_conflict(const struct problem *problem, const struct solver_conflict *conflict)
{
    json_t *reasons = json_array();
    for (size_t i = 0; i < conflict->member_count; i++) {
        (void)json_array_append_new(reasons, tell_member(problem, &conflict->members[i]));
    }
    return reasons;
}

static json_t *tell_error(const struct problem *problem, const struct solver_problem *posed,
                          const struct solver_outcome *outcome)
{
    struct solver_explanation explanation;
    if (solver_explain(posed, false, &explanation) < 0) {
        return NULL;
    }
    json_t *reasons = explanation.conflict_count > 0
                          ? tell_conflict(problem, &explanation.conflicts[0])
                          : json_array();
    solver_explanation_deinit(&explanation);
    const char *name = model_name_of(&model_error_names, outcome->error);
    return json_pack("{s:{s:s, s:I, s:o}}", "error", "name", name == NULL ? "" : name, "code",
                     (json_int_t)outcome->error, "reasons", reasons);
}

static json_t *solve_problem(struct problem *problem)
{
    const struct solve_tree *tree = &problem->tree;
    struct solver_environment environment;
    struct solver_outcome outcome;
    uint32_t *selected = arena_alloc_array(&problem->arena, tree->group_count, sizeof(*selected));
    if (selected == NULL) {
        return NULL;
    }
    config_environment(problem->config, &environment);
    const struct solver_problem posed = {
        .participants = tree->participants,
        .participant_count = tree->participant_count,
        .groups = tree->groups,
        .group_count = tree->group_count,
        .environment = &environment,
    };
    solver_choose(&posed, selected, &outcome);
    return outcome.error == 0 ? tell_settings(problem, selected, &outcome)
                              : tell_error(problem, &posed, &outcome);
}

json_t *solve_document(struct config *config, const char *text, size_t len,
                       struct strbuf *ret_reason)
{
    json_t *told = NULL;
    json_t *document = json_from_text(text, len, ret_reason);
    if (document == NULL) {
        return NULL;
    }
    struct problem problem = {.config = config};
    arena_init(&problem.arena, MAX_BYTES);
    if (read_problem(&problem, document, ret_reason)) {
        told = solve_problem(&problem);
        if (told == NULL) {
            strbuf_addf(ret_reason, "no memory");
        }
    }
    arena_clear(&problem.arena);
    json_decref(document);
    return told;
}
