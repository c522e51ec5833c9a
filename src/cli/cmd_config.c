/* sysmemctl config: configuration files, as the daemon reads them, without a daemon. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/command.h"
#include "config/config.h"

/* Reads a file into `config`; says what is wrong with it. */
static bool load(struct config *config, const char *path)
{
    char *error = NULL;
    if (config_load_file(config, path, &error) != 0) {
        (void)fprintf(stderr, "%s\n", error == NULL ? "no memory" : error);
        free(error);
        return false;
    }
    return true;
}

static void tell(const struct config *config, const char *path)
{
    struct strbuf brought = {0};
    config_tally_print(&config->tally, &brought);
    (void)printf("%s: %s\n", path, strbuf_text(&brought));
    strbuf_deinit(&brought);
}

/* A file with mistakes stands in nobody's way: what comes after it is checked as well. */
static int check(struct config *config, const struct options *options)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < options->file_count; i++) {
        if (load(config, options->files[i])) {
            tell(config, options->files[i]);
        } else {
            status = EXIT_REFUSED;
        }
    }
    return status;
}

static int merge(struct config *config, const struct options *options)
{
    for (size_t i = 0; i < options->file_count; i++) {
        if (!load(config, options->files[i])) {
            return EXIT_USAGE;
        }
    }
    return command_print_json(config_to_json(config));
}

int command_config(int argc, char **argv, const char *socket_path)
{
    static const struct options_spec spec = {
        .argument = "check|merge FILE...",
        .has_files = true,
        .doc = "check: tell each mistake in configuration files, and of files without what they "
               "override. merge: write the one configuration that they come to.\v"
               "Later files override earlier ones, as with 'sysmemd --config'. Exit status: 0 "
               "done; 1 check found mistakes; 2 a file cannot be merged."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    bool checks = strcmp(options.argument, "check") == 0;
    if (!checks && strcmp(options.argument, "merge") != 0) {
        (void)fprintf(stderr, "sysmemctl config: wanted check or merge, got '%s'\n",
                      options.argument);
        return EXIT_USAGE;
    }
    if (options.file_count == 0) {
        (void)fprintf(stderr, "sysmemctl config: wanted at least one FILE, got none\n");
        return EXIT_USAGE;
    }
    struct config config;
    config_init(&config);
    int status = checks ? check(&config, &options) : merge(&config, &options);
    config_deinit(&config);
    return status;
}
