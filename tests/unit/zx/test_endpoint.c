#include "zx_test.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void options(void **state)
{
    (void)state;
    zx_handle_t a = 77;
    zx_handle_t b = 78;
    assert_status(zx_eventpair_create(1, &a, &b), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_eventpair_create(1, NULL, NULL), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_eventpair_create(0, NULL, &b), ZX_ERR_INVALID_ARGS);
    assert_status(zx_eventpair_create(0, &a, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(zx_channel_create(1, &a, &b), ZX_ERR_INVALID_ARGS);
    assert_status(zx_channel_create(0, NULL, &b), ZX_ERR_INVALID_ARGS);
    assert_status(zx_channel_create(0, &a, NULL), ZX_ERR_INVALID_ARGS);
    assert_int_equal(a, 77);
    assert_int_equal(b, 78);
}

static void check_pair(const zx_handle_t pair[2], zx_obj_type_t type, zx_rights_t rights)
{
    zx_info_handle_basic_t a = basic_of(pair[0]);
    zx_info_handle_basic_t b = basic_of(pair[1]);
    assert_int_equal(a.type, type);
    assert_int_equal(b.type, type);
    assert_int_equal(a.rights, rights);
    assert_int_equal(b.rights, rights);
    assert_int_equal(a.related_koid, b.koid);
    assert_int_equal(b.related_koid, a.koid);
    assert_true(a.koid != 0 && b.koid != 0 && a.koid != b.koid);
}

static void ends_know_of_each_other(void **state)
{
    (void)state;
    zx_handle_t pair[2];
    assert_ok(zx_eventpair_create(0, &pair[0], &pair[1]));
    check_pair(pair, ZX_OBJ_TYPE_EVENTPAIR, 0xF003);
    zx_koid_t related = basic_of(pair[0]).related_koid;
    assert_ok(zx_handle_close(pair[1]));
    assert_int_equal(basic_of(pair[0]).related_koid, related); /* survives the peer */
    assert_ok(zx_handle_close(pair[0]));

    assert_ok(zx_channel_create(0, &pair[0], &pair[1]));
    check_pair(pair, ZX_OBJ_TYPE_CHANNEL, 0xF00E);
    zx_handle_t copy = 77;
    assert_status(zx_handle_duplicate(pair[0], ZX_RIGHT_SAME_RIGHTS, &copy), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_handle_close_many(pair, 2));
}

static void channel_koids_are_their_sockets_cookies(void **state)
{
    (void)state;
    zx_handle_t pair[2];
    assert_ok(zx_channel_create(0, &pair[0], &pair[1]));
    for (int i = 0; i < 2; i++) {
        uint64_t cookie = 0;
        socklen_t len = sizeof(cookie);
        assert_int_equal(
            getsockopt(sysmem_handle_fd(pair[i]), SOL_SOCKET, SO_COOKIE, &cookie, &len), 0);
        assert_int_equal(basic_of(pair[i]).koid, cookie);
    }
    assert_ok(zx_handle_close_many(pair, 2));
}

static void peer_closed_comes_with_the_last_handle(void **state)
{
    (void)state;
    zx_handle_t pair[2];
    assert_ok(zx_eventpair_create(0, &pair[0], &pair[1]));
    zx_handle_t copy = dup_with(pair[1], ZX_RIGHT_NONE);
    assert_ok(zx_handle_close(pair[1]));
    assert_int_equal(signals_of(pair[0]), 0);
    assert_ok(zx_handle_close(copy));
    assert_int_equal(signals_of(pair[0]), ZX_EVENTPAIR_PEER_CLOSED);
    assert_ok(zx_handle_close(pair[0]));
}

static void channel_signals_follow_the_socket(void **state)
{
    (void)state;
    zx_handle_t pair[2];
    char byte = 0;
    assert_ok(zx_channel_create(0, &pair[0], &pair[1]));
    assert_int_equal(signals_of(pair[0]), ZX_CHANNEL_WRITABLE);
    int sender = sysmem_handle_fd(pair[1]);
    int receiver = sysmem_handle_fd(pair[0]);
    assert_int_equal(send(sender, "x", 1, 0), 1);
    assert_int_equal(signals_of(pair[0]), ZX_CHANNEL_WRITABLE | ZX_CHANNEL_READABLE);
    assert_ok(zx_handle_close(pair[1]));
    /* What was sent before can be read after. */
    assert_int_equal(signals_of(pair[0]), ZX_CHANNEL_PEER_CLOSED | ZX_CHANNEL_READABLE);
    assert_int_equal(recv(receiver, &byte, 1, 0), 1);
    assert_int_equal(signals_of(pair[0]), ZX_CHANNEL_PEER_CLOSED);
    assert_status(zx_object_wait_one(pair[0], ZX_CHANNEL_READABLE | ZX_CHANNEL_WRITABLE,
                                     zx_deadline_after(ZX_MSEC(5)), NULL),
                  ZX_ERR_TIMED_OUT);
    assert_ok(zx_handle_close(pair[0]));
}

/* More than is taken from a socket at once, and then nobody is there: still all of it counts. */
static void a_closed_end_is_heard_to_its_last_word(void **state)
{
    (void)state;
    int fds[2];
    int room = 16 << 20;
    zx_handle_t end = ZX_HANDLE_INVALID;
    uint32_t signals[4] = {0x0002015A, 0, 0, ZX_USER_SIGNAL_1}; /* a frame: docs/handles.md */
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_EVENTPAIR,
                                            .rights = ZX_DEFAULT_EVENTPAIR_RIGHTS};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    bool has_room = setsockopt(fds[1], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) == 0;
    assert_ok(sysmem_handle_from_fd(fds[0], &info, &end));
    for (int i = 0; i < 5000 && has_room; i++) {
        signals[3] = i < 4999 ? ZX_USER_SIGNAL_1 : ZX_USER_SIGNAL_2;
        assert_int_equal(send(fds[1], signals, sizeof(signals), MSG_DONTWAIT), sizeof(signals));
    }
    assert_int_equal(close(fds[1]), 0);
    if (has_room) {
        assert_ok(zx_object_wait_one(end, ZX_USER_SIGNAL_2, zx_deadline_after(ZX_SEC(10)), NULL));
    }
    assert_ok(zx_object_wait_one(end, ZX_EVENTPAIR_PEER_CLOSED, ZX_TIME_INFINITE, NULL));
    assert_ok(zx_handle_close(end));
    if (!has_room) {
        print_message("SO_SNDBUFFORCE needs CAP_NET_ADMIN\n");
        skip();
    }
}

/* A child process that holds an end until it is told to exit; only system calls in it. */
static void child_holds(int fd, int until_eof)
{
    char byte = 0;
    (void)!read(until_eof, &byte, 1);
    _exit(fd >= 0 ? 0 : 1);
}

static void peer_closed_crosses_processes(void **state)
{
    (void)state;
    zx_handle_t pair[2];
    int pipes[2];
    int fd = -1;
    assert_ok(zx_eventpair_create(0, &pair[0], &pair[1]));
    assert_ok(sysmem_handle_into_fd(pair[1], NULL, &fd));
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(pipes[1]);
        (void)close(sysmem_handle_fd(pair[0]));
        child_holds(fd, pipes[0]);
    }
    assert_int_equal(close(fd), 0);
    assert_int_equal(close(pipes[0]), 0);
    assert_int_equal(signals_of(pair[0]), 0); /* the child has it */
    assert_int_equal(close(pipes[1]), 0);
    zx_signals_t observed = 0;
    assert_ok(zx_object_wait_one(pair[0], ZX_EVENTPAIR_PEER_CLOSED, zx_deadline_after(ZX_SEC(60)),
                                 &observed));
    assert_int_equal(observed, ZX_EVENTPAIR_PEER_CLOSED);
    int wait_status = -1;
    assert_int_equal(waitpid(child, &wait_status, 0), child);
    assert_int_equal(wait_status, 0);
    assert_ok(zx_handle_close(pair[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options),
        cmocka_unit_test(ends_know_of_each_other),
        cmocka_unit_test(channel_koids_are_their_sockets_cookies),
        cmocka_unit_test(peer_closed_comes_with_the_last_handle),
        cmocka_unit_test(channel_signals_follow_the_socket),
        cmocka_unit_test(a_closed_end_is_heard_to_its_last_word),
        cmocka_unit_test(peer_closed_crosses_processes),
    };
    return RUN_ZX_TESTS(tests);
}
