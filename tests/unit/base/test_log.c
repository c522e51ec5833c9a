#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/log_limit.h"

static char last[5000];
static enum log_level last_level;
static unsigned lines;

static void sink(void *arg, enum log_level level, const char *text)
{
    assert_ptr_equal(arg, last);
    last_level = level;
    lines++;
    (void)snprintf(last, sizeof(last), "%s", text);
}

static int setup(void **state)
{
    (void)state;
    lines = 0;
    log_set_level(LOG_LEVEL_INFO);
    log_set_sink(sink, last);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    log_set_sink(NULL, NULL);
    log_set_level(LOG_LEVEL_INFO);
    return 0;
}

static void lines_above_the_level_are_dropped(void **state)
{
    (void)state;
    log_debug("no %d", 1);
    assert_int_equal(lines, 0);
    log_info("yes %d", 2);
    assert_int_equal(lines, 1);
    assert_int_equal(last_level, LOG_LEVEL_INFO);
    assert_string_equal(last, "yes 2");
    log_set_level(LOG_LEVEL_ERROR);
    log_warning("no");
    assert_int_equal(lines, 1);
    log_error("bad");
    assert_string_equal(last, "bad");
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("all");
    assert_string_equal(last, "all");
}

static void level_names_are_read_back(void **state)
{
    (void)state;
    for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
        assert_int_equal(log_level_parse(log_level_name((enum log_level)level)), level);
    }
    assert_int_equal(log_level_parse("loud"), -1);
    assert_int_equal(log_level_parse(""), -1);
}

static void long_line_is_cut(void **state)
{
    (void)state;
    char text[4900];
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    log_info("%s", text);
    assert_int_equal(strlen(last), 4095);
}

/* What comes out of standard error for one line. */
static void printed(char *ret_text, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int saved = dup(2);
    assert_int_equal(dup2(ends[1], 2), 2);
    log_warning("low on %s", "space");
    assert_int_equal(dup2(saved, 2), 2);
    close(saved);
    close(ends[1]);
    ssize_t len = read(ends[0], ret_text, size - 1);
    assert_true(len > 0);
    ret_text[len] = '\0';
    close(ends[0]);
}

static void journal_reads_the_level(void **state)
{
    (void)state;
    char text[100];
    log_set_sink(NULL, NULL);
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    printed(text, sizeof(text));
    assert_string_equal(text, "warning: low on space\n");
    assert_int_equal(setenv("JOURNAL_STREAM", "8:1", 1), 0);
    printed(text, sizeof(text));
    assert_string_equal(text, "<4>warning: low on space\n");
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
}

static void a_cause_does_not_fill_the_log(void **state)
{
    (void)state;
    log_begin_cause(7);
    for (unsigned i = 0; i < 100000; i++) { /* well within a few windows */
        log_warning("mistake %u", i);
    }
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("details");
    assert_string_equal(last, "details");
    log_end_cause();
    assert_in_range(lines, LOG_LIMIT_LINES + 2, 50000);
    log_warning("our own");
    assert_string_equal(last, "our own");
    log_begin_cause(8);
    log_warning("of another");
    assert_string_equal(last, "of another");
    log_end_cause();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_above_the_level_are_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(level_names_are_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(long_line_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(journal_reads_the_level, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cause_does_not_fill_the_log, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
