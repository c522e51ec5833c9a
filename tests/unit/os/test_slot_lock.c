#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "os/memfile.h"
#include "os/slot_lock.h"

static int own; /* the description that asks */

static int setup(void **state)
{
    (void)state;
    return memfile_new(MEMFILE_NO_DIR, "test", 4096, false, &own);
}

static int teardown(void **state)
{
    (void)state;
    fd_close(&own);
    return 0;
}

static int handle(enum slot_kind kind, uint64_t slot)
{
    int fd = -1;
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, own, MEMFILE_READ_ONLY, &fd), 0);
    assert_int_equal(slot_lock_take(fd, kind, slot), 0);
    return fd;
}

static void strong_and_weak_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(slot_lock_holders(own), SLOT_HOLDERS_NONE);
    int weak = handle(SLOT_WEAK, 0);
    assert_int_equal(slot_lock_holders(own), SLOT_HOLDERS_WEAK);
    int strong = handle(SLOT_STRONG, SLOT_COUNT - 1);
    assert_int_equal(slot_lock_holders(own), SLOT_HOLDERS_STRONG);
    int last_weak = handle(SLOT_WEAK, SLOT_COUNT - 1);
    fd_close(&weak);
    assert_int_equal(slot_lock_holders(own), SLOT_HOLDERS_STRONG);
    fd_close(&strong);
    assert_int_equal(slot_lock_holders(own), SLOT_HOLDERS_WEAK);
    fd_close(&last_weak);
    assert_int_equal(slot_lock_holders(own), SLOT_HOLDERS_NONE);
}

static void one_kind_is_asked_for(void **state)
{
    (void)state;
    int weak = handle(SLOT_WEAK, SLOT_COUNT - 1);
    assert_int_equal(slot_lock_is_held(own, SLOT_WEAK), 1);
    assert_int_equal(slot_lock_is_held(own, SLOT_STRONG), 0);
    int strong = handle(SLOT_STRONG, SLOT_COUNT - 1);
    assert_int_equal(slot_lock_is_held(own, SLOT_STRONG), 1);
    assert_int_equal(slot_lock_is_held(strong, SLOT_STRONG), 0);
    fd_close(&weak);
    assert_int_equal(slot_lock_is_held(own, SLOT_WEAK), 0);
    assert_int_equal(slot_lock_is_held(own, SLOT_STRONG), 1);
    fd_close(&strong);
}

static void own_lock_is_not_seen(void **state)
{
    (void)state;
    int strong = handle(SLOT_STRONG, 3);
    assert_int_equal(slot_lock_holders(strong), SLOT_HOLDERS_NONE);
    int weak = handle(SLOT_WEAK, 3);
    assert_int_equal(slot_lock_holders(strong), SLOT_HOLDERS_WEAK);
    assert_int_equal(slot_lock_holders(weak), SLOT_HOLDERS_STRONG);
    fd_close(&strong);
    fd_close(&weak);
}

static void duplicate_keeps_the_lock(void **state)
{
    (void)state;
    int fd = handle(SLOT_WEAK, 1);
    int copy = fd_dup(fd);
    fd_close(&fd);
    assert_int_equal(slot_lock_holders(own), SLOT_HOLDERS_WEAK);
    fd_close(&copy);
    assert_int_equal(slot_lock_holders(own), SLOT_HOLDERS_NONE);
}

static void rogue_write_lock_is_refused_at_once(void **state)
{
    (void)state;
    int rogue = -1;
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, own, MEMFILE_READ_WRITE, &rogue), 0);
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_int_equal(fcntl(rogue, F_OFD_SETLK, &all), 0);
    assert_int_equal(slot_lock_holders(own), SLOT_HOLDERS_STRONG); /* it looks so */
    int fd = -1;
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, own, MEMFILE_READ_ONLY, &fd), 0);
    assert_int_equal(slot_lock_take(fd, SLOT_WEAK, 9), -EBUSY);
    fd_close(&rogue);
    assert_int_equal(slot_lock_take(fd, SLOT_WEAK, 9), 0);
    fd_close(&fd);
}

static void errors_come_back(void **state)
{
    (void)state;
    assert_int_equal(slot_lock_take(-1, SLOT_WEAK, 0), -EBADF);
    assert_int_equal(slot_lock_holders(-1), -EBADF);
    assert_int_equal(slot_lock_is_held(-1, SLOT_WEAK), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(strong_and_weak_are_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(one_kind_is_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(own_lock_is_not_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(duplicate_keeps_the_lock, setup, teardown),
        cmocka_unit_test_setup_teardown(rogue_write_lock_is_refused_at_once, setup, teardown),
        cmocka_unit_test(errors_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
