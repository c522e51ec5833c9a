/* The sub-commands of sysmemctl, and what they have in common. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "model/type.h"

/* Exit statuses, as docs/cli.md tells them. */
enum {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1, /* the daemon could not be reached, or the answer is no */
    EXIT_USAGE = 2,   /* the command line, or the input, cannot be used */
};

struct command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv, const char *socket_path);
};

/* All of them; the last has a NULL name. */
extern const struct command commands[];

const struct command *command_find(const char *name);

#define OPTIONS_MAX_FILES 64

/* What a sub-command's line says. */
struct options {
    const char *socket_path; /* NULL: where clients look */
    bool json;
    const char *argument;                 /* the first one; NULL: none was given */
    const char *files[OPTIONS_MAX_FILES]; /* further arguments, or those of --config */
    size_t file_count;
};

/* An option that one sub-command has alone. */
struct options_own {
    const char *name;  /* without its dashes */
    const char *value; /* what its value is called; NULL: it has none */
    const char *doc;
    const char **ret; /* gets the value, or "" where it has none; untouched if it is not given */
};

#define OPTIONS_MAX_OWN 5

struct options_spec {
    const char
        *argument; /* what the one argument is called, e.g. "ID", "[FILE]"; NULL: there is none */
    bool has_json;
    bool has_config;               /* --config FILE, any number of times */
    bool has_files;                /* the one argument is followed by any number of files */
    const struct options_own *own; /* at most OPTIONS_MAX_OWN */
    size_t own_count;
    const char *doc;
};

/* Reads a sub-command's line; argv[0] is its name. Does not return when it is wrong (status 2), nor
 * after --help and
 * --version. An argument whose name stands in brackets may be absent. */
void options_parse(int argc, char **argv, const struct options_spec *spec, struct options *ret);

/* Print JSON on standard output, for people and scripts alike. An exit status. The first takes the
 * reference to `json` (NULL: no memory) over. */
int command_print_json(json_t *json);
int command_print_table(const struct model_type *type, const void *table);

/* The sub-commands. socket_path: what stood before the sub-command, or NULL. */
int command_exec(int argc, char **argv, const char *socket_path);
int command_config(int argc, char **argv, const char *socket_path);
int command_solve(int argc, char **argv, const char *socket_path);
int command_list(int argc, char **argv, const char *socket_path);
int command_tree(int argc, char **argv, const char *socket_path);
int command_graph(int argc, char **argv, const char *socket_path);
int command_explain(int argc, char **argv, const char *socket_path);
int command_inspect(int argc, char **argv, const char *socket_path);
int command_watch(int argc, char **argv, const char *socket_path);
int command_heaps(int argc, char **argv, const char *socket_path);
int command_hold(int argc, char **argv, const char *socket_path);
int command_formats(int argc, char **argv, const char *socket_path);

#endif
