/* The check that the floor is low catches a floor that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "report.h"

static struct report report;

static int clear(void **state)
{
    (void)state;
    memset(&report, 0, sizeof(report));
    return 0;
}

static void equal_counts_are_low(void **state)
{
    (void)state;
    report.calls[MEASURE_CYCLE_4][FLOOR].calls[SYSCOUNT_SERVER][SYS_openat] = 12;
    report.calls[MEASURE_CYCLE_4][REAL].calls[SYSCOUNT_SERVER][SYS_openat] = 12;
    assert_true(report_floor_is_low(&report));
}

static void one_call_more_is_caught(void **state)
{
    (void)state;
    report.calls[MEASURE_CYCLE_128][FLOOR].calls[SYSCOUNT_CLIENT][SYS_close] = 8;
    report.calls[MEASURE_CYCLE_128][REAL].calls[SYSCOUNT_CLIENT][SYS_close] = 7;
    report.calls[MEASURE_CYCLE_128][REAL].calls[SYSCOUNT_CLIENT][SYS_fcntl] = 100;
    assert_false(report_floor_is_low(&report));
}

static void calls_without_a_name_are_caught(void **state)
{
    (void)state;
    report.calls[MEASURE_SYNC][FLOOR].calls[SYSCOUNT_SERVER][SYS_getppid] = 1;
    assert_false(report_floor_is_low(&report));
}

static void variants_and_sides_count_as_one_kind(void **state)
{
    (void)state;
    report.calls[MEASURE_SYNC][FLOOR].calls[SYSCOUNT_SERVER][SYS_epoll_pwait] = 1;
    report.calls[MEASURE_SYNC][REAL].calls[SYSCOUNT_CLIENT][SYS_ppoll] = 1;
    assert_true(report_floor_is_low(&report));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(equal_counts_are_low, clear),
        cmocka_unit_test_setup(one_call_more_is_caught, clear),
        cmocka_unit_test_setup(calls_without_a_name_are_caught, clear),
        cmocka_unit_test_setup(variants_and_sides_count_as_one_kind, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
