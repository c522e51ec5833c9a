/* Streams over real socket pairs: order, back-pressure, descriptors, and peers that break the
 * rules. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/packet.h"
#include "wire/stream.h"

#include "stream_pair.h"

static int new_fd(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void make_message(struct message *message, uint32_t txid, size_t body_len, size_t fd_count)
{
    message_init(message, 5, txid);
    if (body_len > 0) {
        message->body = malloc(body_len);
        assert_non_null(message->body);
        message->body_len = body_len;
        for (size_t i = 0; i < body_len; i++) {
            message->body[i] = (unsigned char)(i * 7 + txid);
        }
    }
    for (size_t i = 0; i < fd_count; i++) {
        assert_true(message_attach(message, &(struct attachment){.fd = new_fd()}) > 0);
    }
}

/* Compares with what make_message() makes, and clears it. */
static void check_message(struct message *message, uint32_t txid, size_t body_len, size_t fd_count)
{
    assert_int_equal(message->ordinal, 5);
    assert_int_equal(message->txid, txid);
    assert_int_equal(message->body_len, body_len);
    for (size_t i = 0; i < body_len; i++) {
        assert_int_equal(message->body[i], (unsigned char)(i * 7 + txid));
    }
    assert_int_equal(message->attachment_count, fd_count);
    for (size_t i = 0; i < fd_count; i++) {
        assert_int_equal(fcntl(message->attachments[i].fd, F_GETFD), FD_CLOEXEC);
    }
    message_clear(message);
}

static void round_trip(struct pair *pair, size_t body_len, size_t fd_count)
{
    struct message message;
    make_message(&message, 3, body_len, fd_count);
    assert_int_equal(stream_send(&pair->a, &message), 0);
    assert_null(message.body); /* consumed */
    receive_one(pair, &message);
    check_message(&message, 3, body_len, fd_count);
    assert_false(stream_wants_write(&pair->a));
    assert_int_equal(pair->a.out_bytes, 0);
    assert_int_equal(stream_receive(&pair->b, &message), 0);
}

static void messages_arrive_whole(void **state)
{
    round_trip(*state, 0, 0);
    round_trip(*state, 1, 0);
    round_trip(*state, 200, 1);
    round_trip(*state, ENVELOPE_PACKET_BODY, 253);
    round_trip(*state, ENVELOPE_PACKET_BODY + 1, 0);
    round_trip(*state, 10, 256);
    round_trip(*state, 0, MESSAGE_MAX_ATTACHMENTS);
    round_trip(*state, MESSAGE_MAX_BYTES, 256);
}

static void sent_descriptors_are_closed_at_once(void **state)
{
    struct pair *pair = *state;
    size_t before = count_open();
    struct message message;
    make_message(&message, 1, 0, 10);
    assert_int_equal(count_open(), before + 10);
    assert_int_equal(stream_send(&pair->a, &message), 0);
    assert_int_equal(count_open(), before);
}

static void what_does_not_fit_waits_in_order(void **state)
{
    struct pair *pair = *state;
    uint32_t sent = 0;
    while (sent < 3 || !stream_wants_write(&pair->a) || sent % 5 != 0) {
        struct message message;
        make_message(&message, sent, 3000 + sent, sent % 3);
        assert_int_equal(stream_send(&pair->a, &message), 0);
        sent++;
    }
    assert_true(pair->a.out_bytes >= 3000);
    for (uint32_t i = 0; i < sent; i++) {
        struct message message;
        receive_one(pair, &message);
        check_message(&message, i, 3000 + i, i % 3);
    }
    assert_int_equal(pair->a.out_bytes, 0);
}

static void a_peer_that_never_reads_fills_the_queue(void **state)
{
    struct pair *pair = *state;
    pair->a.out_limit = 100000;
    int result = 0;
    size_t sent = 0;
    while (result == 0) {
        struct message message;
        make_message(&message, 1, 5000, 1);
        result = stream_send(&pair->a, &message);
        assert_int_equal(message.attachment_count, 0);
        assert_true(pair->a.out_bytes <= 100000);
        sent++;
        assert_true(sent < 1000);
    }
    assert_int_equal(result, STREAM_FULL);
    for (size_t i = 1; i < sent; i++) {
        struct message message;
        receive_one(pair, &message);
        check_message(&message, 1, 5000, 1);
    }
}

static void deinit_drops_what_is_queued(void **state)
{
    struct pair *pair = *state;
    for (uint32_t i = 0; i < 5; i++) {
        struct message message;
        make_message(&message, i, 200000, 2);
        assert_int_equal(stream_send(&pair->a, &message), 0);
    }
    assert_true(stream_wants_write(&pair->a));
    /* teardown counts the descriptors */
}

static void a_message_longer_than_allowed_is_not_sent(void **state)
{
    struct pair *pair = *state;
    struct message message;
    make_message(&message, 1, MESSAGE_MAX_BYTES + 1, 1);
    assert_int_equal(stream_send(&pair->a, &message), -EMSGSIZE);
    assert_int_equal(stream_receive(&pair->b, &message), 0);
}

static void the_end_comes_after_what_was_sent(void **state)
{
    struct pair *pair = *state;
    struct message message;
    make_message(&message, 1, 10, 0);
    assert_int_equal(stream_send(&pair->b, &message), 0); /* never read: the peer's close resets */
    make_message(&message, 2, 10, 1);
    assert_int_equal(stream_send(&pair->a, &message), 0);
    stream_deinit(&pair->a);
    receive_one(pair, &message);
    check_message(&message, 2, 10, 1);
    assert_int_equal(stream_receive(&pair->b, &message), STREAM_CLOSED);
    make_message(&message, 3, 10, 1);
    assert_int_equal(stream_send(&pair->b, &message), STREAM_CLOSED);
}

static void a_cleared_nonblock_flag_does_not_block(void **state)
{
    struct pair *pair = *state;
    assert_int_equal(fcntl(pair->b.fd, F_SETFL, 0), 0);
    struct message message;
    assert_int_equal(stream_receive(&pair->b, &message), 0);
}

static void waiting_receives_what_is_there(void **state)
{
    struct pair *pair = *state;
    struct message message;
    make_message(&message, 1, 10, 1);
    assert_int_equal(stream_send(&pair->a, &message), 0);
    assert_int_equal(stream_receive_wait(&pair->b, &message), 1);
    check_message(&message, 1, 10, 1);
    assert_int_equal(fcntl(pair->b.fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(stream_receive_wait(&pair->b, &message), 0);
}

static void a_shrunk_send_buffer_is_grown_back(void **state)
{
    struct pair *pair = *state;
    int bytes = 1;
    assert_int_equal(setsockopt(pair->a.fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)), 0);
    round_trip(pair, ENVELOPE_PACKET_BODY, 1);
}

/* Growing it takes a lock that others can hold, who have a descriptor of the same end. */
static void a_shared_end_is_not_grown(void **state)
{
    struct pair *pair = *state;
    struct message message;
    int bytes = 1;
    assert_int_equal(setsockopt(pair->a.fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)), 0);
    pair->a.is_shared = true;
    make_message(&message, 1, ENVELOPE_PACKET_BODY, 0);
    assert_int_equal(stream_send(&pair->a, &message), -EMSGSIZE);
    packet_grow(pair->a.fd);
    round_trip(pair, ENVELOPE_PACKET_BODY, 1);
}

/* --- Peers that break the rules --- */

static void send_raw(struct pair *pair, const struct envelope *envelope, size_t body_len)
{
    static unsigned char bytes[ENVELOPE_BYTES + 2 * ENVELOPE_PACKET_BODY];
    envelope_write(envelope, bytes);
    assert_int_equal(send(pair->a.fd, bytes, ENVELOPE_BYTES + body_len, 0),
                     ENVELOPE_BYTES + body_len);
}

static void expect_malformed(struct pair *pair)
{
    struct message message;
    assert_int_equal(stream_receive(&pair->b, &message), STREAM_MALFORMED);
    assert_non_null(pair->b.reason);
}

static void a_short_packet_is_malformed(void **state)
{
    struct pair *pair = *state;
    assert_int_equal(send(pair->a.fd, "x", 1, 0), 1);
    expect_malformed(pair);
}

static void an_overlong_packet_is_malformed(void **state)
{
    struct pair *pair = *state;
    send_raw(pair, &(struct envelope){.body_len = ENVELOPE_PACKET_BODY + 1},
             ENVELOPE_PACKET_BODY + 1);
    expect_malformed(pair);
}

static void a_body_of_another_length_is_malformed(void **state)
{
    struct pair *pair = *state;
    send_raw(pair, &(struct envelope){.body_len = 10}, 9);
    expect_malformed(pair);
}

static void missing_descriptors_are_malformed(void **state)
{
    struct pair *pair = *state;
    send_raw(pair, &(struct envelope){.attachment_count = 1}, 0);
    expect_malformed(pair);
}

static void a_message_over_the_limits_is_refused_at_its_first_packet(void **state)
{
    struct pair *pair = *state;
    send_raw(pair, &(struct envelope){.body_len = MESSAGE_MAX_BYTES + 1}, ENVELOPE_PACKET_BODY);
    expect_malformed(pair);
    assert_null(pair->b.partial.body);
}

static void the_owner_may_lower_the_limits(void **state)
{
    struct pair *pair = *state;
    pair->b.in_max_attachments = 2;
    struct message message;
    make_message(&message, 1, 0, 3);
    assert_int_equal(stream_send(&pair->a, &message), 0);
    expect_malformed(pair);
    assert_int_equal(pair->b.partial.attachment_count, 3); /* kept for the owner to close */
}

static void packets_out_of_order_are_malformed(void **state)
{
    struct pair *pair = *state;
    struct envelope envelope = {.body_len = 2 * ENVELOPE_PACKET_BODY, .index = 1};
    send_raw(pair, &envelope, ENVELOPE_PACKET_BODY);
    expect_malformed(pair);
}

static void another_message_in_between_is_malformed(void **state)
{
    struct pair *pair = *state;
    struct envelope envelope = {.body_len = 2 * ENVELOPE_PACKET_BODY};
    send_raw(pair, &envelope, ENVELOPE_PACKET_BODY);
    struct message message;
    assert_int_equal(stream_receive(&pair->b, &message), 0);
    envelope.index = 1;
    envelope.txid = 1;
    send_raw(pair, &envelope, ENVELOPE_PACKET_BODY);
    expect_malformed(pair);
}

static void an_empty_packet_reads_as_the_end(void **state)
{
    struct pair *pair = *state;
    assert_int_equal(send(pair->a.fd, "", 0, 0), 0);
    struct message message;
    assert_int_equal(stream_receive(&pair->b, &message), STREAM_CLOSED);
}

static void descriptors_of_an_empty_packet_stay_with_the_stream(void **state)
{
    struct pair *pair = *state;
    union {
        struct cmsghdr align;
        unsigned char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr header = {.msg_control = &control, .msg_controllen = sizeof(control)};
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof(int));
    int fd = new_fd();
    memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
    assert_int_equal(sendmsg(pair->a.fd, &header, 0), 0);
    close(fd);
    struct message message;
    assert_int_equal(stream_receive(&pair->b, &message), STREAM_CLOSED);
    assert_int_equal(pair->b.partial.attachment_count, 1);
}

static void credentials_are_malformed(void **state)
{
    struct pair *pair = *state;
    int on = 1;
    assert_int_equal(setsockopt(pair->b.fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
    struct message message;
    make_message(&message, 1, 10, 253);
    assert_int_equal(stream_send(&pair->a, &message), 0);
    expect_malformed(pair);
    assert_int_equal(pair->b.partial.attachment_count, 253);
}

static size_t arrived(const struct message *message)
{
    size_t count = 0;
    for (size_t i = 0; i < message->attachment_count; i++) {
        count += message->attachments[i].fd >= 0 ? 1 : 0;
    }
    return count;
}

/* Receives with room for at most five more descriptors. */
static int receive_tightly(struct pair *pair, struct message *ret)
{
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    int next = new_fd();
    close(next);
    struct rlimit tight = {.rlim_cur = (rlim_t)next + 5, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    int result = stream_receive(&pair->b, ret);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    return result;
}

static void no_descriptors_left_is_a_typed_error(void **state)
{
    struct pair *pair = *state;
    size_t before = count_open();
    struct message message;
    make_message(&message, 77, 10, 20);
    assert_int_equal(stream_send(&pair->a, &message), 0);
    assert_int_equal(receive_tightly(pair, &message), -EMFILE);
    assert_int_equal(message.txid, 77);
    assert_int_equal(message.attachment_count, 20);
    assert_true(count_open() > before); /* what arrived is not closed here */
    assert_int_equal(arrived(&message), count_open() - before);
    message_clear(&message);
    assert_int_equal(count_open(), before);
    round_trip(pair, 10, 20);
}

static void no_descriptors_left_in_mid_message_is_told_at_its_end(void **state)
{
    struct pair *pair = *state;
    size_t before = count_open();
    struct message message;
    make_message(&message, 78, 10, 300);
    assert_int_equal(stream_send(&pair->a, &message), 0);
    assert_int_equal(receive_tightly(pair, &message), 0);
    assert_int_equal(stream_receive(&pair->b, &message), -EMFILE);
    assert_int_equal(message.txid, 78);
    assert_int_equal(message.attachment_count, 300);
    assert_int_equal(arrived(&message), count_open() - before);
    message_clear(&message);
    assert_int_equal(count_open(), before);
    round_trip(pair, 10, 300);
}

/* Descriptors in flight are bounded for users without privileges only. */
static void descriptors_in_flight_are_back_pressure(void **state)
{
    struct pair *pair = *state;
    if (geteuid() == 0 && seteuid(65534) != 0) {
        print_message("skipped: cannot act as a user without privileges\n");
        skip();
    }
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    struct rlimit tight = {.rlim_cur = 300, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    uint32_t sent = 0;
    while (sent < 20 && !stream_is_starved(&pair->a)) {
        struct message message;
        make_message(&message, sent++, 10, 50);
        assert_int_equal(stream_send(&pair->a, &message), 0);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_true(stream_is_starved(&pair->a));
    assert_true(stream_wants_write(&pair->a));
    for (uint32_t i = 0; i < sent; i++) {
        struct message message;
        receive_one(pair, &message);
        check_message(&message, i, 10, 50);
    }
    assert_false(stream_is_starved(&pair->a));
    if (getuid() == 0) {
        assert_int_equal(seteuid(0), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(messages_arrive_whole),
        TEST(sent_descriptors_are_closed_at_once),
        TEST(what_does_not_fit_waits_in_order),
        TEST(a_peer_that_never_reads_fills_the_queue),
        TEST(deinit_drops_what_is_queued),
        TEST(a_message_longer_than_allowed_is_not_sent),
        TEST(the_end_comes_after_what_was_sent),
        TEST(a_cleared_nonblock_flag_does_not_block),
        TEST(waiting_receives_what_is_there),
        TEST(a_shrunk_send_buffer_is_grown_back),
        TEST(a_shared_end_is_not_grown),
        TEST(a_short_packet_is_malformed),
        TEST(an_overlong_packet_is_malformed),
        TEST(a_body_of_another_length_is_malformed),
        TEST(missing_descriptors_are_malformed),
        TEST(a_message_over_the_limits_is_refused_at_its_first_packet),
        TEST(the_owner_may_lower_the_limits),
        TEST(packets_out_of_order_are_malformed),
        TEST(another_message_in_between_is_malformed),
        TEST(an_empty_packet_reads_as_the_end),
        TEST(descriptors_of_an_empty_packet_stay_with_the_stream),
        TEST(credentials_are_malformed),
        TEST(no_descriptors_left_is_a_typed_error),
        TEST(no_descriptors_left_in_mid_message_is_told_at_its_end),
        TEST(descriptors_in_flight_are_back_pressure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
