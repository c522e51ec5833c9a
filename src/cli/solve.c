#include "cli/solve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "model/names.h"
#include "model/tables.h"
#include "solver/solver.h"
#include "json/json.h"

/* Of what a document's constraints become, in bytes. */
#define MAX_BYTES ((size_t)256 << 20)

/* A document that has been read. */
struct problem {
    struct arena arena;
    struct config config;
    struct solver_participant *participants;
    size_t count;
};

static bool has_only(const json_t *object, const char *where, const char *const *keys,
                     struct strbuf *reason)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)object, key, value)
    {
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], key) != 0) {
            i++;
        }
        if (keys[i] == NULL) {
            strbuf_addf(reason, "%s: unknown key '", where);
            strbuf_add_escaped(reason, key);
            strbuf_addf(reason, "'");
            return false;
        }
    }
    return true;
}

/* The name of a participant: its own, or its position. */
static const char *read_name(struct problem *problem, size_t index, const json_t *object)
{
    const json_t *name = json_object_get(object, "name");
    char position[40];
    if (name == NULL) {
        (void)snprintf(position, sizeof(position), "participant %zu", index);
        return arena_strndup(&problem->arena, position, strlen(position));
    }
    const char *text = json_string_value(name);
    return text == NULL ? NULL : arena_strndup(&problem->arena, text, strlen(text));
}

static bool read_constraints(struct problem *problem, const char *where, json_t *json,
                             const struct sysmem_buffer_collection_constraints **ret,
                             struct strbuf *reason)
{
    struct strbuf error = {0};
    struct sysmem_buffer_collection_constraints *constraints =
        arena_alloc(&problem->arena, sizeof(*constraints));
    if (constraints == NULL) {
        strbuf_addf(reason, "no memory");
        return false;
    }
    if (!json_to_table(&model_type_buffer_collection_constraints, json, &problem->arena, NULL,
                       constraints, &error)) {
        strbuf_addf(reason, "%s.constraints%s%s", where, json_is_object(json) ? "." : ": ",
                    strbuf_text(&error));
        strbuf_deinit(&error);
        return false;
    }
    *ret = constraints;
    return true;
}

static bool read_participant(struct problem *problem, size_t index, const json_t *object,
                             struct strbuf *reason)
{
    static const char *const keys[] = {"name", "constraints", NULL};
    char where[48];
    (void)snprintf(where, sizeof(where), "participants[%zu]", index);
    if (!json_is_object(object)) {
        strbuf_addf(reason, "%s: wanted an object", where);
        return false;
    }
    if (json_object_get(object, "one_of") != NULL) {
        strbuf_addf(reason, "%s.one_of: token groups cannot be aggregated yet", where);
        return false;
    }
    if (!has_only(object, where, keys, reason)) {
        return false;
    }
    struct solver_participant *participant = &problem->participants[index];
    participant->name = read_name(problem, index, object);
    if (participant->name == NULL) {
        strbuf_addf(reason, "%s.name: wanted a string", where);
        return false;
    }
    json_t *constraints = json_object_get(object, "constraints");
    return constraints == NULL ||
           read_constraints(problem, where, constraints, &participant->constraints, reason);
}

static bool read_participants(struct problem *problem, const json_t *list, struct strbuf *reason)
{
    if (!json_is_array(list) || json_array_size(list) == 0) {
        strbuf_addf(reason, "participants: wanted a list of at least one");
        return false;
    }
    problem->count = json_array_size(list);
    problem->participants =
        arena_alloc_array(&problem->arena, problem->count, sizeof(*problem->participants));
    if (problem->participants == NULL) {
        strbuf_addf(reason, "no memory");
        return false;
    }
    for (size_t i = 0; i < problem->count; i++) {
        if (!read_participant(problem, i, json_array_get(list, i), reason)) {
            return false;
        }
    }
    return true;
}

/* "config", and "heaps", which replaces the heaps that "config" names. */
static bool read_config(struct problem *problem, const json_t *document, struct strbuf *reason)
{
    const json_t *config = json_object_get(document, "config");
    const json_t *heaps = json_object_get(document, "heaps");
    char *error = NULL;
    const char *separator = "config.";
    int r = 0;
    if (config != NULL) {
        r = config_merge_json(&problem->config, config, &error);
        separator = json_is_object(config) ? "config." : "config: ";
    }
    if (r == 0 && heaps != NULL) {
        r = config_set_heaps(&problem->config, heaps, &error);
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
    return has_only(document, "input", keys, reason) && read_config(problem, document, reason) &&
           read_participants(problem, json_object_get(document, "participants"), reason);
}

static json_t *tell_settings(const struct solver_outcome *outcome)
{
    json_t *settings = table_to_json(&model_type_single_buffer_settings, &outcome->settings, NULL);
    return json_pack("{s:{s:I, s:o}}", "ok", "buffer_count", (json_int_t)outcome->buffer_count,
                     "settings", settings);
}

static json_t *tell_reason(const struct problem *problem, const struct solver_reason *reason)
{
    json_t *told = json_object();
    if (reason->participant >= 0 && (size_t)reason->participant < problem->count) {
        const char *name = problem->participants[reason->participant].name;
        (void)json_object_set_new(told, "participant", json_string(name));
    }
    if (reason->field[0] != '\0') {
        (void)json_object_set_new(told, "field", json_string(reason->field));
    }
    (void)json_object_set_new(told, "detail", json_string(reason->detail));
    return told;
}

static json_t *tell_error(const struct problem *problem, const struct solver_outcome *outcome)
{
    json_t *reasons = json_array();
    for (size_t i = 0; i < outcome->reason_count; i++) {
        (void)json_array_append_new(reasons, tell_reason(problem, &outcome->reasons[i]));
    }
    const char *name = model_name_of(&model_error_names, outcome->error);
    return json_pack("{s:{s:s, s:I, s:o}}", "error", "name", name == NULL ? "" : name, "code",
                     (json_int_t)outcome->error, "reasons", reasons);
}

static json_t *solve_problem(const struct problem *problem)
{
    struct solver_environment environment;
    struct solver_outcome outcome;
    config_environment(&problem->config, &environment);
    solver_solve(problem->participants, problem->count, &environment, &outcome);
    return outcome.error == 0 ? tell_settings(&outcome) : tell_error(problem, &outcome);
}

json_t *solve_document(const char *text, size_t len, struct strbuf *ret_reason)
{
    json_t *told = NULL;
    json_t *document = json_from_text(text, len, ret_reason);
    if (document == NULL) {
        return NULL;
    }
    struct problem problem = {0};
    arena_init(&problem.arena, MAX_BYTES);
    config_init(&problem.config);
    if (read_problem(&problem, document, ret_reason)) {
        told = solve_problem(&problem);
        if (told == NULL) {
            strbuf_addf(ret_reason, "no memory");
        }
    }
    config_deinit(&problem.config);
    arena_clear(&problem.arena);
    json_decref(document);
    return told;
}
