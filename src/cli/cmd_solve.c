/* sysmemctl solve: the aggregation core alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/solve.h"
#include "config/text_file.h"

int command_solve(int argc, char **argv, const char *socket_path)
{
    static const struct options_spec spec = {
        .argument = "[FILE]",
        .doc = "Aggregate the constraints of the participants that FILE or standard input lists, "
               "without a daemon.\v"
               "Exit status: 0 there is a solution; 1 there is none; 2 the input is unusable."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    const char *path = options.argument;
    char *text = NULL;
    size_t len = 0;
    int r = path == NULL ? text_file_read(STDIN_FILENO, &text, &len)
                         : text_file_read_path(path, &text, &len);
    path = path == NULL ? "standard input" : path;
    if (r < 0) {
        (void)fprintf(stderr, "sysmemctl solve: %s: %s\n", path, strerror(-r));
        return EXIT_USAGE;
    }
    struct strbuf reason = {0};
    json_t *told = solve_document(text, len, &reason);
    free(text);
    if (told == NULL) {
        (void)fprintf(stderr, "sysmemctl solve: %s: %s\n", path, strbuf_text(&reason));
        strbuf_deinit(&reason);
        return EXIT_USAGE;
    }
    strbuf_deinit(&reason);
    bool solved = json_object_get(told, "ok") != NULL;
    char *line = json_dumps(told, JSON_COMPACT | JSON_ENSURE_ASCII);
    bool printed = line != NULL && puts(line) >= 0;
    free(line);
    json_decref(told);
    return solved && printed ? EXIT_DONE : EXIT_REFUSED;
}
