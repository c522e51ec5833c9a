/* Messages own their descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/message.h"

static int new_fd(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static int is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void slots_count_from_one(void **state)
{
    (void)state;
    struct message message;
    message_init(&message, 7, 9);
    assert_int_equal(message.ordinal, 7);
    assert_int_equal(message.txid, 9);
    for (int i = 1; i <= 5; i++) {
        struct attachment attachment = {.fd = new_fd(), .type = 3, .koid = (uint64_t)i};
        assert_int_equal(message_attach(&message, &attachment), i);
    }
    assert_null(message_attachment(&message, 0));
    assert_null(message_attachment(&message, 6));
    assert_int_equal(message_attachment(&message, 5)->koid, 5);
    message_clear(&message);
    assert_int_equal(message.attachment_count, 0);
}

static void a_taken_descriptor_stays_open(void **state)
{
    (void)state;
    struct message message;
    message_init(&message, 1, 0);
    int kept = new_fd();
    int taken = new_fd();
    assert_int_equal(message_attach(&message, &(struct attachment){.fd = kept}), 1);
    assert_int_equal(message_attach(&message, &(struct attachment){.fd = taken}), 2);
    assert_int_equal(message_take_fd(&message, 2), taken);
    assert_int_equal(message_take_fd(&message, 2), -1);
    assert_int_equal(message_take_fd(&message, 0), -1);
    assert_int_equal(message_take_fd(&message, 3), -1);
    message_clear(&message);
    assert_false(is_open(kept));
    assert_true(is_open(taken));
    close(taken);
}

static void too_many_are_refused_and_closed(void **state)
{
    (void)state;
    struct message message;
    message_init(&message, 1, 0);
    for (int i = 0; i < MESSAGE_MAX_ATTACHMENTS; i++) {
        assert_int_equal(message_attach(&message, &(struct attachment){.fd = -1}), i + 1);
    }
    int fd = new_fd();
    assert_int_equal(message_attach(&message, &(struct attachment){.fd = fd}), -E2BIG);
    assert_false(is_open(fd));
    message_clear(&message);
}

static void clear_frees_the_body_and_may_be_repeated(void **state)
{
    (void)state;
    struct message message;
    message_init(&message, 1, 2);
    message.body = malloc(10);
    message.body_len = 10;
    message_clear(&message);
    assert_null(message.body);
    assert_int_equal(message.body_len, 0);
    message_clear(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_count_from_one),
        cmocka_unit_test(a_taken_descriptor_stays_open),
        cmocka_unit_test(too_many_are_refused_and_closed),
        cmocka_unit_test(clear_frees_the_body_and_may_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
