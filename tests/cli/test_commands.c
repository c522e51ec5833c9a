/* What people see of sysmemctl: exit statuses, and what is said where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "program.h"
#include "support/daemon.h"

/* Runs sysmemctl with at most four arguments. */
static struct program_result run(const char *input, const char *a, const char *b, const char *c,
                                 const char *d)
{
    const char *argv[] = {SYSMEMCTL_PATH, a, b, c, d, NULL};
    return program_run(argv, input);
}

static void assert_said(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in '%s'", part, text);
    }
}

static void help_and_version(void **state)
{
    (void)state;
    struct program_result help = run("", "--help", NULL, NULL, NULL);
    assert_int_equal(help.status, 0);
    assert_said(help.output, "exec");
    assert_said(help.output, "formats");
    struct program_result version = run("", "list", "--version", NULL, NULL);
    assert_int_equal(version.status, 0);
    assert_said(version.output, "sysmemctl ");
    program_result_deinit(&help);
    program_result_deinit(&version);
}

static void wrong_lines_end_with_2(void **state)
{
    (void)state;
    static const char *const lines[][3] = {
        {NULL,      NULL,           NULL},
        {"fly",     NULL,           NULL},
        {"tree",    NULL,           NULL},
        {"tree",    "x",            NULL},
        {"tree",    "1",            "2" },
        {"list",    "1",            NULL},
        {"watch",   "1",            NULL},
        {"graph",   "-1",           NULL},
        {"inspect", "x",            NULL},
        {"list",    "--no-such",    NULL},
        {"exec",    "--json",       NULL},
        {"solve",   "/nonexistent", NULL},
        {"solve",   "/",            NULL},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct program_result result = run("", lines[i][0], lines[i][1], lines[i][2], NULL);
        assert_int_equal(result.status, 2);
        assert_string_equal(result.output, "");
        assert_string_not_equal(result.errors, "");
        program_result_deinit(&result);
    }
    struct program_result unknown = run("", "fly", NULL, NULL, NULL);
    assert_said(unknown.errors, "exec solve list tree graph inspect watch heaps formats");
    program_result_deinit(&unknown);
}

static void no_daemon_says_what_to_start(void **state)
{
    (void)state;
    static const char *const commands[] = {"list", "heaps", "graph", "inspect", "watch"};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        struct program_result result = run("", commands[i], "--socket", "/nonexistent", NULL);
        assert_int_equal(result.status, 1);
        assert_string_equal(result.output, "");
        assert_said(result.errors, "sysmemd --socket /nonexistent");
        program_result_deinit(&result);
    }
}

static void exec_without_a_daemon_ends_with_1(void **state)
{
    (void)state;
    struct program_result result =
        run("{\"id\":1,\"do\":\"connect\",\"as\":\"A\"}\n{\"id\":2,\"do\":\"names\"}", "exec",
            "--socket", "/nonexistent", NULL);
    assert_int_equal(result.status, 1);
    assert_said(result.output, "\"kind\":\"peer_closed\"");
    assert_said(result.output, "{\"id\":2,\"ok\":{\"names\":[]}}");
    assert_said(result.errors, "sysmemd --socket /nonexistent");
    program_result_deinit(&result);
}

static void exec_that_needs_no_daemon_ends_with_0(void **state)
{
    (void)state;
    struct program_result result =
        run("{\"do\":\"vmo_create\",\"size\":1}", "exec", "--socket", "/nonexistent", NULL);
    assert_int_equal(result.status, 0);
    assert_string_equal(result.output, "{\"ok\":{\"as\":\"h1\"}}\n");
    assert_string_equal(result.errors, "");
    program_result_deinit(&result);
}

static void formats_lists_what_is_known(void **state)
{
    (void)state;
    struct program_result text = run("", "formats", NULL, NULL, NULL);
    assert_int_equal(text.status, 0);
    assert_said(text.output, "NV12");
    struct program_result json = run("", "formats", "--json", NULL, NULL);
    json_t *list = json_loads(json.output, 0, NULL);
    assert_true(json_array_size(list) >= 20);
    json_decref(list);
    program_result_deinit(&text);
    program_result_deinit(&json);
}

static void a_daemon_at_rest(void **state)
{
    (void)state;
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct program_result list = run("", "--socket", daemon.socket, "list", NULL);
    assert_int_equal(list.status, 0);
    assert_said(list.output, "WAITING FOR");
    assert_null(strchr(strchr(list.output, '\n') + 1, '\n'));
    struct program_result heaps = run("", "heaps", "--json", "--socket", daemon.socket);
    assert_int_equal(heaps.status, 0);
    assert_said(heaps.output, "HEAP_TYPE.SYSTEM_RAM");
    struct program_result tree = run("", "tree", "1", "--socket", daemon.socket);
    assert_int_equal(tree.status, 1);
    assert_said(tree.errors, "there is no collection 1");
    program_result_deinit(&list);
    program_result_deinit(&heaps);
    program_result_deinit(&tree);
    assert_true(daemon_stop(&daemon));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_and_version),
        cmocka_unit_test(wrong_lines_end_with_2),
        cmocka_unit_test(no_daemon_says_what_to_start),
        cmocka_unit_test(exec_without_a_daemon_ends_with_1),
        cmocka_unit_test(exec_that_needs_no_daemon_ends_with_0),
        cmocka_unit_test(formats_lists_what_is_known),
        cmocka_unit_test(a_daemon_at_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
