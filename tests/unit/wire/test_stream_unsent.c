/* Descriptors that were queued and cannot be sent any more. */
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

static size_t unsent;

static void close_unsent(struct stream *stream, int fd)
{
    (void)stream;
    assert_int_equal(close(fd), 0);
    unsent++;
}

/* A stream with descriptors in its queue, and their number. */
static size_t fill(struct stream *stream, int *ret_peer)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    stream_init(stream, ends[0], SIZE_MAX);
    *ret_peer = ends[1];
    stream->close_unsent = close_unsent;
    unsent = 0;
    while (stream->out_descriptors < 3) {
        struct message message;
        message_init(&message, 5, 1);
        message.body = calloc(1, BODY_BYTES);
        assert_non_null(message.body);
        message.body_len = BODY_BYTES;
        struct attachment attachment = {.fd = open("/dev/null", O_RDONLY | O_CLOEXEC)};
        assert_int_equal(message_attach(&message, &attachment), 1);
        assert_int_equal(stream_send(stream, &message), 0);
    }
    return stream->out_descriptors;
}

static void their_owner_closes_them_when_the_peer_is_gone(void **state)
{
    (void)state;
    struct stream stream;
    int peer = -1;
    size_t queued = fill(&stream, &peer);
    assert_int_equal(close(peer), 0);
    assert_int_equal(unsent, 0);
    assert_int_equal(stream_flush(&stream), STREAM_CLOSED);
    assert_int_equal(unsent, queued);
    stream_deinit(&stream);
    assert_int_equal(unsent, queued);
}

static void their_owner_closes_them_when_the_stream_ends(void **state)
{
    (void)state;
    struct stream stream;
    int peer = -1;
    size_t queued = fill(&stream, &peer);
    stream_deinit(&stream);
    assert_int_equal(unsent, queued);
    assert_int_equal(close(peer), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(their_owner_closes_them_when_the_peer_is_gone),
        cmocka_unit_test(their_owner_closes_them_when_the_stream_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
