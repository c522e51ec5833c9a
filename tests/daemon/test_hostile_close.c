/* Descriptors whose last close() takes as long as their sender wants: here TCP sockets that linger.
 * They hide in messages that nobody reads to the end, and go with the channel. Others must be
 * served meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "model/requests.h"
#include "raw.h"
#include "support/daemon.h"
#include "wire/envelope.h"

#define LINGER_S 60

/* A socket whose last close() takes LINGER_S, or until *ret_peer is closed. */
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

struct scene {
    struct daemon daemon;
    int descriptors; /* of the daemon, at rest */
    int bad;
    int lingering;
    int peer;
};

static void begin(struct scene *scene)
{
    assert_int_equal(daemon_start(&scene->daemon, NULL), 0);
    scene->descriptors = daemon_descriptor_count(&scene->daemon);
    scene->bad = daemon_connect(&scene->daemon);
    assert_true(scene->bad >= 0);
    scene->lingering = lingering_socket(&scene->peer);
}

/* The daemon has the last descriptor of the lingering socket when this is called. */
static void end(struct scene *scene)
{
    FD_CLEANUP int fd = daemon_connect(&scene->daemon);
    FD_CLEANUP int token = raw_root_token(fd);
    bool served = raw_sync(token, MODEL_PROTOCOL_TOKEN);
    fd_close(&scene->peer); /* resets the connection: what lingers ends */
    assert_true(served);
    fd_close(&token);
    fd_close(&fd);
    fd_close(&scene->bad);
    assert_int_equal(daemon_descriptor_settle(&scene->daemon, scene->descriptors),
                     scene->descriptors);
    assert_true(daemon_stop(&scene->daemon));
}

/* Stops the daemon until this process has closed its own descriptors: the last ones must be the
 * daemon's. */
static void hold_up(const struct scene *scene)
{
    assert_int_equal(kill(scene->daemon.pid, SIGSTOP), 0);
}

static void go_on(const struct scene *scene)
{
    assert_int_equal(kill(scene->daemon.pid, SIGCONT), 0);
}

/* The first packet of a message with the lingering socket and a body of `body_len` zeros. */
static void send_lingering(struct scene *scene, int fd, uint32_t body_len)
{
    static unsigned char packet[ENVELOPE_BYTES + ENVELOPE_PACKET_BODY];
    const struct envelope envelope = {.ordinal = 9, .body_len = body_len, .attachment_count = 1};
    envelope_write(&envelope, packet);
    size_t len = ENVELOPE_BYTES + envelope_part(&envelope).body_len;
    assert_true(raw_send(fd, packet, len, &scene->lingering, 1));
}

static void in_half_a_message(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    int token = raw_root_token(scene.bad);
    assert_true(raw_sync(token, MODEL_PROTOCOL_TOKEN));
    send_lingering(&scene, token, ENVELOPE_PACKET_BODY + 1);
    fd_close(&scene.lingering);
    fd_close(&token);
    end(&scene);
}

/* Hands a server end over that has a packet which ends the channel, and one behind it. */
static void hide_behind(const char *packet, size_t len)
{
    struct scene scene;
    begin(&scene);
    int ends[2];
    raw_pair(ends);
    assert_true(raw_send(ends[0], packet, len, NULL, 0));
    send_lingering(&scene, ends[0], 0);
    fd_close(&scene.lingering);
    hold_up(&scene);
    struct model_allocator_allocate_shared_collection_request request = {0};
    SYSMEM_SET(&request, token_request, 1);
    assert_true(raw_request(scene.bad, MODEL_PROTOCOL_ALLOCATOR, "AllocateSharedCollection", 0,
                            &request, &ends[1], 1));
    fd_close(&ends[1]);
    go_on(&scene);
    assert_true(raw_wait_closed(ends[0]));
    fd_close(&ends[0]);
    end(&scene);
}

static void behind_a_message_that_ends_the_channel(void **state)
{
    (void)state;
    hide_behind("bad", 3);
}

/* A packet of no bytes reads like the end. */
static void behind_an_empty_packet(void **state)
{
    (void)state;
    hide_behind("", 0);
}

/* The client end that is turned in has messages of its own. */
static void in_the_queue_of_a_token(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    int token[2];
    int collection[2];
    raw_pair(token);
    raw_pair(collection);
    send_lingering(&scene, token[1], 0); /* the server end sends to the client end */
    fd_close(&scene.lingering);
    hold_up(&scene);
    int fds[] = {token[0], collection[1]};
    struct model_allocator_bind_shared_collection_request request = {0};
    SYSMEM_SET(&request, token, 1);
    SYSMEM_SET(&request, buffer_collection_request, 2);
    assert_true(raw_request(scene.bad, MODEL_PROTOCOL_ALLOCATOR, "BindSharedCollection", 0,
                            &request, fds, 2));
    fd_close(&token[0]);
    fd_close(&collection[1]);
    fd_close(&token[1]);
    go_on(&scene);
    assert_true(raw_wait_closed(collection[0]));
    fd_close(&collection[0]);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_half_a_message),
        cmocka_unit_test(behind_a_message_that_ends_the_channel),
        cmocka_unit_test(behind_an_empty_packet),
        cmocka_unit_test(in_the_queue_of_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
