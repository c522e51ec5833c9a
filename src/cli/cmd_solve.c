/* sysmemctl solve: the aggregation core alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/solve.h"
#include "cli/solve_text.h"
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
static json_t *solve_file(const char *path, struct config *config,
                          const struct solve_options *options)
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
    json_t *told = solve_document(config, options, text, len, &reason);
    if (told == NULL) {
        (void)fprintf(stderr, "sysmemctl solve: %s: %s\n", path, strbuf_text(&reason));
    }
    strbuf_deinit(&reason);
    free(text);
    return told;
}

static bool print_json(const json_t *told)
{
    char *line = json_dumps(told, JSON_COMPACT | JSON_ENSURE_ASCII);
    bool printed = line != NULL && puts(line) >= 0;
    free(line);
    return printed;
}

static int print(json_t *told, bool text)
{
    bool solved = json_object_get(told, "ok") != NULL;
    bool printed = text ? solve_text_print(told, stdout) : print_json(told);
    json_decref(told);
    return solved && printed ? EXIT_DONE : EXIT_REFUSED;
}

/* What the command line says of the answer. */
struct wishes {
    const char *explain;
    const char *trace;
    const char *text;
    const char *collection;
};

static void parse(int argc, char **argv, struct options *options, struct wishes *ret)
{
    const struct options_own own[] = {
        {"explain",    NULL, "Tell where each value comes from, or each combination's conflict",
         &ret->explain                                                                                           },
        {"trace",      NULL, "Tell each step",                                                   &ret->trace     },
        {"text",       NULL, "Write text for people instead of JSON",                            &ret->text      },
        {"collection", "ID", "Which collection of those that FILE has",                          &ret->collection},
    };
    const struct options_spec spec = {
        .argument = "[FILE]",
        .has_config = true,
        .own = own,
        .own_count = sizeof(own) / sizeof(own[0]),
        .doc =
            "Aggregate the constraints of the participants that FILE or standard input lists, "
            "without a daemon; or those of a collection, as 'sysmemctl inspect --json' prints "
            "it. What FILE has of a configuration overrides the files of --config.\v"
            "Exit status: 0 there is a solution; 1 there is none, or none so far; 2 the input is unusable."};
    options_parse(argc, argv, &spec, options);
}

int command_solve(int argc, char **argv, const char *socket_path)
{
    struct options options = {.socket_path = socket_path};
    struct wishes wishes = {0};
    parse(argc, argv, &options, &wishes);
    const struct solve_options wanted = {
        .details =
            {
                      .origins = wishes.explain != NULL || wishes.text != NULL,
                      .conflicts = wishes.explain != NULL,
                      .trace = wishes.trace != NULL,
                      },
        .collection = wishes.collection,
    };
    struct config config;
    config_init(&config);
    json_t *told =
        load_configs(&options, &config) ? solve_file(options.argument, &config, &wanted) : NULL;
    int status = told == NULL ? EXIT_USAGE : print(told, wishes.text != NULL);
    config_deinit(&config);
    return status;
}
