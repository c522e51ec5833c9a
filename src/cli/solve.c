#include "cli/solve.h"

#include <stdlib.h>
#include <string.h>

#include "cli/solve_inspected.h"
#include "cli/solve_tree.h"
#include "json/json.h"

/* Of what a document's constraints become, in bytes. */
#define MAX_BYTES ((size_t)256 << 20)

/* "config", and "heaps", which replaces the heaps that "config" names. */
static bool read_config(struct config *to, const json_t *document, struct strbuf *reason)
{
    const json_t *config = json_object_get(document, "config");
    const json_t *heaps = json_object_get(document, "heaps");
    char *error = NULL;
    const char *separator = "config.";
    int r = 0;
    if (config != NULL) {
        r = config_merge_json(to, config, &error);
        separator = json_is_object(config) ? "config." : "config: ";
    }
    if (r == 0 && heaps != NULL) {
        r = config_set_heaps(to, heaps, &error);
        separator = "";
    }
    if (r < 0) {
        strbuf_addf(reason, "%s%s", separator, error == NULL ? "no memory" : error);
    }
    free(error);
    return r == 0;
}

/* A document that was written for this. */
static bool read_own(struct arena *arena, struct config *config, const json_t *document,
                     struct solve_question *ret, struct strbuf *reason)
{
    static const char *const keys[] = {"participants", "config", "heaps", "secure_memory", NULL};
    struct strbuf error = {0};
    bool ok = solve_has_only(document, keys, &error);
    if (!ok) {
        strbuf_addf(reason, "input: %s", strbuf_text(&error));
    }
    strbuf_deinit(&error);
    return ok && read_config(config, document, reason) &&
           solve_tree_read(arena, json_object_get(document, "participants"), ret, reason);
}

/* "secure_memory", as 'sysmemctl heaps' has it: what the solver makes of each word. */
static bool read_secure(const json_t *document, struct solve_question *ret, struct strbuf *reason)
{
    static const struct {
        const char *word;
        enum solver_secure secure;
    } words[] = {
        {"none",     SOLVER_SECURE_AS_LISTED},
        {"expected", SOLVER_SECURE_EXPECTED },
        {"ready",    SOLVER_SECURE_AS_LISTED},
        {"lost",     SOLVER_SECURE_LOST     },
    };
    const json_t *value = json_object_get(document, "secure_memory");
    const char *word = value == NULL ? "none" : json_string_value(value);
    for (size_t i = 0; word != NULL && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].word, word) == 0) {
            ret->secure = words[i].secure;
            return true;
        }
    }
    strbuf_addf(reason,
                "secure_memory: wanted \"none\", \"expected\", \"ready\" or \"lost\", got ");
    if (word == NULL) {
        strbuf_addf(reason, "no string");
    } else {
        strbuf_add_quoted(reason, word);
    }
    return false;
}

static bool read_question(struct arena *arena, struct config *config,
                          const struct solve_options *options, const json_t *document,
                          struct solve_question *ret, struct strbuf *reason)
{
    if (!json_is_object(document)) {
        strbuf_addf(reason, "wanted an object with participants");
        return false;
    }
    if (solve_is_inspected(document)) {
        return solve_inspected_read(arena, config, document, options->collection, ret, reason);
    }
    if (options->collection != NULL) {
        strbuf_addf(reason, "wanted an object with collections, as --collection is given");
        return false;
    }
    return read_own(arena, config, document, ret, reason);
}

static json_t *ask(const struct config *config, const struct solve_question *question,
                   const struct solve_details *details)
{
    struct solver_environment environment;
    config_environment(config, &environment);
    environment.secure = question->secure;
    if (question->page_size != 0) {
        environment.page_size = question->page_size;
    }
    const struct solver_problem problem = {
        .participants = question->participants,
        .participant_count = question->participant_count,
        .groups = question->groups,
        .group_count = question->group_count,
        .environment = &environment,
        .existing = question->existing,
        .existing_count = question->existing_count,
    };
    return solve_answer(&problem, details);
}

json_t *solve_document(struct config *config, const struct solve_options *options, const char *text,
                       size_t len, struct strbuf *ret_reason)
{
    struct solve_question question = {0};
    struct arena arena;
    json_t *told = NULL;
    json_t *document = json_from_text(text, len, ret_reason);
    if (document == NULL) {
        return NULL;
    }
    arena_init(&arena, MAX_BYTES);
    if (read_question(&arena, config, options, document, &question, ret_reason) &&
        read_secure(document, &question, ret_reason)) {
        told = ask(config, &question, &options->details);
        if (told == NULL) {
            strbuf_addf(ret_reason, "no memory");
        }
    }
    arena_clear(&arena);
    json_decref(document);
    return told;
}
