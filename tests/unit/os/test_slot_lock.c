#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

/* What a child's first description was given to is gone; what was made of it is not. */
static void a_child_is_held_by_all_that_came_of_it(void **state)
{
    (void)state;
    uint64_t child = 0;
    int first = -1;
    int further = -1;
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, own, MEMFILE_READ_WRITE, &first), 0);
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, own, MEMFILE_READ_ONLY, &further), 0);
    assert_int_equal(slot_child_find(own, &child), 0);
    assert_int_equal(slot_child_take(first, SLOT_CHILD_COUNT - 1, 0), 0);
    assert_int_equal(slot_child_find(further, &child), 1);
    assert_int_equal(child, SLOT_CHILD_COUNT - 1);
    assert_int_equal(slot_child_find(first, &child), 0); /* its own */
    assert_int_equal(slot_child_take(further, child, UINT32_MAX), 0);
    fd_close(&first);
    assert_int_equal(slot_child_is_held(own, child), 1);
    assert_int_equal(slot_child_is_held(own, child - 1), 0);
    fd_close(&further);
    assert_int_equal(slot_child_is_held(own, child), 0);
    assert_int_equal(slot_child_is_held(-1, 4), -EBADF);
}

static void slots_of_children_are_not_those_of_handles(void **state)
{
    (void)state;
    int first = -1;
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, own, MEMFILE_READ_WRITE, &first), 0);
    assert_int_equal(slot_child_take(first, 0, 0), 0);
    assert_int_equal(slot_lock_holders(own), SLOT_HOLDERS_NONE);
    fd_close(&first);
}

static void a_description_for_writing_locks_for_itself_alone(void **state)
{
    (void)state;
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", own);
    int one = open(path, O_WRONLY | O_CLOEXEC);
    int other = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(slot_child_take(one, 7, 1), 0);
    assert_int_equal(slot_child_take(other, 7, 1), -EBUSY);
    assert_int_equal(slot_child_take(other, 7, 2), 0);
    fd_close(&one);
    assert_int_equal(slot_child_is_held(own, 7), 1);
    fd_close(&other);
    assert_int_equal(slot_child_is_held(own, 7), 0);
}

static void handles_that_are_only_for_writing(void **state)
{
    (void)state;
    int strong = -1;
    int weak = -1;
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, own, MEMFILE_WRITE_ONLY, &strong), 0);
    assert_int_equal(memfile_reopen_marked(MEMFILE_NO_DIR, own, MEMFILE_WRITE_ONLY, &weak), 0);
    assert_int_equal(slot_lock_take(strong, SLOT_STRONG, 5), -EBADF);
    assert_int_equal(slot_lock_take_alone(strong, SLOT_STRONG, 5), 0);
    assert_int_equal(slot_lock_take_alone(weak, SLOT_STRONG, 5), -EBUSY);
    assert_int_equal(slot_lock_take_alone(weak, SLOT_WEAK, 5), 0);
    assert_int_equal(slot_lock_holders(own), SLOT_HOLDERS_STRONG);
    struct slot_walk walk;
    uint64_t slot = 0;
    slot_walk_begin(&walk, own, SLOT_WEAK);
    assert_int_equal(slot_walk_next(&walk, &slot), -EAGAIN);
    assert_int_equal(slot_walk_next(&walk, &slot), 1);
    assert_int_equal(slot, 5);
    fd_close(&strong);
    assert_int_equal(slot_lock_holders(own), SLOT_HOLDERS_WEAK);
    fd_close(&weak);
    assert_int_equal(slot_lock_holders(own), SLOT_HOLDERS_NONE);
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

/* The slots of one kind, as a walk tells them; at most four. */
static size_t walk(enum slot_kind kind, uint64_t ret_slots[4])
{
    struct slot_walk walk;
    size_t count = 0;
    int r = -EAGAIN;
    slot_walk_begin(&walk, own, kind);
    for (uint64_t slot; (r = slot_walk_next(&walk, &slot)) != 0;) {
        assert_true(r == 1 || r == -EAGAIN);
        if (r == 1) {
            assert_true(count < 4);
            ret_slots[count++] = slot;
        }
    }
    return count;
}

static void a_walk_tells_all_slots_upwards(void **state)
{
    (void)state;
    uint64_t slots[4];
    assert_int_equal(walk(SLOT_STRONG, slots), 0);
    int strong[] = {handle(SLOT_STRONG, SLOT_COUNT - 1), handle(SLOT_STRONG, 7),
                    handle(SLOT_STRONG, 0), handle(SLOT_STRONG, 8)};
    int weak = handle(SLOT_WEAK, 8);
    assert_int_equal(walk(SLOT_STRONG, slots), 4);
    assert_true(slots[0] == 0 && slots[1] == 7 && slots[2] == 8 && slots[3] == SLOT_COUNT - 1);
    assert_int_equal(walk(SLOT_WEAK, slots), 1);
    assert_int_equal(slots[0], 8);
    fd_close(&strong[1]);
    fd_close(&strong[0]);
    assert_int_equal(walk(SLOT_STRONG, slots), 2);
    assert_true(slots[0] == 0 && slots[1] == 8);
    fd_close(&strong[2]);
    fd_close(&strong[3]);
    fd_close(&weak);
    assert_int_equal(walk(SLOT_STRONG, slots) + walk(SLOT_WEAK, slots), 0);
}

/* A lock to the end of the file is one of each kind; what lies below it is told, too. */
static void a_walk_over_a_wide_lock_ends(void **state)
{
    (void)state;
    uint64_t slots[4];
    int low = handle(SLOT_STRONG, 2);
    int rogue = -1;
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, own, MEMFILE_READ_ONLY, &rogue), 0);
    struct flock wide = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 5};
    assert_int_equal(fcntl(rogue, F_OFD_SETLK, &wide), 0);
    assert_int_equal(walk(SLOT_STRONG, slots), 2);
    assert_true(slots[0] == 2 && slots[1] == 5);
    assert_int_equal(walk(SLOT_WEAK, slots), 1);
    assert_int_equal(slots[0], 0);
    fd_close(&rogue);
    fd_close(&low);
}

static void errors_come_back(void **state)
{
    (void)state;
    assert_int_equal(slot_lock_take(-1, SLOT_WEAK, 0), -EBADF);
    assert_int_equal(slot_lock_holders(-1), -EBADF);
    struct slot_walk walk;
    uint64_t slot;
    slot_walk_begin(&walk, -1, SLOT_WEAK);
    assert_int_equal(slot_walk_next(&walk, &slot), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(strong_and_weak_are_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(a_walk_tells_all_slots_upwards, setup, teardown),
        cmocka_unit_test_setup_teardown(a_walk_over_a_wide_lock_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_child_is_held_by_all_that_came_of_it, setup, teardown),
        cmocka_unit_test_setup_teardown(slots_of_children_are_not_those_of_handles, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_description_for_writing_locks_for_itself_alone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(handles_that_are_only_for_writing, setup, teardown),
        cmocka_unit_test_setup_teardown(own_lock_is_not_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(duplicate_keeps_the_lock, setup, teardown),
        cmocka_unit_test_setup_teardown(rogue_write_lock_is_refused_at_once, setup, teardown),
        cmocka_unit_test(errors_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
