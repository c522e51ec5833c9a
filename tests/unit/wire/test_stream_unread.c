/* Descriptors that were sent and not received, as the kernel shows them. */
#include <stdlib.h>
#include <unistd.h>

#include "stream_pair.h"

/* A message with that many descriptors. */
static void send_body_with_descriptors(struct stream *stream, size_t body_len, size_t count)
{
    struct message message;
    message_init(&message, 1, 0);
    message.body = body_len == 0 ? NULL : calloc(1, body_len);
    message.body_len = body_len;
    for (size_t i = 0; i < count; i++) {
        const struct attachment attachment = {.fd = dup(STDERR_FILENO)};
        assert_true(message_attach(&message, &attachment) >= 0);
    }
    assert_int_equal(stream_send(stream, &message), 0);
}

static void send_descriptors(struct stream *stream, size_t count)
{
    send_body_with_descriptors(stream, 0, count);
}

static void receive_any(struct stream *stream)
{
    struct message message;
    assert_int_equal(stream_receive(stream, &message), 1);
    message_clear(&message);
}

static void unread_descriptors_are_those_that_the_peer_has_not_received(void **state)
{
    struct pair *pair = *state;
    assert_int_equal(stream_look_unread(&pair->a), 0);
    send_descriptors(&pair->a, 3);
    send_descriptors(&pair->a, 2);
    assert_int_equal(stream_look_unread(&pair->a), 5);
    receive_any(&pair->b);
    assert_in_range(stream_look_unread(&pair->a), 2, 5);
    receive_any(&pair->b);
    assert_in_range(pair->a.out_unread, 2, 5); /* nobody has looked */
    assert_int_equal(stream_look_unread(&pair->a), 0);
    assert_int_equal(pair->a.out_unread, 0);
}

static void nothing_is_unread_once_the_peer_has_closed(void **state)
{
    struct pair *pair = *state;
    send_descriptors(&pair->a, 4);
    assert_int_equal(stream_look_unread(&pair->a), 4);
    stream_deinit(&pair->b);
    assert_int_equal(stream_look_unread(&pair->a), 0);
}

/* Descriptors count as queued until their packet goes, and as unread from then on. */
static void a_message_of_many_packets_is_counted_once(void **state)
{
    struct pair *pair = *state;
    struct message message;
    message_init(&message, 1, 0);
    for (size_t i = 0; i < 300; i++) {
        const struct attachment attachment = {.fd = dup(STDERR_FILENO)};
        assert_true(message_attach(&message, &attachment) >= 0);
    }
    message.body = calloc(1, MESSAGE_MAX_BYTES);
    message.body_len = MESSAGE_MAX_BYTES;
    assert_int_equal(stream_send(&pair->a, &message), 0);
    assert_true(stream_wants_write(&pair->a));
    assert_int_equal(stream_held_descriptors(&pair->a) + pair->a.out_unread, 300);
    receive_one(pair, &message);
    message_clear(&message);
    assert_int_equal(stream_held_descriptors(&pair->a), 0);
}

/* A peer that always has something left to receive. */
static void what_a_slow_reader_received_is_not_counted_for_ever(void **state)
{
    struct pair *pair = *state;
    send_descriptors(&pair->a, 1);
    for (int i = 0; i < 500; i++) {
        send_descriptors(&pair->a, 1);
        receive_any(&pair->b);
    }
    assert_int_equal(pair->a.out_unread, 501);
    assert_in_range(stream_look_unread(&pair->a), 1, 8);
    receive_any(&pair->b);
}

/* Else a reader that is only slow would count for more than it can hold up. */
static void the_length_of_packets_counts(void **state)
{
    struct pair *pair = *state;
    for (int i = 0; i < 10; i++) {
        send_body_with_descriptors(&pair->a, 8192, 4);
    }
    for (int i = 0; i < 8; i++) {
        receive_any(&pair->b);
    }
    assert_in_range(stream_look_unread(&pair->a), 8, 16);
    receive_any(&pair->b);
    receive_any(&pair->b);
    assert_int_equal(stream_look_unread(&pair->a), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unread_descriptors_are_those_that_the_peer_has_not_received),
        TEST(the_length_of_packets_counts),
        TEST(nothing_is_unread_once_the_peer_has_closed),
        TEST(a_message_of_many_packets_is_counted_once),
        TEST(what_a_slow_reader_received_is_not_counted_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
