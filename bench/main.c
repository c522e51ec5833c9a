/* sysmem-bench: how much sysmem costs beyond the system calls that it cannot do without. */
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "report.h"
#include "server.h"
#include "solve.h"

#define DEFAULT_ROUNDS 9
#define EXIT_SKIPPED   77

static const char help[] =
    "Usage: sysmem-bench [OPTION]...\n"
    "Measures sysmem against the floor: the same number of socketpairs, messages, memory files,\n"
    "reopenings and descriptor passes with nothing else. See docs/benchmark.md.\n"
    "  --socket PATH   measure the daemon that listens there instead of one of its own\n"
    "  --daemon FILE   the sysmemd to start (default: beside this program, else from $PATH)\n"
    "  --rounds N      1 to 99 (default 9)\n"
    "  --json          print for programs\n"
    "  --check-calls   only count system calls; status 1 when the floor makes more of a kind\n"
    "                  than sysmem, 77 when they cannot be counted here\n";

struct options {
    const char *socket;
    char program[PATH_MAX];
    uint32_t rounds;
    bool json;
    bool check_calls;
};

static int fail(const char *what, int result)
{
    (void)fprintf(stderr, "sysmem-bench: %s: %s\n", what,
                  result == -ECHILD ? "the client or the server failed" : strerror(-result));
    return EXIT_FAILURE;
}

/* The daemon beside this program, else the one that $PATH has. */
static void find_daemon(char program[PATH_MAX])
{
    char own[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
    own[len > 0 ? len : 0] = '\0';
    int size = snprintf(program, PATH_MAX, "%s/sysmemd", dirname(own));
    if (size >= PATH_MAX || access(program, X_OK) != 0) {
        (void)snprintf(program, PATH_MAX, "sysmemd");
    }
}

static struct options parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"socket",      required_argument, NULL, 's'},
        {"daemon",      required_argument, NULL, 'd'},
        {"rounds",      required_argument, NULL, 'r'},
        {"json",        no_argument,       NULL, 'j'},
        {"check-calls", no_argument,       NULL, 'c'},
        {"help",        no_argument,       NULL, 'h'},
        {NULL,          0,                 NULL, 0  },
    };
    struct options options = {.rounds = DEFAULT_ROUNDS};
    int option;
    find_daemon(options.program);
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 's':
            options.socket = optarg;
            break;
        case 'd':
            (void)snprintf(options.program, sizeof(options.program), "%s", optarg);
            break;
        case 'r':
            options.rounds = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'j':
            options.json = true;
            break;
        case 'c':
            options.check_calls = true;
            break;
        case 'h':
            (void)fputs(help, stdout);
            exit(EXIT_SUCCESS);
        default:
            exit(2);
        }
    }
    if (optind < argc || options.rounds < 1 || options.rounds > ROUNDS_MAX) {
        (void)fputs(help, stderr);
        exit(2);
    }
    return options;
}

/* 128 buffers are more descriptors than the soft limit often allows. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Counts; *report says why not where that is not possible. 0 or -errno. */
static int count_calls(const struct options *options,
                       const struct subject *const subjects[SUBJECTS], struct report *report)
{
    if (options->socket) {
        report->no_calls = "the daemon was not started from here";
        return 0;
    }
    for (int i = 0; i < MEASURES; i++) {
        for (int j = 0; j < SUBJECTS; j++) {
            int result = measure_count(&measures[i], subjects[j], &report->calls[i][j]);
            if (result == -EPERM) {
                report->no_calls = "this machine does not permit ptrace";
                return 0;
            }
            if (result < 0) {
                return result;
            }
        }
    }
    report->has_calls = true;
    return 0;
}

static int measure_times(const struct options *options,
                         const struct subject *const subjects[SUBJECTS], struct report *report)
{
    struct server servers[SUBJECTS] = {{.pid = 0}, {.pid = 0}};
    const char *paths[SUBJECTS] = {servers[FLOOR].path, servers[REAL].path};
    int result = server_start(&servers[FLOOR], subjects[FLOOR], false);
    if (options->socket) {
        paths[REAL] = options->socket;
    } else if (result == 0) {
        result = server_start(&servers[REAL], subjects[REAL], false);
    }
    for (int i = 0; i < MEASURES && result == 0; i++) {
        result = measure_compare(&measures[i], paths, options->rounds, &report->times[i]);
    }
    if (result == 0) {
        result = solve_measure(options->rounds, &report->solve);
    }
    if (result == 0) {
        result = objects_measure(options->rounds, report->objects);
    }
    if (result == 0) {
        result = longest_measure(report->longest);
    }
    report->has_times = result == 0;
    server_stop(&servers[FLOOR]);
    server_stop(&servers[REAL]);
    return result;
}

int main(int argc, char **argv)
{
    struct options options = parse(argc, argv);
    struct subject real = real_subject;
    real.program = options.program;
    const struct subject *const subjects[SUBJECTS] = {&floor_subject, &real};
    static struct report report;
    report.rounds = options.rounds;
    raise_descriptor_limit();
    /* First, for it forks: a child must not use the objects of its parent's library. */
    int result = count_calls(&options, subjects, &report);
    if (result < 0) {
        return fail("counting system calls", result);
    }
    if (!options.check_calls) {
        result = measure_times(&options, subjects, &report);
        if (result < 0) {
            return fail("measuring", result);
        }
    }
    (options.json ? report_print_json : report_print)(&report);
    if (!options.check_calls) {
        return EXIT_SUCCESS;
    }
    if (!report.has_calls) {
        (void)printf("skipped: %s\n", report.no_calls);
        return EXIT_SKIPPED;
    }
    return report_floor_is_low(&report) ? EXIT_SUCCESS : EXIT_FAILURE;
}
