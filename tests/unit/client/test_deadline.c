/* Waiting until a time. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/deadline.h"

static void a_time_after_the_end_of_time_is_never(void **state)
{
    (void)state;
    zx_time_t now = deadline_after(0);
    assert_true(deadline_after(ZX_SEC(1)) >= now + ZX_SEC(1));
    assert_true(deadline_after(INT64_MAX) == ZX_TIME_INFINITE);
}

static void polling_ends_at_the_deadline(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    zx_time_t deadline = deadline_after(ZX_MSEC(3));
    assert_int_equal(deadline_poll(ends[0], POLLIN, deadline), 0);
    assert_true(deadline_after(0) >= deadline);
    assert_int_equal(deadline_poll(ends[0], POLLIN, ZX_TIME_INFINITE_PAST), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(deadline_poll(ends[0], POLLIN, ZX_TIME_INFINITE_PAST), POLLIN);
    assert_int_equal(deadline_poll(ends[0], POLLIN, ZX_TIME_INFINITE), POLLIN);
    assert_int_equal(deadline_poll(-1, POLLIN, deadline_after(ZX_MSEC(1))), 0);
    close(ends[0]);
    close(ends[1]);
}

static void sleeping_ends_at_the_deadline(void **state)
{
    (void)state;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    assert_int_equal(pthread_mutex_lock(&lock), 0);
    zx_time_t deadline = deadline_after(ZX_MSEC(3));
    while (deadline_cond_wait(&cond, &lock, deadline)) {
        /* woken for no reason */
    }
    assert_true(deadline_after(0) >= deadline);
    assert_false(deadline_cond_wait(&cond, &lock, ZX_TIME_INFINITE_PAST));
    assert_int_equal(pthread_mutex_unlock(&lock), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_after_the_end_of_time_is_never),
        cmocka_unit_test(polling_ends_at_the_deadline),
        cmocka_unit_test(sleeping_ends_at_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
