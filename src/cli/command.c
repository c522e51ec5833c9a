#include "cli/command.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "json/json.h"

const struct command commands[] = {
    {"exec",    "Carry out requests, one JSON object a line",               command_exec   },
    {"solve",   "Aggregate constraints from a file, without a daemon",      command_solve  },
    {"config",  "Check configuration files, or merge them into one",        command_config },
    {"list",    "Show the daemon's collections",                            command_list   },
    {"tree",    "Show one collection's participants",                       command_tree   },
    {"graph",   "Write collections as a graph, for Graphviz",               command_graph  },
    {"inspect", "Show all that the daemon knows",                           command_inspect},
    {"explain", "Tell why allocations failed, and where results come from", command_explain},
    {"watch",   "Follow what happens, as it happens",                       command_watch  },
    {"heaps",   "Show where memory comes from, and how much is used",       command_heaps  },
    {"hold",    "Take buffers and keep them, to simulate pressure",         command_hold   },
    {"formats", "Show pixel formats, and what others call them",            command_formats},
    {NULL,      NULL,                                                       NULL           },
};

const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name != NULL; command++) {
        if (strcmp(command->name, name) == 0) {
            return command;
        }
    }
    return NULL;
}

enum { KEY_JSON = 256, KEY_CONFIG, KEY_OWN };

struct parse {
    const struct options_spec *spec;
    struct options *options;
};

static void add_file(struct argp_state *state, struct options *options, const char *file)
{
    if (options->file_count == OPTIONS_MAX_FILES) {
        argp_error(state, "wanted at most %d files", OPTIONS_MAX_FILES);
    }
    options->files[options->file_count++] = file;
}

static error_t parse_own(const struct options_spec *spec, int key, const char *arg)
{
    if (key < KEY_OWN || (size_t)(key - KEY_OWN) >= spec->own_count) {
        return ARGP_ERR_UNKNOWN;
    }
    *spec->own[key - KEY_OWN].ret = arg == NULL ? "" : arg;
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct parse *parse = state->input;
    const char *argument = parse->spec->argument;
    switch (key) {
    case 's':
        parse->options->socket_path = arg;
        return 0;
    case KEY_JSON:
        parse->options->json = true;
        return 0;
    case KEY_CONFIG:
        add_file(state, parse->options, arg);
        return 0;
    case ARGP_KEY_ARG:
        if (parse->spec->has_files && parse->options->argument != NULL) {
            add_file(state, parse->options, arg);
            return 0;
        }
        if (argument == NULL || parse->options->argument != NULL) {
            argp_error(state, "unexpected argument '%s'", arg);
        }
        parse->options->argument = arg;
        return 0;
    case ARGP_KEY_END:
        if (argument != NULL && argument[0] != '[' && parse->options->argument == NULL) {
            argp_error(state, "%s is missing", argument);
        }
        return 0;
    default:
        return parse_own(parse->spec, key, arg);
    }
}

void options_parse(int argc, char **argv, const struct options_spec *spec, struct options *ret)
{
    static const struct argp_option socket = {"socket", 's', "PATH", 0, "The daemon's socket", 0};
    static const struct argp_option json = {
        "json", KEY_JSON, NULL, 0, "Write JSON instead of a table", 0};
    static const struct argp_option config = {
        "config",
        KEY_CONFIG,
        "FILE",
        0,
        "Read the configuration FILE; may be given again, later files override",
        0};
    struct argp_option rows[4 + OPTIONS_MAX_OWN] = {socket};
    size_t count = 1;
    if (spec->has_json) {
        rows[count++] = json;
    }
    if (spec->has_config) {
        rows[count++] = config;
    }
    for (size_t i = 0; i < spec->own_count; i++) {
        const struct options_own *own = &spec->own[i];
        rows[count++] =
            (struct argp_option){own->name, KEY_OWN + (int)i, own->value, 0, own->doc, 0};
    }
    struct parse parse = {.spec = spec, .options = ret};
    struct argp argp = {
        .options = rows, .parser = parse_option, .args_doc = spec->argument, .doc = spec->doc};
    struct strbuf name = {0};
    strbuf_addf(&name, "sysmemctl %s", argv[0]);
    char *own_name = argv[0];
    argv[0] = (char *)strbuf_text(&name);
    error_t error = argp_parse(&argp, argc, argv, 0, NULL, &parse);
    argv[0] = own_name;
    strbuf_deinit(&name);
    if (error != 0) {
        exit(EXIT_USAGE);
    }
}

int command_print_json(json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    bool printed = text != NULL && puts(text) >= 0;
    free(text);
    json_decref(json);
    return printed ? EXIT_DONE : EXIT_REFUSED;
}

int command_print_table(const struct model_type *type, const void *table)
{
    return command_print_json(table_to_json(type, table, NULL));
}
