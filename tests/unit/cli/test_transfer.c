#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include <zircon/syscalls.h>

#include "cli/transfer.h"

static char directory[] = "/tmp/transfer-XXXXXX";
static char path[64];

static int make_directory(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof(path), "%s/x", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static zx_time_t soon(void)
{
    return zx_deadline_after(ZX_MSEC(30));
}

static zx_time_t late(void)
{
    return zx_deadline_after(ZX_SEC(20));
}

static void *receive(void *arg)
{
    int *ret_fd = arg;
    static char header[TRANSFER_MAX_HEADER];
    int r = transfer_receive(path, late(), header, ret_fd);
    return r == 0 ? header : NULL;
}

static ino_t inode_of(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return st.st_ino;
}

static void move_one(void)
{
    int sent = memfd_create("moved", MFD_CLOEXEC);
    int got = -1;
    pthread_t thread;
    void *header = NULL;
    assert_int_equal(pthread_create(&thread, NULL, receive, &got), 0);
    assert_int_equal(transfer_send(path, "some words", sent, late()), 0);
    assert_int_equal(pthread_join(thread, &header), 0);
    assert_string_equal(header, "some words");
    assert_int_equal(inode_of(got), inode_of(sent));
    assert_int_equal(fcntl(got, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(access(path, F_OK), -1);
    close(sent);
    close(got);
}

static void one_after_the_other(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        move_one();
    }
}

static void a_socket_that_was_left_is_replaced(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    move_one();
}

static void another_file_is_left_alone(void **state)
{
    (void)state;
    char header[TRANSFER_MAX_HEADER];
    int got = -1;
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    close(fd);
    assert_int_equal(transfer_receive(path, soon(), header, &got), -EEXIST);
    assert_int_equal(unlink(path), 0);
}

static void nobody_comes(void **state)
{
    (void)state;
    char header[TRANSFER_MAX_HEADER];
    int got = -1;
    assert_int_equal(transfer_receive(path, soon(), header, &got), -ETIMEDOUT);
    assert_int_equal(got, -1);
    assert_int_equal(transfer_send(path, "x", STDIN_FILENO, soon()), -ETIMEDOUT);
    assert_int_equal(transfer_send(path, "x", STDIN_FILENO, 0), -ETIMEDOUT);
}

static void paths_that_cannot_be(void **state)
{
    (void)state;
    char header[TRANSFER_MAX_HEADER];
    int got = -1;
    char long_path[200];
    memset(long_path, 'x', sizeof(long_path));
    long_path[sizeof(long_path) - 1] = '\0';
    assert_int_equal(transfer_send(long_path, "x", 0, soon()), -ENAMETOOLONG);
    assert_int_equal(transfer_receive(long_path, soon(), header, &got), -ENAMETOOLONG);
    assert_int_equal(transfer_send("", "x", 0, soon()), -ENOENT);
    assert_int_equal(transfer_receive("/nonexistent/x", soon(), header, &got), -ENOENT);
}

/* Waits until somebody listens at the path. */
static void wait_for_path(void)
{
    char events[4096];
    int fd = inotify_init1(IN_CLOEXEC);
    assert_true(inotify_add_watch(fd, directory, IN_MOVED_TO) >= 0);
    if (access(path, F_OK) < 0) {
        assert_true(read(fd, events, sizeof(events)) > 0);
    }
    close(fd);
}

static void a_packet_without_a_descriptor_is_skipped(void **state)
{
    (void)state;
    int got = -1;
    pthread_t thread;
    void *header = NULL;
    assert_int_equal(pthread_create(&thread, NULL, receive, &got), 0);
    wait_for_path();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, "words", 5, MSG_NOSIGNAL), 5);
    close(fd);
    fd = memfd_create("moved", MFD_CLOEXEC);
    assert_int_equal(transfer_send(path, "other words", fd, late()), 0);
    assert_int_equal(pthread_join(thread, &header), 0);
    assert_string_equal(header, "other words");
    close(fd);
    close(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_after_the_other),
        cmocka_unit_test(a_socket_that_was_left_is_replaced),
        cmocka_unit_test(another_file_is_left_alone),
        cmocka_unit_test(nobody_comes),
        cmocka_unit_test(paths_that_cannot_be),
        cmocka_unit_test(a_packet_without_a_descriptor_is_skipped),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
