/* sysmemctl: the command by which people and scripts speak to sysmemd. */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <sysmem/export.h>

#include "base/strbuf.h"
#include "cli/command.h"

/* libc looks for it, so it must not be hidden. */
SYSMEM_EXPORT const char *argp_program_version = "sysmemctl " SYSMEM_VERSION;

struct line {
    const char *socket_path;
    const struct command *command;
    int command_at; /* where in argv */
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct line *line = state->input;
    switch (key) {
    case 's':
        line->socket_path = arg;
        return 0;
    case ARGP_KEY_ARG:
        line->command = command_find(arg);
        if (line->command == NULL) {
            struct strbuf known = {0};
            for (const struct command *command = commands; command->name != NULL; command++) {
                strbuf_addf(&known, " %s", command->name);
            }
            argp_failure(state, EXIT_USAGE, 0, "there is no '%s'; there are:%s", arg,
                         strbuf_text(&known));
            strbuf_deinit(&known);
        }
        line->command_at = state->next - 1;
        state->next = state->argc; /* the rest is the sub-command's */
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The list of sub-commands for --help. */
static char *list_commands(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_PRE_DOC) {
        return (char *)text;
    }
    struct strbuf help = {0};
    strbuf_addf(&help, "%s\n\nCommands:\n", text);
    for (const struct command *command = commands; command->name != NULL; command++) {
        strbuf_addf(&help, "  %-10s%s\n", command->name, command->summary);
    }
    strbuf_addf(&help, "\nOptions:");
    return strbuf_take(&help);
}

int main(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"socket", 's', "PATH", 0, "The daemon's socket", 0},
        {0 },
    };
    const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "COMMAND [...]",
        .doc = "Speak to sysmemd, which lets processes share buffers."
               "\vExit status: 0 done; 1 the daemon could not be reached, or the answer is no; "
               "2 the command line or the input cannot be used.",
        .help_filter = list_commands,
    };
    struct line line = {0};
    argp_err_exit_status = EXIT_USAGE;
    /* A reader that leaves shows as an error of writing. */
    (void)signal(SIGPIPE, SIG_IGN); // NOLINT(bugprone-signal-handler,cert-sig30-c,cert-sig31-c)
    if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &line) != 0) {
        return EXIT_USAGE;
    }
    int status =
        line.command->run(argc - line.command_at, argv + line.command_at, line.socket_path);
    if (fflush(stdout) != 0 && status == EXIT_DONE) {
        perror("sysmemctl: standard output");
        return EXIT_REFUSED;
    }
    return status;
}
