/* A helper, asked as the daemon asks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "server/helper.h"
#include "wire/packet.h"

struct scene {
    int mother;
    int control;
    int ends[2]; /* [0] is written to, [1] is received from */
};

static void make_pair(int ends[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
}

static int setup(void **state)
{
    static struct scene scene;
    int control[2];
    scene.mother = helper_start();
    assert_true(scene.mother >= 0);
    make_pair(control);
    make_pair(scene.ends);
    assert_int_equal(helper_new(scene.mother, control[1]), 0);
    fd_close(&control[1]);
    scene.control = control[0];
    *state = &scene;
    return 0;
}

/* Both processes end with their sockets. */
static int teardown(void **state)
{
    struct scene *scene = *state;
    fd_close(&scene->ends[0]);
    fd_close(&scene->ends[1]);
    fd_close(&scene->control);
    fd_close(&scene->mother);
    int status = -1;
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
    return 0;
}

/* What the helper says when it is asked. */
static int ask(const struct scene *scene, struct packet *ret)
{
    int result = 0;
    assert_int_equal(packet_receive_forwarded(scene->control, ret, &result), -EAGAIN);
    assert_int_equal(helper_ask(scene->control, scene->ends[1]), 0);
    struct pollfd ready = {.fd = scene->control, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 20000), 1);
    assert_int_equal(packet_receive_forwarded(scene->control, ret, &result), 1);
    return result;
}

static void packets_pass_with_their_descriptors(void **state)
{
    const struct scene *scene = *state;
    static struct packet packet;
    static unsigned char body[ENVELOPE_PACKET_BODY];
    const struct envelope envelope = {
        .ordinal = 7, .body_len = sizeof(body), .attachment_count = ENVELOPE_PACKET_DESCRIPTORS};
    int fds[ENVELOPE_PACKET_DESCRIPTORS];
    for (size_t i = 0; i < ENVELOPE_PACKET_DESCRIPTORS; i++) {
        fds[i] = scene->ends[1];
    }
    assert_int_equal(packet_send(scene->ends[0], &envelope, body, fds, true), 0);
    assert_int_equal(ask(scene, &packet), 1);
    struct envelope got;
    assert_null(envelope_read(packet.bytes, packet.len, &got));
    assert_int_equal(got.ordinal, 7);
    assert_int_equal(packet.len, ENVELOPE_BYTES + sizeof(body));
    assert_int_equal(packet.fd_count, ENVELOPE_PACKET_DESCRIPTORS);
    for (size_t i = 0; i < packet.fd_count; i++) {
        fd_close(&packet.fds[i]);
    }
}

static void one_packet_for_each_question(void **state)
{
    const struct scene *scene = *state;
    static struct packet packet;
    assert_int_equal(ask(scene, &packet), -EAGAIN);
    assert_int_equal(send(scene->ends[0], "a", 1, 0), 1);
    assert_int_equal(send(scene->ends[0], "b", 1, 0), 1);
    assert_int_equal(ask(scene, &packet), 1);
    assert_int_equal(packet.bytes[0], 'a');
    assert_int_equal(ask(scene, &packet), 1);
    assert_int_equal(packet.bytes[0], 'b');
    assert_int_equal(ask(scene, &packet), -EAGAIN);
}

static void packets_that_are_too_long(void **state)
{
    const struct scene *scene = *state;
    static struct packet packet;
    static unsigned char bytes[sizeof(packet.bytes) + 1];
    assert_int_equal(send(scene->ends[0], bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
    assert_int_equal(ask(scene, &packet), PACKET_TRUNCATED);
}

static void the_end_of_the_file(void **state)
{
    struct scene *scene = *state;
    static struct packet packet;
    fd_close(&scene->ends[0]);
    assert_int_equal(ask(scene, &packet), PACKET_CLOSED);
}

/* The reader of a pipe sees its end: the helper has no descriptor that was open when it began, and
 * keeps none that it received from. */
static void a_helper_keeps_nothing(void **state)
{
    struct scene *scene = *state;
    static struct packet packet;
    int pipe_ends[2];
    assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
    int mother = helper_start();
    assert_true(mother >= 0);
    fd_close(&pipe_ends[1]);
    struct pollfd gone = {.fd = pipe_ends[0]};
    assert_int_equal(poll(&gone, 1, 20000), 1);
    fd_close(&pipe_ends[0]);
    fd_close(&mother);
    assert_true(wait(NULL) > 0);
    assert_int_equal(ask(scene, &packet), -EAGAIN);
    fd_close(&scene->ends[1]);
    gone = (struct pollfd){.fd = scene->ends[0]};
    assert_int_equal(poll(&gone, 1, 20000), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(packets_pass_with_their_descriptors),
        TEST(one_packet_for_each_question),
        TEST(packets_that_are_too_long),
        TEST(the_end_of_the_file),
        TEST(a_helper_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
