#include "server/options.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>

#include <sysmem/export.h>

/* libc looks for it, so it must not be hidden. */
SYSMEM_EXPORT const char *argp_program_version = "sysmemd " SYSMEM_VERSION;

static const struct argp_option rows[] = {
    {"socket",                       's', "PATH", 0,
     "Listen at PATH. Without it: the socket that systemd passes, else "
     "$SYSMEM_SOCKET, else $XDG_RUNTIME_DIR/sysmem.sock for a user who has that directory, "
     "else /run/sysmem/sysmem.sock", 0},
    {"config",                        'c', "FILE", 0,
     "Read the configuration FILE; may be given again, later files override", 0},
    {"log-level", 'l', "LEVEL", 0, "error, warning, info (the default) or debug", 0},
    {"self-test",                              't', NULL, 0,
     "Try the kernel mechanisms that the daemon rests on, print them one by one, and "
     "end: status 0 if all that must be there is", 0},
    {0   },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 's':
        options->socket = arg;
        return 0;
    case 'c':
        if (options->config_count == OPTIONS_MAX_CONFIGS) {
            argp_error(state, "wanted at most %d configuration files", OPTIONS_MAX_CONFIGS);
        }
        options->configs[options->config_count++] = arg;
        return 0;
    case 'l': {
        int level = log_level_parse(arg);
        if (level < 0) {
            argp_error(state, "--log-level: wanted error, warning, info or debug, got '%s'", arg);
        }
        options->level = (enum log_level)level;
        return 0;
    }
    case 't':
        options->self_test = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'", arg);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void options_parse(struct options *options, int argc, char **argv)
{
    static const struct argp argp = {
        .options = rows,
        .parser = parse,
        .doc =
            "The buffer allocator: aggregates what participants need of shared buffers, allocates "
            "them, and hands them out.",
    };
    *options = (struct options){.level = LOG_LEVEL_INFO};
    argp_err_exit_status = 2;
    (void)argp_parse(&argp, argc, argv, 0, NULL, options);
}
