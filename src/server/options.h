/* The daemon's command line. */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

#define OPTIONS_MAX_CONFIGS 16

struct options {
    const char *socket; /* NULL: not given */
    const char *configs[OPTIONS_MAX_CONFIGS];
    size_t config_count;
    enum log_level level;
    bool self_test;
};

/* Reads the command line; ends the process on --help, --version and mistakes (status 2). */
void options_parse(struct options *options, int argc, char **argv);

#endif
