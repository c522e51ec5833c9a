/* sysmemctl solve: the aggregation core alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/solve.h"
#include "config/text_file.h"

/* The files of --config. */
static bool load_configs(const struct options *options, struct config *config)
{
    for (size_t i = 0; i < options->file_count; i++) {
        char *error = NULL;
        if (config_load_file(config, options->files[i], &error) != 0) {
            (void)fprintf(stderr, "sysmemctl solve: %s\n", error == NULL ? "no memory" : error);
            free(error);
            return false;
        }
    }
    return true;
}

/* What is to be printed; NULL: the input cannot be used, and that was said. */
static json_t *solve_file(const char *path, struct config *config)
{
    char *text = NULL;
    size_t len = 0;
    int r = path == NULL ? text_file_read(STDIN_FILENO, &text, &len)
                         : text_file_read_path(path, &text, &len);
    path = path == NULL ? "standard input" : path;
    if (r < 0) {
        (void)fprintf(stderr, "sysmemctl solve: %s: %s\n", path, strerror(-r));
        return NULL;
    }
    struct strbuf reason = {0};
    json_t *told = solve_document(config, text, len, &reason);
    if (told == NULL) {
        (void)fprintf(stderr, "sysmemctl solve: %s: %s\n", path, strbuf_text(&reason));
    }
    strbuf_deinit(&reason);
    free(text);
    return told;
}

static int print(json_t *told)
{
    bool solved = json_object_get(told, "ok") != NULL;
    char *line = json_dumps(told, JSON_COMPACT | JSON_ENSURE_ASCII);
    bool printed = line != NULL && puts(line) >= 0;
    free(line);
    json_decref(told);
    return solved && printed ? EXIT_DONE : EXIT_REFUSED;
}

int command_solve(int argc, char **argv, const char *socket_path)
{
    static const struct options_spec spec = {
        .argument = "[FILE]",
        .has_config = true,
        .doc = "Aggregate the constraints of the participants that FILE or standard input lists, "
               "without a daemon. What FILE has in \"config\" overrides the files of --config.\v"
               "Exit status: 0 there is a solution; 1 there is none; 2 the input is unusable."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    struct config config;
    config_init(&config);
    json_t *told = load_configs(&options, &config) ? solve_file(options.argument, &config) : NULL;
    int status = told == NULL ? EXIT_USAGE : print(told);
    config_deinit(&config);
    return status;
}
