/* Runs one case of `sysmemctl solve`: run_solve SYSMEMCTL CASE. A case is an object with
 *   "options" of the command line; may be absent
 *   "input"   the document that solve gets; a string stands for itself, and need not be JSON
 *   "status"  the exit status
 *   "output"  what is printed, as a pattern (pattern.h), or a list of the lines; absent: nothing
 *   "error"   a part of what is said on standard error; absent: nothing is said */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "program.h"

#define MAX_ARGUMENTS 10

/* Whether the output is exactly these lines. */
static bool lines_match(const json_t *lines, const char *output)
{
    bool matches = true;
    for (size_t i = 0; matches && i < json_array_size(lines); i++) {
        const char *line = json_string_value(json_array_get(lines, i));
        size_t len = strlen(line);
        matches = strncmp(output, line, len) == 0 && output[len] == '\n';
        output += matches ? len + 1 : 0;
    }
    return matches && output[0] == '\0';
}

static bool output_matches(const json_t *pattern, const char *output)
{
    if (pattern == NULL) {
        return output[0] == '\0';
    }
    if (json_is_array(pattern)) {
        return lines_match(pattern, output);
    }
    json_t *names = json_object();
    json_t *got = json_loads(output, 0, NULL);
    bool matches = got != NULL && pattern_matches(pattern, got, names);
    json_decref(got);
    json_decref(names);
    return matches;
}

static bool run_case(const char *sysmemctl, const json_t *c)
{
    const json_t *input = json_object_get(c, "input");
    const char *error = json_string_value(json_object_get(c, "error"));
    char *text = json_is_string(input) ? strdup(json_string_value(input)) : json_dumps(input, 0);
    const json_t *options = json_object_get(c, "options");
    const char *argv[MAX_ARGUMENTS] = {sysmemctl, "solve"};
    for (size_t i = 0; i < json_array_size(options) && i + 3 < MAX_ARGUMENTS; i++) {
        argv[i + 2] = json_string_value(json_array_get(options, i));
    }
    struct program_result result = program_run(argv, text);
    bool passed = result.status == json_integer_value(json_object_get(c, "status")) &&
                  output_matches(json_object_get(c, "output"), result.output) &&
                  (error == NULL ? result.errors[0] == '\0' : strstr(result.errors, error) != NULL);
    if (!passed) {
        (void)fprintf(stderr, "status %d\noutput: %s\nerrors: %s\n", result.status, result.output,
                      result.errors);
    }
    program_result_deinit(&result);
    free(text);
    return passed;
}

int main(int argc, char **argv)
{
    json_error_t error = {0};
    json_t *c = argc == 3 ? json_load_file(argv[2], JSON_REJECT_DUPLICATES, &error) : NULL;
    if (c == NULL) {
        (void)fprintf(stderr, "usage: run_solve SYSMEMCTL CASE; %s\n", error.text);
        return 2;
    }
    bool passed = run_case(argv[1], c);
    json_decref(c);
    return passed ? 0 : 1;
}
