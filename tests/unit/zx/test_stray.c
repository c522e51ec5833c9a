#include "channel_test.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "zx/form.h"
#include "zx/stray.h"

#define LINGERS_SEC 20

/* A connection whose last close(2) waits: for its other end, which never reads. */
static int new_lingering(int *ret_other)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    static const char bytes[1 << 16];
    const struct linger linger = {.l_onoff = 1, .l_linger = LINGERS_SEC};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, len), 0);
    *ret_other = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(*ret_other >= 0);
    assert_int_equal(close(listener), 0);
    while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
    }
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    return fd;
}

/* Lets the one who waits go. */
static void reset(int other)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(other, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
    assert_int_equal(close(other), 0);
}

static void send_with(int socket, const void *bytes, size_t len, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {
        {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}
    };
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    assert_int_equal(sendmsg(socket, &message, 0), len);
    assert_int_equal(close(fd), 0);
}

/* An end of a pair whose other end is the raw socket *ret_peer. */
static zx_handle_t new_end(zx_obj_type_t type, int *ret_peer)
{
    int pair[2];
    zx_handle_t end = ZX_HANDLE_INVALID;
    const struct sysmem_handle_info info = {.type = type, .rights = ZX_RIGHT_SAME_RIGHTS - 1};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_ok(sysmem_handle_from_fd(pair[0], &info, &end));
    *ret_peer = pair[1];
    return end;
}

static zx_time_t too_late(void)
{
    return zx_deadline_after(ZX_SEC(LINGERS_SEC / 2));
}

static void a_refused_descriptor_is_not_waited_for(void **state)
{
    (void)state;
    int other;
    int fd = new_lingering(&other);
    zx_time_t late = too_late();
    zx_handle_t out;
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_VMO};
    assert_status(sysmem_handle_from_fd(fd, &info, &out), ZX_ERR_WRONG_TYPE);
    assert_true(zx_clock_get_monotonic() < late);
    reset(other);
}

static void what_lies_unread_in_an_end_is_not_waited_for(void **state)
{
    (void)state;
    const zx_obj_type_t types[] = {ZX_OBJ_TYPE_CHANNEL, ZX_OBJ_TYPE_EVENTPAIR, ZX_OBJ_TYPE_EVENT};
    for (size_t i = 0; i < 3; i++) {
        int peer;
        int other;
        zx_handle_t end = new_end(types[i], &peer);
        send_with(peer, "x", 1, new_lingering(&other));
        zx_time_t late = too_late();
        assert_ok(zx_handle_close(end));
        assert_true(zx_clock_get_monotonic() < late);
        reset(other);
        assert_int_equal(close(peer), 0);
    }
}

/* Neither with what an eventpair throws away, nor with signals. */
static void what_comes_along_is_not_waited_for(void **state)
{
    (void)state;
    const uint32_t signals[4] = {0x0002015A, 0, 0, ZX_USER_SIGNAL_0};
    const size_t lens[] = {1, sizeof(signals)};
    for (size_t i = 0; i < 2; i++) {
        int peer;
        int other;
        zx_handle_t end = new_end(ZX_OBJ_TYPE_EVENTPAIR, &peer);
        send_with(peer, signals, lens[i], new_lingering(&other));
        zx_time_t late = too_late();
        assert_int_equal(signals_of(end), ZX_EVENTPAIR_PEER_CLOSED); /* it has had its chance */
        assert_true(zx_clock_get_monotonic() < late);
        reset(other);
        assert_ok(zx_handle_close(end));
        assert_int_equal(close(peer), 0);
    }
}

static void a_message_of_strays_is_not_waited_for(void **state)
{
    (void)state;
    unsigned char frame[16 + SYSMEM_HANDLE_FORM_BYTES] = {0x5A, 1, 1, 0, 1};
    const struct form form = {.type = ZX_OBJ_TYPE_VMO};
    int peer;
    int other;
    zx_handle_t end = new_end(ZX_OBJ_TYPE_CHANNEL, &peer);
    zx_handle_t got;
    form_write(&form, frame + 16);
    send_with(peer, frame, sizeof(frame), new_lingering(&other));
    zx_time_t late = too_late();
    assert_status(zx_channel_read(end, 0, NULL, &got, 0, 1, NULL, NULL), ZX_ERR_PEER_CLOSED);
    assert_ok(zx_handle_close(end));
    assert_true(zx_clock_get_monotonic() < late);
    reset(other);
    assert_int_equal(close(peer), 0);
}

/* All threads wait: the rest stays open until one of them is free. */
static void many_wait_their_turn(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    int others[COUNT];
    zx_time_t late = too_late();
    for (size_t i = 0; i < COUNT; i++) {
        int fd = new_lingering(&others[i]);
        stray_close(&fd);
        assert_int_equal(fd, -1);
    }
    assert_true(zx_clock_get_monotonic() < late);
    for (size_t i = 0; i < COUNT; i++) {
        reset(others[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_descriptor_is_not_waited_for),
        cmocka_unit_test(what_lies_unread_in_an_end_is_not_waited_for),
        cmocka_unit_test(what_comes_along_is_not_waited_for),
        cmocka_unit_test(a_message_of_strays_is_not_waited_for),
        cmocka_unit_test(many_wait_their_turn),
    };
    return RUN_ZX_TESTS(tests);
}
