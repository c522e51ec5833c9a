/* Descriptors of messages, whose last close may be the sender's: sent, queued, or refused. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/stream.h"

#define BODY_BYTES 100000

static size_t closed;

static void close_attached(struct stream *stream, int fd)
{
    (void)stream;
    assert_int_equal(close(fd), 0);
    closed++;
}

/* A large message with one descriptor. */
static int send_one(struct stream *stream)
{
    struct message message;
    message_init(&message, 5, 1);
    message.body = calloc(1, BODY_BYTES);
    assert_non_null(message.body);
    message.body_len = BODY_BYTES;
    struct attachment attachment = {.fd = open("/dev/null", O_RDONLY | O_CLOEXEC)};
    assert_int_equal(message_attach(&message, &attachment), 1);
    return stream_send(stream, &message);
}

static int begin(struct stream *stream)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    stream_init(stream, ends[0], SIZE_MAX);
    stream->close_attached = close_attached;
    closed = 0;
    return ends[1];
}

/* A stream with descriptors in its queue, and their number. */
static size_t fill(struct stream *stream, int *ret_peer)
{
    *ret_peer = begin(stream);
    while (stream->out_descriptors < 3) {
        assert_int_equal(send_one(stream), 0);
    }
    closed = 0;
    return stream->out_descriptors;
}

/* The peer may have closed its own before. */
static void their_owner_closes_what_is_sent(void **state)
{
    (void)state;
    struct stream stream;
    int peer = begin(&stream);
    assert_int_equal(send_one(&stream), 0);
    assert_int_equal(stream.out_descriptors, 0);
    assert_int_equal(closed, 1);
    stream_deinit(&stream);
    assert_int_equal(close(peer), 0);
}

static void their_owner_closes_what_is_refused(void **state)
{
    (void)state;
    struct stream stream;
    int peer = -1;
    (void)fill(&stream, &peer);
    stream.out_limit = 1;
    assert_int_equal(send_one(&stream), STREAM_FULL);
    assert_int_equal(closed, 1);
    stream_deinit(&stream);
    assert_int_equal(close(peer), 0);
    peer = begin(&stream);
    assert_int_equal(close(peer), 0);
    assert_int_equal(send_one(&stream), STREAM_CLOSED);
    assert_int_equal(closed, 1);
    stream_deinit(&stream);
}

static void their_owner_closes_them_when_the_peer_is_gone(void **state)
{
    (void)state;
    struct stream stream;
    int peer = -1;
    size_t queued = fill(&stream, &peer);
    assert_int_equal(close(peer), 0);
    assert_int_equal(closed, 0);
    assert_int_equal(stream_flush(&stream), STREAM_CLOSED);
    assert_int_equal(closed, queued);
    stream_deinit(&stream);
    assert_int_equal(closed, queued);
}

static void their_owner_closes_them_when_the_stream_ends(void **state)
{
    (void)state;
    struct stream stream;
    int peer = -1;
    size_t queued = fill(&stream, &peer);
    stream_deinit(&stream);
    assert_int_equal(closed, queued);
    assert_int_equal(close(peer), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(their_owner_closes_what_is_sent),
        cmocka_unit_test(their_owner_closes_what_is_refused),
        cmocka_unit_test(their_owner_closes_them_when_the_peer_is_gone),
        cmocka_unit_test(their_owner_closes_them_when_the_stream_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
