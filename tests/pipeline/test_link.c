/* The socket between the programs: text and a descriptor arrive, a peer that dies shows, and bytes
 * are counted. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "link.h"

struct pair {
    char folder[32];
    char path[48];
    struct link client;
    struct link server;
};

static int connect_pair(void **state)
{
    static struct pair pair;
    (void)snprintf(pair.folder, sizeof(pair.folder), "/tmp/link-XXXXXX");
    if (!mkdtemp(pair.folder)) {
        return -1;
    }
    (void)snprintf(pair.path, sizeof(pair.path), "%s/socket", pair.folder);
    int listener = link_listen(pair.path);
    int result = listener < 0 ? listener : link_connect(pair.path, 0, &pair.client);
    result = result < 0 ? result : link_accept(listener, &pair.server);
    if (listener >= 0) {
        (void)close(listener);
    }
    *state = &pair;
    return result;
}

static int close_pair(void **state)
{
    struct pair *pair = *state;
    link_close(&pair->client);
    link_close(&pair->server);
    (void)unlink(pair->path);
    return rmdir(pair->folder);
}

static void text_and_descriptor_arrive(void **state)
{
    struct pair *pair = *state;
    struct link_message start = {.kind = LINK_START, .buffer = 7, .frame = UINT64_C(1) << 40};
    struct link_message got;
    struct stat sent_file;
    struct stat got_file;
    char text[LINK_MAX_TEXT];
    int pipe_fds[2];
    int fd;
    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(link_send(&pair->client, &start, "hello", pipe_fds[0]), 0);
    assert_int_equal(link_receive(&pair->server, &got, text, &fd), 1);
    assert_int_equal(got.kind, LINK_START);
    assert_int_equal(got.buffer, 7);
    assert_int_equal(got.frame, UINT64_C(1) << 40);
    assert_string_equal(text, "hello");
    assert_int_equal(fstat(pipe_fds[0], &sent_file), 0);
    assert_int_equal(fstat(fd, &got_file), 0);
    assert_int_equal(sent_file.st_ino, got_file.st_ino);
    assert_int_equal(pair->client.bytes_sent, sizeof(start) + 5);
    assert_int_equal(pair->server.bytes_received, sizeof(start) + 5);
    (void)close(fd);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
}

static void unwanted_descriptors_are_closed(void **state)
{
    struct pair *pair = *state;
    struct link_message message = {.kind = LINK_FRAME};
    int pipe_fds[2];
    char byte;
    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(link_send(&pair->client, &message, "", pipe_fds[1]), 0);
    (void)close(pipe_fds[1]);
    assert_int_equal(link_receive(&pair->server, &message, NULL, NULL), 1);
    assert_int_equal(read(pipe_fds[0], &byte, 1), 0); /* no writer is left */
    (void)close(pipe_fds[0]);
}

static void short_messages_are_refused(void **state)
{
    struct pair *pair = *state;
    struct link_message message;
    assert_int_equal(send(pair->client.fd, "abc", 3, 0), 3);
    assert_int_equal(link_receive(&pair->server, &message, NULL, NULL), -EPROTO);
}

static void a_dead_peer_shows(void **state)
{
    struct pair *pair = *state;
    struct link_message message = {.kind = LINK_FRAME};
    link_close(&pair->client);
    assert_int_equal(link_receive(&pair->server, &message, NULL, NULL), 0);
    assert_int_equal(link_send(&pair->server, &message, "", -1), -EPIPE);
}

static void nobody_listens(void **state)
{
    struct pair *pair = *state;
    struct link link;
    assert_int_equal(unlink(pair->path), 0);
    assert_int_equal(link_connect(pair->path, 1, &link), -ETIMEDOUT);
}

static void a_stale_socket_is_replaced(void **state)
{
    struct pair *pair = *state;
    struct link link;
    int listener = link_listen(pair->path);
    assert_true(listener >= 0);
    assert_int_equal(link_connect(pair->path, 0, &link), 0);
    link_close(&link);
    (void)close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_and_descriptor_arrive, connect_pair, close_pair),
        cmocka_unit_test_setup_teardown(unwanted_descriptors_are_closed, connect_pair, close_pair),
        cmocka_unit_test_setup_teardown(short_messages_are_refused, connect_pair, close_pair),
        cmocka_unit_test_setup_teardown(a_dead_peer_shows, connect_pair, close_pair),
        cmocka_unit_test_setup_teardown(nobody_listens, connect_pair, close_pair),
        cmocka_unit_test_setup_teardown(a_stale_socket_is_replaced, connect_pair, close_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
