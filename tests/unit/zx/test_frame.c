#include "zx_test.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "zx/form.h"
#include "zx/frame.h"

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif

#define FORM SYSMEM_HANDLE_FORM_BYTES

/* Sends what claims to be a message of so many handles and bytes, with so many descriptors. */
static void send_message(int socket, uint32_t handle_count, uint32_t len, size_t fd_count)
{
    unsigned char frame[16 + 3 * FORM + 256] = {0x5A, 1, 1, 0};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(3 * sizeof(int))];
    } control;
    memset(&control, 0, sizeof(control));
    control.header = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
                                      .cmsg_type = SCM_RIGHTS,
                                      .cmsg_len = CMSG_LEN(fd_count * sizeof(int))};
    const struct form form = {.type = ZX_OBJ_TYPE_VMO};
    int memory = memfd_create("sent", MFD_CLOEXEC);
    memcpy(frame + 4, &handle_count, 4);
    memcpy(frame + 8, &len, 4);
    for (size_t i = 0; i < handle_count + len / FORM; i++) { /* the bytes look like forms, too */
        form_write(&form, frame + 16 + i * FORM);
    }
    for (size_t i = 0; i < fd_count; i++) {
        memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &memory, sizeof(int));
    }
    struct iovec part = {.iov_base = frame, .iov_len = 16 + handle_count * FORM + len};
    const struct msghdr message = {.msg_iov = &part,
                                   .msg_iovlen = 1,
                                   .msg_control = fd_count == 0 ? NULL : &control,
                                   .msg_controllen =
                                       fd_count == 0 ? 0 : CMSG_SPACE(fd_count * sizeof(int))};
    assert_int_equal(sendmsg(socket, &message, 0), part.iov_len);
    assert_int_equal(close(memory), 0);
}

static void new_sockets(int ret_pair[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_pair), 0);
}

static void close_sockets(const int pair[2])
{
    assert_int_equal(close(pair[0]), 0);
    assert_int_equal(close(pair[1]), 0);
}

static void a_message_is_received_as_it_was_seen(void **state)
{
    (void)state;
    int pair[2];
    struct frame_head head;
    struct parcel *parcel = NULL;
    new_sockets(pair);
    send_message(pair[0], 2, 64, 2);
    assert_int_equal(frame_peek(pair[1], &head), FRAME_MESSAGE);
    assert_ok(frame_receive(pair[1], &head, &parcel));
    assert_int_equal(parcel->len, 64);
    assert_int_equal(parcel->handle_count, 2);
    parcel_drop(parcel);
    close_sockets(pair);
}

/* A header, and how long the frame is that begins with it. */
struct claim {
    unsigned char bytes[4]; /* mark, version, kind, reserved */
    uint32_t numbers[3];    /* handles; bytes or signals; 0 or signals */
    size_t len;
    enum frame_kind kind;
};

/* Each claim that is foreign differs in one thing from one that is none. */
static void what_begins_otherwise_is_foreign(void **state)
{
    (void)state;
    const uint32_t most = ZX_CHANNEL_MAX_MSG_BYTES;
    const struct claim claims[] = {
        {{0x5A, 1, 1, 0}, {0, 0, 0},        16,             FRAME_MESSAGE},
        {{0x5A, 1, 1, 0}, {0, 5, 0},        21,             FRAME_MESSAGE},
        {{0x5A, 1, 1, 0}, {64, 5, 0},       21 + 64 * FORM, FRAME_MESSAGE},
        {{0x5A, 1, 1, 0}, {0, most, 0},     16 + most,      FRAME_MESSAGE},
        {{0x5A, 1, 2, 0}, {0, 8, 16},       16,             FRAME_SIGNALS},
        {{0x5B, 1, 1, 0}, {0, 5, 0},        21,             FRAME_FOREIGN},
        {{0x5A, 2, 1, 0}, {0, 5, 0},        21,             FRAME_FOREIGN},
        {{0x5A, 0, 1, 0}, {0, 5, 0},        21,             FRAME_FOREIGN},
        {{0x5A, 1, 0, 0}, {0, 5, 0},        21,             FRAME_FOREIGN},
        {{0x5A, 1, 3, 0}, {0, 5, 0},        21,             FRAME_FOREIGN},
        {{0x5A, 1, 1, 1}, {0, 5, 0},        21,             FRAME_FOREIGN},
        {{0x5A, 1, 1, 0}, {0, 5, 1},        21,             FRAME_FOREIGN},
        {{0x5A, 1, 1, 0}, {0, 4, 0},        21,             FRAME_FOREIGN},
        {{0x5A, 1, 1, 0}, {0, 6, 0},        21,             FRAME_FOREIGN},
        {{0x5A, 1, 1, 0}, {1, 5, 0},        21,             FRAME_FOREIGN},
        {{0x5A, 1, 1, 0}, {65, 5, 0},       21 + 65 * FORM, FRAME_FOREIGN},
        {{0x5A, 1, 1, 0}, {0, most + 1, 0}, 17 + most,      FRAME_FOREIGN},
        {{0x5A, 1, 1, 0}, {0, 0, 0},        15,             FRAME_FOREIGN},
        {{0x5A, 1, 2, 0}, {1, 8, 16},       16,             FRAME_FOREIGN},
        {{0x5A, 1, 2, 0}, {0, 8, 16},       17,             FRAME_FOREIGN},
        {{0x5A, 1, 2, 0}, {0, 8, 16},       15,             FRAME_FOREIGN},
    };
    static unsigned char frame[17 + ZX_CHANNEL_MAX_MSG_BYTES];
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        int pair[2];
        struct frame_head head = {0};
        new_sockets(pair);
        memcpy(frame, claims[i].bytes, 4);
        memcpy(frame + 4, claims[i].numbers, 12);
        assert_int_equal(send(pair[0], frame, claims[i].len, 0), claims[i].len);
        assert_int_equal(frame_peek(pair[1], &head), claims[i].kind);
        if (claims[i].kind == FRAME_MESSAGE) {
            assert_int_equal(head.handle_count, claims[i].numbers[0]);
            assert_int_equal(head.len, claims[i].numbers[1]);
        } else if (claims[i].kind == FRAME_SIGNALS) {
            assert_true(head.clear == 8 && head.set == 16);
        }
        close_sockets(pair);
    }
}

/* Somebody with a duplicate of the socket has taken the one that was seen. */
static void nothing_is_left_of_what_was_seen(void **state)
{
    (void)state;
    int pair[2];
    const struct frame_head head = {.len = 64, .handle_count = 2};
    struct parcel *parcel = NULL;
    new_sockets(pair);
    assert_status(frame_receive(pair[1], &head, &parcel), ZX_ERR_SHOULD_WAIT);
    assert_null(parcel);
    close_sockets(pair);
}

/* Somebody with a duplicate of the socket takes the one that was seen, and another one comes
 * forward: one whose bytes would be taken for forms, and forms for bytes. */
static void another_one_than_was_seen_is_refused(void **state)
{
    (void)state;
    const struct {
        uint32_t handle_count;
        uint32_t len;
        size_t fd_count;
    } others[] = {
        {1, 64,       2},
        {1, 64 + 64,  2},
        {3, 64,       2},
        {2, 63,       2},
        {2, 65,       2},
        {2, 64,       1},
        {2, 64,       3},
        {0, 64,       0},
        {0, 64 + 128, 2},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        int pair[2];
        struct frame_head head;
        struct parcel *parcel = NULL;
        unsigned char stolen[256];
        new_sockets(pair);
        send_message(pair[0], 2, 64, 2);
        send_message(pair[0], others[i].handle_count, others[i].len, others[i].fd_count);
        assert_int_equal(frame_peek(pair[1], &head), FRAME_MESSAGE);
        assert_true(recv(pair[1], stolen, sizeof(stolen), 0) > 0);
        assert_status(frame_receive(pair[1], &head, &parcel), ZX_ERR_INVALID_ARGS);
        assert_null(parcel);
        close_sockets(pair);
    }
}

/* A duplicate is enough to have the kernel add credentials, which would take the room of
 * descriptors, or a descriptor of its own. */
static void what_the_kernel_adds_is_refused_and_closed(void **state)
{
    (void)state;
    const int options[] = {SO_PASSCRED, SO_PASSPIDFD};
    for (size_t i = 0; i < 2; i++) {
        int pair[2];
        const int on = 1;
        struct frame_head head;
        struct parcel *parcel = NULL;
        new_sockets(pair);
        if (setsockopt(pair[1], SOL_SOCKET, options[i], &on, sizeof(on)) == 0) {
            send_message(pair[0], 2, 64, 2);
            assert_int_equal(frame_peek(pair[1], &head), FRAME_MESSAGE);
            assert_status(frame_receive(pair[1], &head, &parcel), ZX_ERR_INVALID_ARGS);
            send_message(pair[0], 2, 64, 2);
            assert_false(frame_skip(pair[1]));
            assert_int_equal(frame_peek(pair[1], &head), FRAME_NONE);
        }
        close_sockets(pair);
    }
}

/* SO_PEEK_OFF is the socket's: a look finds nothing though something is there, and poll(2) says so
 * again and again. */
static void who_hides_what_he_sends_is_gone(void **state)
{
    (void)state;
    int pair[2];
    const int behind = 1 << 20;
    struct frame_head head;
    new_sockets(pair);
    assert_int_equal(frame_peek(pair[1], &head), FRAME_NONE);
    assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_PEEK_OFF, &behind, sizeof(behind)), 0);
    send_message(pair[0], 0, 64, 0);
    assert_int_equal(frame_peek(pair[1], &head), FRAME_END);
    close_sockets(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_received_as_it_was_seen),
        cmocka_unit_test(what_begins_otherwise_is_foreign),
        cmocka_unit_test(nothing_is_left_of_what_was_seen),
        cmocka_unit_test(another_one_than_was_seen_is_refused),
        cmocka_unit_test(what_the_kernel_adds_is_refused_and_closed),
        cmocka_unit_test(who_hides_what_he_sends_is_gone),
    };
    return RUN_ZX_TESTS(tests);
}
