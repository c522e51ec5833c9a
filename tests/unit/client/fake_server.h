/* The daemon's side of a channel, for tests: takes requests apart and answers them, as it is told.
 */
#ifndef TESTS_CLIENT_FAKE_SERVER_H
#define TESTS_CLIENT_FAKE_SERVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <dirent.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "model/method.h"
#include "model/requests.h"
#include "wire/codec.h"
#include "wire/stream.h"

#define UNUSED __attribute__((unused))

struct server {
    struct stream stream;
    enum model_protocol protocol;
    struct arena arena; /* of the requests that were decoded */
};

/* A server on a descriptor, which it owns. */
UNUSED static void server_init_fd(struct server *server, enum model_protocol protocol, int fd)
{
    stream_init(&server->stream, fd, (size_t)8 << 20);
    server->protocol = protocol;
    arena_init(&server->arena, (size_t)8 << 20);
}

/* A server of a new channel, whose client end is returned. */
UNUSED static int server_init(struct server *server, enum model_protocol protocol)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    server_init_fd(server, protocol, fds[0]);
    return fds[1];
}

UNUSED static void server_deinit(struct server *server)
{
    stream_deinit(&server->stream);
    arena_clear(&server->arena);
}

/* Waits for the next message: 1, or what stream_receive() says. */
UNUSED static int server_receive(struct server *server, struct message *ret)
{
    int result = 0;
    while (result == 0) {
        struct pollfd ready = {.fd = server->stream.fd, .events = POLLIN};
        assert_true(poll(&ready, 1, 20000) == 1);
        result = stream_receive(&server->stream, ret);
    }
    return result;
}

/* Waits for a call of the method `name` and returns its request table (NULL for an empty one). */
UNUSED static void *server_expect(struct server *server, const char *name, struct message *ret)
{
    const struct model_method *method = model_method_by_name(server->protocol, name);
    assert_non_null(method);
    assert_int_equal(server_receive(server, ret), 1);
    assert_int_equal(ret->ordinal, method->ordinal);
    assert_int_equal(ret->txid != 0, method->two_way);
    if (method->request == NULL) {
        return NULL;
    }
    void *table = arena_alloc(&server->arena, method->request->size);
    assert_non_null(table);
    const char *reason = NULL;
    assert_int_equal(codec_decode(method->request, ret, &server->arena, table, &reason), CODEC_OK);
    return table;
}

/* Answers a request. Handle fields of the response hold slots of `reply`, which is consumed. */
UNUSED static void server_answer(struct server *server, const struct message *request, uint32_t err,
                                 const void *response, struct message *reply)
{
    const struct model_method *method = model_method_find(server->protocol, request->ordinal);
    reply->ordinal = request->ordinal;
    reply->txid = request->txid;
    assert_int_equal(codec_encode_result(method, err, response, reply), CODEC_OK);
    assert_int_equal(stream_send(&server->stream, reply), 0);
    while (stream_wants_write(&server->stream)) {
        struct pollfd ready = {.fd = server->stream.fd, .events = POLLOUT};
        assert_int_equal(poll(&ready, 1, 20000), 1);
        assert_int_equal(stream_flush(&server->stream), 0);
    }
}

/* The same without descriptors; the request is cleared. */
UNUSED static void server_reply(struct server *server, struct message *request, uint32_t err,
                                const void *response)
{
    struct message reply;
    message_init(&reply, 0, 0);
    server_answer(server, request, err, response, &reply);
    message_clear(request);
}

/* A memfd of one page in a message. */
UNUSED static uint32_t server_attach_vmo(struct message *message, uint64_t koid)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 4096), 0);
    int slot = message_attach(message, &(struct attachment){.fd = fd,
                                                            .type = ZX_OBJ_TYPE_VMO,
                                                            .rights = ZX_DEFAULT_VMO_RIGHTS,
                                                            .koid = koid});
    assert_true(slot > 0);
    return (uint32_t)slot;
}

/* One end of a new pair in a message; the other end is closed, or given out. */
UNUSED static uint32_t server_attach_end(struct message *message, uint32_t type, int *ret_other)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    int slot = message_attach(message, &(struct attachment){.fd = fds[0], .type = type});
    assert_true(slot > 0);
    if (ret_other != NULL) {
        *ret_other = fds[1];
    } else {
        close(fds[1]);
    }
    return (uint32_t)slot;
}

/* The descriptors that this process has open. */
UNUSED static size_t count_open(void)
{
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    size_t count = 0;
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count;
}

/* No more are open than there were. Threads of the library close what is theirs a moment after the
 * last call that concerns them, and nothing tells when. */
UNUSED static void assert_open(size_t before)
{
    for (int i = 0; i < 10000 && count_open() > before; i++) {
        (void)poll(NULL, 0, 1);
    }
    assert_true(count_open() <= before);
}

#endif
