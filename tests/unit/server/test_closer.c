/* Closing away from the caller: the other end of a pipe tells when it has happened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "server/closer.h"
#include "wire/message.h"

#define UID           1000
#define OTHER_UID     1001
#define PATIENCE_MSEC 20000
#define LINGER_S      60
#define CHOKING       65 /* descriptors that wait behind one that hangs */

/* A descriptor to be closed; *ret_watch becomes ready when that has happened. */
static int watched_descriptor(int *ret_watch)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    *ret_watch = ends[0];
    return ends[1];
}

static void assert_closed_in_time(int watch)
{
    struct pollfd ready = {.fd = watch};
    assert_int_equal(poll(&ready, 1, PATIENCE_MSEC), 1);
    assert_true((ready.revents & POLLHUP) != 0);
    fd_close(&watch);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void many_of_many_uids(void **state)
{
    (void)state;
    int watches[200];
    for (int i = 0; i < 200; i++) {
        int fd = watched_descriptor(&watches[i]);
        closer_close(UID + (uid_t)(i % 7), fd);
    }
    for (int i = 0; i < 200; i++) {
        assert_closed_in_time(watches[i]);
    }
    assert_false(closer_is_choked(UID));
}

static void an_empty_channel_is_closed_at_once(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(shutdown(ends[0], SHUT_RDWR), 0);
    closer_close_channel(UID, ends[0]);
    assert_false(is_open(ends[0]));
    fd_close(&ends[1]);
}

/* What others sent goes with the channel, also if it came in a packet without bytes. */
static void check_what_is_queued(size_t bytes)
{
    int ends[2];
    int watch;
    int fd = watched_descriptor(&watch);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    char byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = bytes};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof(control)};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    *rights = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    *(int *)(void *)CMSG_DATA(rights) = fd;
    assert_int_equal(sendmsg(ends[1], &header, MSG_NOSIGNAL), (ssize_t)bytes);
    fd_close(&fd);
    assert_int_equal(shutdown(ends[0], SHUT_RDWR), 0);
    closer_close_channel(UID, ends[0]);
    assert_closed_in_time(watch);
    fd_close(&ends[1]);
}

static void what_is_queued_goes_with_its_channel(void **state)
{
    (void)state;
    check_what_is_queued(1);
    check_what_is_queued(0);
}

/* The peer closed with something unread, which the next receive tells instead. */
static void a_channel_whose_peer_reset_it(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(send(ends[0], "x", 1, MSG_NOSIGNAL), 1);
    fd_close(&ends[1]);
    (void)shutdown(ends[0], SHUT_RDWR);
    closer_close_channel(UID, ends[0]);
    assert_false(is_open(ends[0]));
}

static void the_rest_of_a_message(void **state)
{
    (void)state;
    int watches[3];
    struct message message;
    message_init(&message, 1, 0);
    for (int i = 0; i < 3; i++) {
        const struct attachment attachment = {.fd = watched_descriptor(&watches[i])};
        assert_int_equal(message_attach(&message, &attachment), i + 1);
    }
    int taken = message_take_fd(&message, 2);
    closer_close_rest(UID, &message);
    assert_closed_in_time(watches[0]);
    assert_closed_in_time(watches[2]);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(message.attachments[i].fd, -1);
    }
    message_clear(&message);
    assert_true(is_open(taken));
    fd_close(&taken);
    assert_closed_in_time(watches[1]);
}

/* A TCP socket whose last close() takes LINGER_S, or until *ret_peer is closed. */
static int lingering_socket(int *ret_peer)
{
    FD_CLEANUP int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    assert_int_equal(bind(listening, (const struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &len), 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, len), 0);
    *ret_peer = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    assert_true(*ret_peer >= 0);
    const struct linger linger = {.l_onoff = 1, .l_linger = LINGER_S};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    static const unsigned char bytes[65536];
    while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
    return fd;
}

/* Who chokes on a descriptor that hangs takes nobody else along, and recovers. */
static void a_descriptor_that_hangs_chokes_its_uid_alone(void **state)
{
    (void)state;
    int peer;
    int watches[CHOKING];
    closer_close(UID, lingering_socket(&peer));
    for (int i = 0; i < CHOKING; i++) {
        int fd = watched_descriptor(&watches[i]);
        closer_close(UID, fd);
    }
    while (!closer_is_choked(UID)) {
        (void)poll(NULL, 0, 10); /* only time tells */
    }
    struct pollfd ready = {.fd = watches[0]};
    assert_int_equal(poll(&ready, 1, 0), 0);
    assert_false(closer_is_choked(OTHER_UID));
    int watch;
    int fd = watched_descriptor(&watch);
    closer_close(OTHER_UID, fd);
    assert_closed_in_time(watch);
    fd_close(&peer); /* resets the connection: what lingers ends */
    for (int i = 0; i < CHOKING; i++) {
        assert_closed_in_time(watches[i]);
    }
    assert_false(closer_is_choked(UID));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_of_many_uids),
        cmocka_unit_test(an_empty_channel_is_closed_at_once),
        cmocka_unit_test(what_is_queued_goes_with_its_channel),
        cmocka_unit_test(a_channel_whose_peer_reset_it),
        cmocka_unit_test(the_rest_of_a_message),
        cmocka_unit_test(a_descriptor_that_hangs_chokes_its_uid_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
