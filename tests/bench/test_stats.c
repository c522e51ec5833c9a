/* Percentiles and medians. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats.h"

static void percentile_is_the_nearest_rank(void **state)
{
    (void)state;
    int64_t times[] = {50, 10, 40, 20, 30};
    assert_int_equal(stats_percentile(times, 5, 50), 30);
    assert_int_equal(stats_percentile(times, 5, 99), 50);
    assert_int_equal(stats_percentile(times, 5, 20), 10);
    assert_int_equal(stats_percentile(times, 5, 21), 20);
    int64_t one = 7;
    assert_int_equal(stats_percentile(&one, 1, 1), 7);
    assert_int_equal(stats_percentile(&one, 1, 100), 7);
}

static void p99_of_a_hundred_is_the_second_largest(void **state)
{
    (void)state;
    int64_t times[100];
    for (int i = 0; i < 100; i++) {
        times[i] = 100 - i;
    }
    assert_int_equal(stats_percentile(times, 100, 99), 99);
}

static void median_is_the_middle(void **state)
{
    (void)state;
    double odd[] = {3, 1, 2};
    double even[] = {4, 1, 3, 2};
    assert_true(stats_median(odd, 3) == 2);
    assert_true(stats_median(even, 4) == 2.5);
}

static void the_clock_goes_forward(void **state)
{
    (void)state;
    int64_t before = stats_now();
    assert_true(before > 0);
    assert_true(stats_now() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentile_is_the_nearest_rank),
        cmocka_unit_test(p99_of_a_hundred_is_the_second_largest),
        cmocka_unit_test(median_is_the_middle),
        cmocka_unit_test(the_clock_goes_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
