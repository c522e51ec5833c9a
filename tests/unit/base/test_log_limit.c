#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log_limit.h"

#define START ((uint64_t)5 * LOG_LIMIT_WINDOW_NS)

static void fill(struct log_limit *limit, uint64_t now)
{
    for (unsigned i = 0; i < LOG_LIMIT_LINES; i++) {
        uint32_t dropped = 7;
        assert_int_equal(log_limit_count(limit, now, &dropped), LOG_LIMIT_WRITE);
        assert_int_equal(dropped, 0);
    }
}

static void lines_over_the_limit_are_dropped_and_counted(void **state)
{
    (void)state;
    struct log_limit limit = {0};
    uint32_t dropped;
    fill(&limit, START);
    uint64_t last = START + LOG_LIMIT_WINDOW_NS - 1;
    assert_int_equal(log_limit_count(&limit, last, &dropped), LOG_LIMIT_SAY_SO);
    assert_int_equal(log_limit_count(&limit, last, &dropped), LOG_LIMIT_DROP);
    assert_int_equal(log_limit_count(&limit, last, &dropped), LOG_LIMIT_DROP);
    assert_int_equal(dropped, 0);
    assert_int_equal(log_limit_count(&limit, last + 1, &dropped), LOG_LIMIT_WRITE);
    assert_int_equal(dropped, 3);
    assert_int_equal(log_limit_count(&limit, last + 1, &dropped), LOG_LIMIT_WRITE);
    assert_int_equal(dropped, 0);
}

static void each_window_has_its_lines(void **state)
{
    (void)state;
    struct log_limit limit = {0};
    for (unsigned i = 0; i < 3; i++) {
        fill(&limit, START + (uint64_t)i * LOG_LIMIT_WINDOW_NS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_over_the_limit_are_dropped_and_counted),
        cmocka_unit_test(each_window_has_its_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
