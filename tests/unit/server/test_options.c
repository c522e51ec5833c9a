/* The command line, read in a child process where it may end the process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "server/options.h"

#define MAX_ARGS 64

/* A NULL-terminated list of arguments as main() gets it. */
struct line {
    char *argv[MAX_ARGS];
    int argc;
};

static struct line line_of(const char *const *words)
{
    struct line line = {.argv = {(char *)"sysmemd"}, .argc = 1};
    for (; *words != NULL; words++) {
        assert_true(line.argc < MAX_ARGS - 1);
        line.argv[line.argc++] = (char *)*words;
    }
    return line;
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct options parsed(const char *const *words)
{
    struct line line = line_of(words);
    struct options options;
    memset(&options, 0xA5, sizeof(options));
    options_parse(&options, line.argc, line.argv);
    return options;
}

static void nothing_given(void **state)
{
    (void)state;
    const struct options options = parsed((const char *const[]){NULL});
    assert_null(options.socket);
    assert_int_equal(options.config_count, 0);
    assert_int_equal(options.level, LOG_LEVEL_INFO);
    assert_false(options.self_test);
}

static void everything_given(void **state)
{
    (void)state;
    const struct options options =
        parsed(WORDS("--socket=/run/x", "--config", "a", "--log-level=debug", "-c", "b", "-t"));
    assert_string_equal(options.socket, "/run/x");
    assert_int_equal(options.config_count, 2);
    assert_string_equal(options.configs[0], "a");
    assert_string_equal(options.configs[1], "b");
    assert_int_equal(options.level, LOG_LEVEL_DEBUG);
    assert_true(options.self_test);
}

/* Reads the line in a child: the status that it ends with, 100 if it does not end. What it wrote is
 * in `ret_text`. */
static int ends_with(const char *const *words, char *ret_text, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)dup2(ends[1], STDERR_FILENO);
        (void)parsed(words);
        _exit(100);
    }
    (void)close(ends[1]);
    size_t len = 0;
    for (ssize_t got; (got = read(ends[0], ret_text + len, size - 1 - len)) > 0;) {
        len += (size_t)got;
    }
    ret_text[len] = '\0';
    (void)close(ends[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void assert_refused(const char *const *words, const char *text)
{
    char said[4096];
    assert_int_equal(ends_with(words, said, sizeof(said)), 2);
    assert_non_null(strstr(said, text));
}

static void mistakes_are_named_and_end_it_with_2(void **state)
{
    (void)state;
    assert_refused(WORDS("--log-level=loud"),
                   "--log-level: wanted error, warning, info or debug, got 'loud'");
    assert_refused(WORDS("stray"), "unexpected argument 'stray'");
    assert_refused(WORDS("--no-such-option"), "no-such-option");
    assert_refused(WORDS("--socket"), "requires an argument");
}

static void as_many_configs_as_there_is_room_for(void **state)
{
    (void)state;
    const char *words[OPTIONS_MAX_CONFIGS + 2] = {NULL};
    for (size_t i = 0; i < OPTIONS_MAX_CONFIGS; i++) {
        words[i] = "--config=x";
    }
    assert_int_equal(parsed(words).config_count, OPTIONS_MAX_CONFIGS);
    words[OPTIONS_MAX_CONFIGS] = "--config=x";
    assert_refused(words, "wanted at most 16 configuration files");
}

static void help_and_version_end_it_with_0(void **state)
{
    (void)state;
    char said[4096];
    assert_int_equal(ends_with(WORDS("--version"), said, sizeof(said)), 0);
    assert_string_equal(said, "sysmemd " SYSMEM_VERSION "\n");
    assert_int_equal(ends_with(WORDS("--help"), said, sizeof(said)), 0);
    const char *const options[] = {"--socket=PATH", "--config=FILE", "--log-level=LEVEL",
                                   "--self-test"};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        assert_non_null(strstr(said, options[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_given),
        cmocka_unit_test(everything_given),
        cmocka_unit_test(mistakes_are_named_and_end_it_with_2),
        cmocka_unit_test(as_many_configs_as_there_is_room_for),
        cmocka_unit_test(help_and_version_end_it_with_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
