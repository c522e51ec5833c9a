#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ARGUMENTS 10

/* What stands under the first `len` bytes of `key`; NULL: nothing. */
static json_t *member(const json_t *at, const char *key, size_t len)
{
    return json_is_array(at) ? json_array_get(at, strtoul(key, NULL, 10))
                             : json_object_getn(at, key, len);
}

static bool put(json_t *at, const char *key, json_t *value)
{
    if (json_is_array(at)) {
        return (strcmp(key, "+") == 0 ? json_array_append(at, value)
                : json_is_null(value) ? json_array_remove(at, strtoul(key, NULL, 10))
                                      : json_array_set(at, strtoul(key, NULL, 10), value)) == 0;
    }
    return (json_is_null(value) ? json_object_del(at, key) : json_object_set(at, key, value)) == 0;
}

static bool edit(json_t *document, const char *path, json_t *value)
{
    json_t *at = document;
    const char *key = path + 1;
    for (const char *slash; at != NULL && (slash = strchr(key, '/')) != NULL; key = slash + 1) {
        at = member(at, key, (size_t)(slash - key));
    }
    bool done = at != NULL && put(at, key, value);
    if (!done) {
        (void)fprintf(stderr, "there is no %s\n", path);
    }
    return done;
}

static bool edit_all(json_t *document, const json_t *edits)
{
    const char *path = NULL;
    json_t *value = NULL;
    bool done = document != NULL;
    json_object_foreach((json_t *)edits, path, value)
    {
        done = done && edit(document, path, value);
    }
    return done;
}

bool replay_run(const char *sysmemctl, const char *socket, const json_t *edits,
                const json_t *options, struct program_result *ret)
{
    struct program_result inspected = program_run(
        (const char *const[]){sysmemctl, "--socket", socket, "inspect", "--json", NULL}, "");
    json_t *document = json_loads(inspected.output, 0, NULL);
    bool asked = inspected.status == 0 && edit_all(document, edits);
    const char *argv[MAX_ARGUMENTS] = {sysmemctl, "solve"};
    for (size_t i = 0; i < json_array_size(options) && i + 3 < MAX_ARGUMENTS; i++) {
        argv[i + 2] = json_string_value(json_array_get(options, i));
    }
    char *text = asked ? json_dumps(document, 0) : NULL;
    if (asked) {
        *ret = program_run(argv, text);
    }
    free(text);
    json_decref(document);
    program_result_deinit(&inspected);
    return asked;
}
