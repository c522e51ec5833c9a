/* Children that other processes hold: their parent hears when they are gone, and not before. */
#include "vmo_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Closes the handle; its descriptor is what another process would have. */
static int send_away(zx_handle_t vmo)
{
    int fd = -1;
    assert_ok(sysmem_handle_into_fd(vmo, NULL, &fd));
    return fd;
}

static void assert_children(zx_handle_t vmo, size_t count)
{
    assert_int_equal(info_of(vmo).num_children, count);
    assert_int_equal(signals_of(vmo), count == 0 ? ZX_VMO_ZERO_CHILDREN : 0);
}

static void wait_for_zero(zx_handle_t vmo)
{
    assert_ok(zx_object_wait_one(vmo, ZX_VMO_ZERO_CHILDREN, ZX_TIME_INFINITE, NULL));
    assert_children(vmo, 0);
}

static void a_child_of_every_kind(void **state)
{
    (void)state;
    const uint32_t kinds[] = {SLICE, REFERENCE, SNAPSHOT, AT_LEAST | CHILD_RESIZABLE};
    for (size_t i = 0; i < 4; i++) {
        zx_handle_t vmo = new_vmo(PAGE, 0);
        put_byte(vmo, 0, 42);
        int fd = send_away(new_child(vmo, kinds[i], 0, kinds[i] == REFERENCE ? 0 : PAGE));
        assert_children(vmo, 1);
        char byte = 0;
        assert_int_equal(pread(fd, &byte, 1, 0), 1);
        assert_int_equal(byte, 42);
        assert_int_equal(close(fd), 0);
        wait_for_zero(vmo);
        assert_ok(zx_handle_close(vmo));
    }
}

static void a_mapping_alone_keeps_it(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    int fd = send_away(new_child(vmo, SLICE, 0, PAGE));
    void *mapped = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(mapped, MAP_FAILED);
    assert_int_equal(close(fd), 0);
    assert_children(vmo, 1);
    assert_int_equal(munmap(mapped, PAGE), 0);
    wait_for_zero(vmo);
    assert_ok(zx_handle_close(vmo));
}

static void z124_a_message_in_flight_keeps_it(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    zx_handle_t vmo = new_vmo(PAGE, 0);
    int fd = send_away(new_child(vmo, REFERENCE, 0, 0));
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {
        .header = {
                   .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}
    };
    *(int *)(void *)CMSG_DATA(&control.header) = fd;
    struct iovec bytes = {.iov_base = "x", .iov_len = 1};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    assert_int_equal(sendmsg(ends[0], &message, 0), 1);
    assert_int_equal(close(fd), 0);
    assert_children(vmo, 1);
    assert_int_equal(close(ends[0]), 0);
    assert_children(vmo, 1);
    assert_int_equal(close(ends[1]), 0); /* with the message in it */
    wait_for_zero(vmo);
    assert_ok(zx_handle_close(vmo));
}

/* Its parent would say ZX_VMO_ZERO_CHILDREN while it is in use. */
static void what_a_holder_keeps_from_being_counted_does_not_leave(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(2 * PAGE, 0);
    zx_handle_t child = new_child(vmo, SLICE, 0, 2 * PAGE);
    int hostile = send_away(new_child(vmo, SLICE, 0, 2 * PAGE));
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_int_equal(fcntl(hostile, F_OFD_SETLK, &all), 0);
    int fd = -1;
    assert_status(sysmem_handle_into_fd(child, NULL, &fd), ZX_ERR_NO_RESOURCES);
    assert_int_equal(fd, -1);
    assert_int_equal(close(hostile), 0);
    wait_for_zero(vmo);
    fd = send_away(new_child(vmo, SLICE, 0, 2 * PAGE));
    assert_children(vmo, 1);
    assert_int_equal(close(fd), 0);
    wait_for_zero(vmo);
    assert_ok(zx_handle_close(vmo));
}

static void a_process_that_dies_lets_it_go(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    int fd = send_away(new_child(vmo, SLICE, 0, PAGE));
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)pause();
        _exit(1);
    }
    assert_int_equal(close(fd), 0);
    assert_children(vmo, 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    wait_for_zero(vmo);
    assert_ok(zx_handle_close(vmo));
}

static void brothers_go_one_by_one(void **state)
{
    (void)state;
    enum { COUNT = 8 };
    zx_handle_t vmo = new_vmo(PAGE, 0);
    int fds[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        fds[i] = send_away(new_child(vmo, i % 2 == 0 ? SLICE : SNAPSHOT, 0, PAGE));
        assert_children(vmo, i + 1);
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(signals_of(vmo), 0);
        assert_int_equal(close(fds[i]), 0);
    }
    wait_for_zero(vmo);
    assert_ok(zx_handle_close(vmo));
}

static void one_child_sent_twice(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t child = new_child(vmo, SLICE, 0, PAGE);
    zx_handle_t reader = dup_with(child, 0xD0EF & ~ZX_RIGHT_WRITE);
    int fds[] = {send_away(dup_with(child, ZX_RIGHT_SAME_RIGHTS)), send_away(reader)};
    assert_children(vmo, 1); /* it is one, wherever it is */
    assert_int_equal(pwrite(fds[0], "x", 1, 0), 1);
    assert_int_equal(pwrite(fds[1], "x", 1, 0), -1);
    assert_int_equal(close(fds[0]), 0);
    assert_ok(zx_handle_close(child));
    assert_children(vmo, 1);
    assert_int_equal(close(fds[1]), 0);
    wait_for_zero(vmo);
    assert_ok(zx_handle_close(vmo));
}

static void who_is_here_too_stays(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t child = new_child(vmo, SLICE, 0, PAGE);
    zx_handle_t other = new_child(vmo, SLICE, 0, PAGE);
    assert_int_equal(close(send_away(dup_with(child, ZX_RIGHT_SAME_RIGHTS))), 0);
    int fd = send_away(other);
    assert_int_equal(close(fd), 0);
    assert_ok(zx_handle_close(child));
    wait_for_zero(vmo);
    assert_ok(zx_handle_close(vmo));
}

static void its_children_here_stay_its_own(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t child = new_child(vmo, SLICE, 0, PAGE);
    zx_handle_t leaf = new_child(child, SLICE, 0, PAGE);
    zx_koid_t koid = basic_of(child).koid;
    int fd = send_away(child);
    assert_int_equal(info_of(leaf).parent_koid, koid);
    assert_ok(zx_handle_close(leaf));
    assert_children(vmo, 1);
    assert_int_equal(close(fd), 0);
    wait_for_zero(vmo);
    assert_ok(zx_handle_close(vmo));
}

/* It comes back under its koid as another object, and counts as long as that lives. */
static void there_and_back_again(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t child = new_child(vmo, SLICE, 0, PAGE);
    zx_koid_t koid = basic_of(child).koid;
    struct sysmem_handle_info info;
    int fd = -1;
    assert_ok(sysmem_handle_into_fd(child, &info, &fd));
    assert_ok(sysmem_handle_from_fd(fd, &info, &child));
    assert_int_equal(basic_of(child).koid, koid);
    assert_children(vmo, 1);
    assert_ok(zx_handle_close(child));
    wait_for_zero(vmo);
    assert_ok(zx_handle_close(vmo));
}

enum { ROUNDS = 100 };

static void *send_and_close(void *arg)
{
    zx_handle_t vmo = *(const zx_handle_t *)arg;
    for (int i = 0; i < ROUNDS; i++) {
        zx_handle_t child = new_child(vmo, i % 2 == 0 ? SLICE : SNAPSHOT, 0, PAGE);
        assert_int_equal(close(send_away(child)), 0);
    }
    return NULL;
}

static void many_threads_send(void **state)
{
    (void)state;
    enum { COUNT = 4 };
    pthread_t threads[COUNT];
    zx_handle_t vmos[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        vmos[i] = i == 1 ? dup_with(vmos[0], ZX_RIGHT_SAME_RIGHTS) : new_vmo(PAGE, 0);
        assert_int_equal(pthread_create(&threads[i], NULL, send_and_close, &vmos[i]), 0);
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    for (size_t i = 0; i < COUNT; i++) {
        wait_for_zero(vmos[i]);
    }
    assert_ok(zx_handle_close_many(vmos, COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_of_every_kind),
        cmocka_unit_test(a_mapping_alone_keeps_it),
        cmocka_unit_test(z124_a_message_in_flight_keeps_it),
        cmocka_unit_test(what_a_holder_keeps_from_being_counted_does_not_leave),
        cmocka_unit_test(a_process_that_dies_lets_it_go),
        cmocka_unit_test(brothers_go_one_by_one),
        cmocka_unit_test(one_child_sent_twice),
        cmocka_unit_test(who_is_here_too_stays),
        cmocka_unit_test(its_children_here_stay_its_own),
        cmocka_unit_test(there_and_back_again),
        cmocka_unit_test(many_threads_send),
    };
    return RUN_ZX_TESTS(tests);
}
