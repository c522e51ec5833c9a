#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "os/pressure.h"

static void the_kernel_takes_the_trigger(void **state)
{
    (void)state;
    int fd = pressure_open(PRESSURE_OF_MACHINE);
    if (fd == -ENOENT || fd == -EOPNOTSUPP || fd == -EACCES || fd == -EPERM) {
        puts("skipped: the kernel tells this process nothing of memory pressure");
        skip();
    }
    assert_true(fd >= 0);
    struct pollfd item = {.fd = fd, .events = POLLPRI};
    int ready = poll(&item, 1, 0);
    assert_int_equal(item.revents & (POLLERR | POLLHUP | POLLNVAL), 0); /* it is one to poll */
    assert_int_equal(ready, item.revents == 0 ? 0 : 1);
    assert_int_equal(close(fd), 0);
}

/* zx/memory_pressure has one that is heard. */
static void a_group_is_listened_to_where_there_is_one(void **state)
{
    (void)state;
    int fd = pressure_open(PRESSURE_OF_GROUP);
    if (fd < 0) {
        assert_true(fd == -ENOENT || fd == -EOPNOTSUPP || fd == -EACCES || fd == -EPERM);
        return;
    }
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_takes_the_trigger),
        cmocka_unit_test(a_group_is_listened_to_where_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
