#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"

static void closed_exactly_once(void **state)
{
    (void)state;
    int fd = dup(0);
    int number = fd;
    errno = EIO;
    fd_close(&fd);
    assert_int_equal(fd, -1);
    assert_int_equal(errno, EIO);
    assert_int_equal(fcntl(number, F_GETFD), -1);
    fd_close(&fd);
}

static int leave_scope(void)
{
    FD_CLEANUP int fd = dup(0);
    return fd;
}

static void scope_closes_and_taking_keeps(void **state)
{
    (void)state;
    assert_int_equal(fcntl(leave_scope(), F_GETFD), -1);
    int taken;
    {
        FD_CLEANUP int fd = dup(0);
        taken = fd_take(&fd);
        assert_int_equal(fd, -1);
    }
    assert_true(fcntl(taken, F_GETFD) >= 0);
    fd_close(&taken);
}

static void duplicate_closes_on_exec(void **state)
{
    (void)state;
    int copy = fd_dup(0);
    assert_int_equal(fcntl(copy, F_GETFD), FD_CLOEXEC);
    fd_close(&copy);
    assert_int_equal(fd_dup(-1), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_exactly_once),
        cmocka_unit_test(scope_closes_and_taking_keeps),
        cmocka_unit_test(duplicate_closes_on_exec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
