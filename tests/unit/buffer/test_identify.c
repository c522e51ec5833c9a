/* Which buffer a received descriptor is a handle of, and which kind of handle: whatever its holder
 * did to it, and whoever else holds the buffer. */
#include "holder.h"

#include <errno.h>
#include <stdio.h>

static enum buffer_kind identify(struct fixture *f, int fd, uint32_t *ret_index)
{
    struct buffer_set *set = NULL;
    *ret_index = UINT32_MAX;
    enum buffer_kind kind = buffer_watcher_identify(f->watcher, fd, 0, &set, ret_index);
    if (kind == BUFFER_FOREIGN) {
        assert_null(set); /* written for buffers only */
        assert_int_equal(*ret_index, UINT32_MAX);
    } else {
        assert_ptr_equal(buffer_set_owner(set), f);
    }
    return kind;
}

static void expect(struct fixture *f, int fd, enum buffer_kind kind, uint32_t index)
{
    uint32_t got = 0;
    assert_int_equal(identify(f, fd, &got), kind);
    assert_int_equal(got, index);
}

static void expect_foreign(struct fixture *f, int fd)
{
    expect(f, fd, BUFFER_FOREIGN, UINT32_MAX);
}

/* As a client opens a handle again behind the daemon's back. */
static int open_again(int fd, int flags)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int copy = open(path, flags | O_CLOEXEC);
    assert_true(copy >= 0);
    return copy;
}

static void drop_locks(int fd)
{
    struct flock unlock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &unlock), 0);
}

/* Strong and weak, for writing and for reading, several of each. */
static void strong_and_weak_of_each_buffer(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 3, EACH = 8 };
    make_set(f, COUNT, PAGE);
    int fds[COUNT][EACH];
    for (uint32_t i = 0; i < COUNT; i++) {
        for (unsigned k = 0; k < EACH; k++) {
            fds[i][k] = open_handle(f, i, k % 2 == 0, k % 4 < 2);
        }
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        for (unsigned k = 0; k < EACH; k++) {
            expect(f, fds[i][k], k % 4 < 2 ? BUFFER_WEAK : BUFFER_STRONG, i);
            fd_close(&fds[i][k]); /* the last one is alone with the daemon's own */
        }
    }
}

static int receive_descriptor(int socket)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    char byte;
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    assert_int_equal(recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT), 1);
    int fd = -1;
    assert_non_null(CMSG_FIRSTHDR(&message));
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
    return fd;
}

static void duplicates_and_messages(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    for (int weak = 0; weak < 2; weak++) {
        enum buffer_kind kind = weak ? BUFFER_WEAK : BUFFER_STRONG;
        int fd = open_handle(f, 1, true, weak);
        int copy = fd_dup(fd);
        fd_close(&fd);
        expect(f, copy, kind, 1);
        send_descriptor(ends[0], copy);
        fd_close(&copy);
        fd = receive_descriptor(ends[1]);
        expect(f, fd, kind, 1);
        fd_close(&fd);
    }
    fd_close(&ends[0]);
    fd_close(&ends[1]);
}

static void locks_and_flags_of_rogues_change_nothing(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int strong = open_handle(f, 0, true, false);
    int weak = open_handle(f, 0, true, true);
    int rogues[2] = {open_handle(f, 0, true, false), open_handle(f, 0, true, true)};
    for (int i = 0; i < 2; i++) {
        drop_locks(rogues[i]);
        assert_int_equal(fcntl(rogues[i], F_SETFL, i == 0 ? O_DSYNC | O_SYNC | O_APPEND : 0), 0);
        expect(f, rogues[i], i == 0 ? BUFFER_STRONG : BUFFER_WEAK, 0);
    }
    drop_locks(strong);
    drop_locks(weak);
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_int_equal(fcntl(rogues[1], F_OFD_SETLK, &all), 0);
    expect(f, rogues[0], BUFFER_STRONG, 0);
    expect(f, rogues[1], BUFFER_WEAK, 0);
    expect(f, strong, BUFFER_STRONG, 0);
    expect(f, weak, BUFFER_WEAK, 0);
    fd_close(&rogues[0]);
    fd_close(&rogues[1]);
    fd_close(&strong);
    fd_close(&weak);
}

static void opened_again_by_its_holder(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    for (int weak = 0; weak < 2; weak++) {
        int fd = open_handle(f, 0, true, weak);
        int plain = open_again(fd, O_RDWR);
        int marked = open_again(fd, O_RDONLY | O_DSYNC);
        int path = open_again(fd, O_PATH); /* neither reads nor maps */
        expect(f, plain, BUFFER_STRONG, 0);
        expect(f, marked, BUFFER_WEAK, 0);
        expect_foreign(f, path);
        fd_close(&fd);
        fd_close(&plain);
        fd_close(&marked);
        fd_close(&path);
    }
}

static void other_files_are_foreign(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int ends[4];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends + 2), 0);
    int others[] = {
        memfd_create("frames:0", MFD_CLOEXEC | MFD_ALLOW_SEALING),
        open("/dev/null", O_RDWR | O_CLOEXEC),
        open("/proc/self/stat", O_RDONLY | O_CLOEXEC),
        open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        open("/dev/shm", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600), /* may be missing: -1 */
        buffer_watcher_fd(f->watcher),
        -1,
    };
    for (int i = 0; i < 4; i++) {
        expect_foreign(f, ends[i]);
        fd_close(&ends[i]);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        expect_foreign(f, others[i]);
        if (others[i] != buffer_watcher_fd(f->watcher)) {
            fd_close(&others[i]);
        }
    }
}

static void buffers_of_another_daemon_are_foreign(void **state)
{
    struct fixture *f = *state;
    struct fixture other = {.heap = f->heap, .watcher = buffer_watcher_new()};
    assert_non_null(other.watcher);
    make_set(&other, 1, PAGE);
    int fd = open_handle(&other, 0, true, false);
    expect_foreign(f, fd);
    expect(&other, fd, BUFFER_STRONG, 0);
    fd_close(&fd);
    free_set(&other);
    buffer_watcher_free(other.watcher);
}

static void among_several_sets(void **state)
{
    struct fixture *f = *state;
    struct fixture other = {.heap = f->heap, .watcher = f->watcher};
    make_set(f, 3, PAGE);
    make_set(&other, 2, PAGE);
    int first = open_handle(f, 2, true, true);
    int second = open_handle(&other, 1, true, false);
    expect(f, first, BUFFER_WEAK, 2);
    expect(&other, second, BUFFER_STRONG, 1);
    free_set(&other); /* its buffer lives on with its holder, but nobody answers for it */
    expect_foreign(f, second);
    expect(f, first, BUFFER_WEAK, 2);
    fd_close(&second);
    fd_close(&first);
}

static void as_long_as_the_buffer_lives(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    int strong = open_handle(f, 0, true, false);
    int weak = open_handle(f, 0, true, true);
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    assert_int_equal(f->freed, 1);
    expect(f, strong, BUFFER_STRONG, 0);
    fd_close(&strong);
    while (f->strong_gone == 0) {
        look_once(f);
    }
    expect(f, weak, BUFFER_WEAK, 0);
    int before = count_descriptors();
    for (int i = 0; i < 100; i++) {
        expect(f, weak, BUFFER_WEAK, 0);
    }
    assert_int_equal(count_descriptors(), before);
    assert_true(has_weak(f, 0)); /* being asked took no handle's lock */
    fd_close(&weak);
    look_until_all_freed(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(strong_and_weak_of_each_buffer),
        TEST(duplicates_and_messages),
        TEST(locks_and_flags_of_rogues_change_nothing),
        TEST(opened_again_by_its_holder),
        TEST(other_files_are_foreign),
        TEST(buffers_of_another_daemon_are_foreign),
        TEST(among_several_sets),
        TEST(as_long_as_the_buffer_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
