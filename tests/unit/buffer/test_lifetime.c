/* A buffer's memory is given back when the kernel says that the last handle and mapping are gone,
 * and not before: whatever other processes do with it. */
#include "holder.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"

/* --- other processes --- */

static void holder_keeps_until(struct fixture *f, holder_fn act, int signal)
{
    make_set(f, 1, PAGE);
    struct holder holder = start_holder(open_handle(f, 0, true, false), act);
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    assert_int_equal(f->strong_gone + f->freed, 0);
    end_holder(&holder, signal);
    look_until_all_freed(f);
    assert_int_equal(f->strong_gone, 1);
    assert_int_equal(f->freed, 1);
    reap_holder(&holder);
}

static void killed_holder(void **state)
{
    holder_keeps_until(*state, keep_handle, SIGKILL);
}

static void exiting_holder(void **state)
{
    holder_keeps_until(*state, keep_handle, 0);
}

static void killed_holder_of_a_mapping_alone(void **state)
{
    holder_keeps_until(*state, keep_mapping, SIGKILL);
}

static void holder_killed_before_the_collection_lets_go(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    struct holder holder = start_holder(open_handle(f, 0, true, false), keep_handle);
    end_holder(&holder, SIGKILL);
    reap_holder(&holder);
    assert_int_equal(f->freed, 0);
    buffer_set_drop_strong(f->set);
    look_once(f); /* one look: no report was needed */
    assert_int_equal(f->all_freed, 1);
}

static void forked_child_of_a_holder(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int handle = open_handle(f, 0, true, false);
    struct holder holder = start_holder(handle, keep_in_grandchild);
    buffer_set_drop_strong(f->set);
    assert_int_equal(kill(holder.pid, SIGKILL), 0);
    reap_holder(&holder);
    look_some_times(f); /* the child is gone, the grandchild is not */
    assert_int_equal(f->freed, 0);
    end_holder(&holder, 0);
    look_until_all_freed(f);
}

/* --- this process as the client --- */

static void mapping_without_a_descriptor(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int fd = open_handle(f, 0, true, false);
    void *bytes = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(bytes != MAP_FAILED);
    fd_close(&fd);
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    assert_int_equal(f->freed, 0);
    memset(bytes, 1, PAGE);
    assert_int_equal(munmap(bytes, PAGE), 0);
    look_until_all_freed(f);
}

static void raw_duplicate(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int fd = open_handle(f, 0, true, false);
    int copy = fd_dup(fd);
    fd_close(&fd);
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    assert_int_equal(f->strong_gone + f->freed, 0);
    fd_close(&copy);
    look_until_all_freed(f);
}

static void descriptor_in_flight(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    int fd = open_handle(f, 0, true, false);
    send_descriptor(ends[0], fd);
    fd_close(&fd);
    fd_close(&ends[0]);
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    assert_int_equal(f->strong_gone + f->freed, 0);
    fd_close(&ends[1]); /* never received */
    look_until_all_freed(f);
}

static void two_handles_of_one_buffer(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int writer = open_handle(f, 0, true, false);
    int reader = open_handle(f, 0, false, false);
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    fd_close(&writer);
    look_some_times(f);
    assert_int_equal(f->strong_gone + f->freed, 0);
    fd_close(&reader);
    look_until_all_freed(f);
}

static void weak_handle_outlives_the_strong_ones(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    int strong = open_handle(f, 0, true, false);
    int weak = open_handle(f, 0, false, true);
    buffer_set_drop_strong(f->set);
    while (f->freed == 0) { /* the buffer that nobody has */
        look_once(f);
    }
    assert_int_equal(f->strong_gone, 0);
    int late = open_handle(f, 0, false, true); /* there is a strong handle yet */
    fd_close(&late);
    fd_close(&strong);
    while (f->strong_gone == 0) {
        look_once(f);
    }
    assert_int_equal(f->freed, 1);
    assert_int_equal(try_open(f, 0, &(struct buffer_handle){.weak = true}, &late), -ESTALE);
    fd_close(&weak);
    look_until_all_freed(f);
    assert_int_equal(f->strong_gone, 1);
    assert_int_equal(buffer_watcher_leaks(f->watcher), 0);
}

/* --- whenever it happens --- */

#define ROUNDS  200
#define HANDLES 8

static void *close_handles(void *arg)
{
    int *fds = arg;
    for (int i = 0; i < HANDLES; i++) {
        fd_close(&fds[i]);
    }
    return NULL;
}

/* Closes race with letting go, with the watch being set and with looks: none may be missed. */
static void closes_at_any_moment(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < ROUNDS; round++) {
        make_set(f, HANDLES / 2, PAGE);
        int fds[HANDLES];
        for (int i = 0; i < HANDLES; i++) {
            fds[i] = open_handle(f, (uint32_t)i / 2, i % 2 == 0, false);
        }
        f->strong_gone = 0;
        f->all_freed = 0;
        f->freed = 0;
        pthread_t closer;
        assert_int_equal(pthread_create(&closer, NULL, close_handles, fds), 0);
        buffer_set_drop_strong(f->set);
        look_until_all_freed(f);
        assert_int_equal(pthread_join(closer, NULL), 0);
        assert_int_equal(f->freed, HANDLES / 2);
        free_set(f);
    }
    assert_int_equal(buffer_watcher_leaks(f->watcher), 0);
}

static void note_unwatched(void *arg, enum log_level level, const char *text)
{
    assert_int_equal(level, LOG_LEVEL_WARNING);
    assert_non_null(strstr(text, "cannot be watched"));
    (*(unsigned *)arg)++;
}

static void without_watches_the_clock_serves(void **state)
{
    struct fixture *f = *state;
    unsigned warnings = 0;
    log_set_sink(note_unwatched, &warnings);
    int inotify_fd = f->watcher->watch.inotify_fd;
    f->watcher->watch.inotify_fd = -1; /* no watch is to be had */
    make_set(f, 2, PAGE);
    int fds[2] = {open_handle(f, 0, true, false), open_handle(f, 1, true, false)};
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    assert_int_equal(f->freed, 0);
    assert_int_equal(warnings, 1);
    fd_close(&fds[0]);
    fd_close(&fds[1]);
    look_until_all_freed(f);
    f->watcher->watch.inotify_fd = inotify_fd;
    log_set_sink(NULL, NULL);
}

/* --- clients that cheat --- */

static void count_warnings(void *arg, enum log_level level, const char *text)
{
    assert_int_equal(level, LOG_LEVEL_WARNING);
    assert_non_null(strstr(text, "collection 7: buffer 0 is kept"));
    (*(unsigned *)arg)++;
}

static void holder_that_drops_its_lock_is_a_leak(void **state)
{
    struct fixture *f = *state;
    unsigned warnings = 0;
    log_set_sink(count_warnings, &warnings);
    make_set(f, 1, PAGE);
    int fd = open_handle(f, 0, true, false);
    struct flock unlock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &unlock), 0);
    buffer_set_drop_strong(f->set);
    while (buffer_watcher_leaks(f->watcher) == 0) {
        look_once(f);
    }
    assert_int_equal(f->strong_gone, 1); /* as far as anybody can tell */
    assert_int_equal(f->freed, 0);       /* but the memory is there, and stays charged */
    look_once(f);
    assert_int_equal(buffer_watcher_leaks(f->watcher), 1);
    assert_int_equal(warnings, 1);
    fd_close(&fd);
    look_until_all_freed(f);
    log_set_sink(NULL, NULL);
}

static void holder_that_locks_everything_hurts_its_buffer_only(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    int rogue = open_handle(f, 0, true, false);
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_int_equal(fcntl(rogue, F_OFD_SETLK, &all), 0);
    int fd = -1;
    int before = count_descriptors();
    assert_int_equal(try_open(f, 0, &(struct buffer_handle){.writable = true}, &fd), -EBUSY);
    assert_int_equal(fd, -1);
    assert_int_equal(count_descriptors(), before);
    fd = open_handle(f, 1, true, false);
    fd_close(&fd);
    fd_close(&rogue);
    fd = open_handle(f, 0, true, false);
    fd_close(&fd);
    buffer_set_drop_strong(f->set);
    look_until_all_freed(f);
}

static void holder_with_a_lease_does_not_block_the_loop(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int rogue = open_handle(f, 0, false, false);
    /* Refused, because the daemon's own description is open for writing. */
    assert_int_equal(fcntl(rogue, F_SETLEASE, F_RDLCK), -1);
    assert_int_equal(errno, EAGAIN);
    int fd = open_handle(f, 0, true, false);
    fd_close(&fd);
    fd_close(&rogue);
}

/* --- rights that the kernel enforces --- */

static void read_only_handle_cannot_be_written(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int fd = open_handle(f, 0, false, false);
    assert_true(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
    assert_int_equal(errno, EACCES);
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(errno, EBADF);
    void *bytes = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(bytes != MAP_FAILED);
    assert_int_equal(mprotect(bytes, PAGE, PROT_READ | PROT_WRITE), -1);
    assert_int_equal(munmap(bytes, PAGE), 0);
    fd_close(&fd);
}

static bool reopens(int fd, int mode)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int copy = open(path, mode | O_CLOEXEC);
    return copy >= 0 && close(copy) == 0;
}

static bool cannot_reopen_as_another_uid(int handle)
{
    /* A file of that mode could be reopened: it is the mode that stops it, not the change of uid.
     */
    int open_to_all = memfd_create("control", MFD_CLOEXEC);
    if (open_to_all < 0 || fchmod(open_to_all, 0666) < 0 || setgid(65534) < 0 ||
        setuid(65534) < 0) {
        return false;
    }
    return reopens(open_to_all, O_RDWR) && !reopens(handle, O_RDWR) && errno == EACCES;
}

static void read_only_handle_cannot_be_reopened_by_another_uid(void **state)
{
    struct fixture *f = *state;
    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
    make_set(f, 1, PAGE);
    struct holder holder =
        start_holder(open_handle(f, 0, false, false), cannot_reopen_as_another_uid);
    end_holder(&holder, 0);
    reap_holder(&holder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(killed_holder),
        TEST(exiting_holder),
        TEST(killed_holder_of_a_mapping_alone),
        TEST(holder_killed_before_the_collection_lets_go),
        TEST(forked_child_of_a_holder),
        TEST(mapping_without_a_descriptor),
        TEST(raw_duplicate),
        TEST(descriptor_in_flight),
        TEST(two_handles_of_one_buffer),
        TEST(weak_handle_outlives_the_strong_ones),
        TEST(closes_at_any_moment),
        TEST(without_watches_the_clock_serves),
        TEST(holder_that_drops_its_lock_is_a_leak),
        TEST(holder_that_locks_everything_hurts_its_buffer_only),
        TEST(holder_with_a_lease_does_not_block_the_loop),
        TEST(read_only_handle_cannot_be_written),
        TEST(read_only_handle_cannot_be_reopened_by_another_uid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
