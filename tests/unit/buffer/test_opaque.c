/* Handles that only identify: every way of reading fails, and they are tracked as others are. */
#include "fake_heap.h"

#include <sys/stat.h>

static int setup_opaque(void **state)
{
    return setup_fake(state, HEAP_TRACKED_BY_LEASE, true);
}

static void expect_unreadable(int handle)
{
    char byte = 'x';
    assert_int_equal(fcntl(handle, F_GETFL) & O_ACCMODE, O_WRONLY);
    assert_int_equal(read(handle, &byte, 1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(pread(handle, &byte, 1, 0), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(write(handle, &byte, 1), -1);
    assert_int_equal(errno, EPERM);
    static const int protections[] = {PROT_NONE, PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE};
    for (size_t i = 0; i < 4; i++) {
        assert_true(mmap(NULL, PAGE, protections[i], MAP_SHARED, handle, 0) == MAP_FAILED);
        assert_int_equal(errno, EACCES);
        assert_true(mmap(NULL, PAGE, protections[i], MAP_PRIVATE, handle, 0) == MAP_FAILED);
        assert_int_equal(errno, EACCES);
    }
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(splice(handle, NULL, ends[1], NULL, 1, 0), -1);
    assert_int_equal(errno, EBADF);
    fd_close(&ends[0]);
    fd_close(&ends[1]);
    assert_int_equal(ftruncate(handle, 0), -1);
    assert_int_equal(fcntl(handle, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
}

static void a_handle_reads_writes_and_maps_nothing(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    for (int i = 0; i < 4; i++) {
        int handle = open_handle(f, 0, i / 2 == 1, i % 2 == 1);
        struct stat st;
        assert_int_equal(fstat(handle, &st), 0);
        assert_int_equal(st.st_size, PAGE); /* the official one */
        assert_int_equal(st.st_blocks, 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        expect_unreadable(handle);
        fd_close(&handle);
    }
}

static void another_uid_cannot_reopen_it(void **state)
{
    struct fixture *f = *state;
    only_as_root();
    make_set(f, 1, PAGE);
    struct holder holder =
        start_holder(open_handle(f, 0, true, false), fails_to_reopen_as_another_uid);
    end_holder(&holder, 0);
    reap_holder(&holder);
}

static void the_daemons_own_uid_reads_zeros(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int handle = open_handle(f, 0, true, false);
    int own = -1;
    char byte = 'x';
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, handle, MEMFILE_READ_WRITE, &own), 0);
    assert_int_equal(pread(own, &byte, 1, PAGE - 1), 1);
    assert_int_equal(byte, 0);
    assert_int_equal(pwrite(own, "x", 1, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_true(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, own, 0) == MAP_FAILED);
    fd_close(&own);
    fd_close(&handle);
}

static void who_holds_and_which_kind_is_known(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int strong = open_handle_for(f, 4, false);
    int weak = open_handle_for(f, 5, true);
    struct buffer_set *set = NULL;
    uint32_t index = 9;
    assert_int_equal(buffer_watcher_identify(f->watcher, strong, 0, &set, &index), BUFFER_STRONG);
    assert_int_equal(buffer_watcher_identify(f->watcher, weak, 0, &set, &index), BUFFER_WEAK);
    for (uint32_t i = 0; i < 2; i++) {
        struct buffer_walk walk;
        uint32_t holder = 0;
        int r = -EAGAIN;
        buffer_walk_begin(&walk, f->set, 0, i == 1);
        while (r == -EAGAIN) {
            r = buffer_walk_next(&walk, &holder);
        }
        assert_int_equal(r, 1);
        assert_int_equal(holder, 4 + i);
        assert_int_equal(buffer_walk_next(&walk, &holder), 0);
    }
    fd_close(&strong);
    fd_close(&weak);
}

static void killed_holder(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    struct holder holder = start_holder(open_handle(f, 0, true, false), keep_handle);
    int weak = open_handle(f, 0, true, true);
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    assert_int_equal(f->strong_gone, 0);
    end_holder(&holder, SIGKILL);
    while (f->strong_gone == 0) {
        look_once(f);
    }
    assert_int_equal(f->freed, 0);
    fd_close(&weak);
    look_until_all_freed(f);
    assert_int_equal(buffer_watcher_leaks(f->watcher), 0);
    reap_holder(&holder);
}

static void a_lock_on_everything_hurts_its_buffer_only(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    int rogue = open_handle(f, 0, true, false);
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_int_equal(fcntl(rogue, F_OFD_SETLK, &all), 0);
    int fd = -1;
    assert_int_equal(try_open(f, 0, &(struct buffer_handle){.weak = true}, &fd), -EBUSY);
    fd = open_handle(f, 1, true, true);
    fd_close(&fd);
    fd_close(&rogue);
}

static void many_leave_nothing(void **state)
{
    struct fixture *f = *state;
    int before = count_descriptors();
    for (int i = 0; i < MANY_LOOPS; i++) {
        f->strong_gone = f->freed = f->all_freed = 0;
        make_set(f, 1, PAGE);
        int handle = open_handle(f, 0, true, i % 2 == 1);
        fd_close(&handle);
        buffer_set_drop_strong(f->set);
        look_until_all_freed(f);
        free_set(f);
    }
    assert_int_equal(fake_of(f)->released, MANY_LOOPS);
    assert_int_equal(count_descriptors(), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_opaque, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_handle_reads_writes_and_maps_nothing),
        TEST(another_uid_cannot_reopen_it),
        TEST(the_daemons_own_uid_reads_zeros),
        TEST(who_holds_and_which_kind_is_known),
        TEST(killed_holder),
        TEST(a_lock_on_everything_hurts_its_buffer_only),
        TEST(many_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
