/* A daemon within the test: its loop turns only when the test says so, and its clients are the
 * test's own sockets. */
#ifndef TESTS_SERVER_WHOLE_SERVER_H
#define TESTS_SERVER_WHOLE_SERVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../log_lines.h"
#include "base/fd.h"
#include "config/config.h"
#include "model/requests.h"
#include "server/binding.h"
#include "server/internal.h"
#include "wire/codec.h"
#include "wire/stream.h"

/* Turns of the loop after which something that does not happen never will. */
#define MANY_TURNS 2000

struct whole_server {
    struct server server;
    struct config config;
    char directory[32];
    int open_before;
};

static inline int count_open(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory) != NULL) {
        count++;
    }
    (void)closedir(directory);
    return count;
}

/* What libuv keeps open for the whole process, once it was needed, does not count as left open. */
static inline void settle_libuv(void)
{
    uv_loop_t loop;
    uv_signal_t signal;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(uv_signal_init(&loop, &signal), 0);
    uv_close((uv_handle_t *)&signal, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* A test's configuration is the built-in one as `adapt` (may be NULL) changes it. */
static inline void whole_server_begin(struct whole_server *whole, void (*adapt)(struct config *))
{
    memset(whole, 0, sizeof(*whole));
    settle_libuv();
    whole->open_before = count_open();
    log_lines_begin(LOG_LEVEL_DEBUG);
    config_init(&whole->config);
    if (adapt != NULL) {
        adapt(&whole->config);
    }
    (void)snprintf(whole->directory, sizeof(whole->directory), "/tmp/sysmem-unit-XXXXXX");
    assert_non_null(mkdtemp(whole->directory));
    struct server *server = &whole->server;
    server->helper_fd = -1;
    (void)snprintf(server->socket_path, sizeof(server->socket_path), "%s/s", whole->directory);
    server->unlink_socket = true;
    int fd = listener_open(server->socket_path);
    assert_true(fd >= 0);
    assert_int_equal(server_init(server, &whole->config, fd), 0);
}

/* All clients have closed. */
static inline void whole_server_end(struct whole_server *whole)
{
    server_deinit(&whole->server);
    config_deinit(&whole->config);
    assert_int_equal(rmdir(whole->directory), 0);
    log_lines_end();
    /* Some are closed by a thread, a moment later: nothing tells when. */
    time_t end = time(NULL) + 20;
    while (count_open() > whole->open_before && time(NULL) < end) {
        (void)sched_yield();
    }
    assert_int_equal(count_open(), whole->open_before);
}

/* One turn of the loop, for what is ready now. */
static inline void turn(struct whole_server *whole)
{
    (void)uv_run(&whole->server.loop, UV_RUN_NOWAIT);
}

/* A socket that connects without waiting to be accepted. */
static inline int connect_to(const struct whole_server *whole)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, whole->server.socket_path, sizeof(address.sun_path));
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* A client of the server, and the channel at its other end. */
static inline struct binding *accept_client(struct whole_server *whole, struct stream *ret_client)
{
    stream_init(ret_client, connect_to(whole), SIZE_MAX);
    const struct list *last = whole->server.bindings.prev;
    for (int i = 0; whole->server.bindings.prev == last; i++) {
        assert_true(i < MANY_TURNS);
        turn(whole);
    }
    return container_of(whole->server.bindings.prev, struct binding, link);
}

/* Sends a request whose descriptors, if any, are attached to `message`; consumes it. */
static inline void send_message(struct stream *client, enum model_protocol protocol,
                                const char *name, uint32_t txid, const void *table,
                                struct message *message)
{
    const struct model_method *method = model_method_by_name(protocol, name);
    assert_non_null(method);
    message->ordinal = method->ordinal;
    message->txid = txid;
    assert_int_equal(codec_encode(method->request, table, message), CODEC_OK);
    assert_int_equal(stream_send(client, message), 0);
}

static inline void send_request(struct stream *client, enum model_protocol protocol,
                                const char *name, uint32_t txid, const void *table)
{
    struct message message;
    message_init(&message, 0, 0);
    send_message(client, protocol, name, txid, table, &message);
}

/* Sends a request with one descriptor, which it takes; the table's handle field holds slot 1. */
static inline void send_with_fd(struct stream *client, enum model_protocol protocol,
                                const char *name, const void *table, int fd)
{
    struct message message;
    message_init(&message, 0, 0);
    assert_int_equal(message_attach(&message, &(struct attachment){.fd = fd}), 1);
    send_message(client, protocol, name, 0, table, &message);
}

/* Turns the loop until a message is there: 1, or what stream_receive() says. */
static inline int receive(struct whole_server *whole, struct stream *client, struct message *ret)
{
    int result = 0;
    for (int i = 0; result == 0; i++) {
        assert_true(i < MANY_TURNS);
        turn(whole);
        result = stream_receive(client, ret);
    }
    return result;
}

static inline void assert_closes(struct whole_server *whole, struct stream *client)
{
    struct message message;
    assert_int_equal(receive(whole, client, &message), STREAM_CLOSED);
    stream_deinit(client);
}

/* A pair of another process: the server takes what its own process made for foreign
 * (server/server_end.h). */
static inline void make_pair(int ret_ends[2])
{
    int *ends =
        mmap(NULL, 2 * sizeof(*ends), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(ends, MAP_FAILED);
    long child = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        _exit(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
    }
    int status = -1;
    assert_int_equal(waitpid((pid_t)child, &status, 0), child);
    assert_int_equal(status, 0);
    memcpy(ret_ends, ends, 2 * sizeof(*ends));
    (void)munmap(ends, 2 * sizeof(*ends));
}

/* A channel that `client`, an Allocator's, asks for with `name`; its table has the server end as
 * its only field, a handle. */
static inline void open_channel(struct stream *client, const char *name, const void *table,
                                struct stream *ret_channel)
{
    int ends[2];
    make_pair(ends);
    stream_init(ret_channel, ends[0], SIZE_MAX);
    send_with_fd(client, MODEL_PROTOCOL_ALLOCATOR, name, table, ends[1]);
}

static inline void open_token(struct stream *client, struct stream *ret_channel)
{
    struct model_allocator_allocate_shared_collection_request table = {0};
    SYSMEM_SET(&table, token_request, 1);
    open_channel(client, "AllocateSharedCollection", &table, ret_channel);
}

static inline void open_debug(struct stream *client, struct stream *ret_channel)
{
    struct model_allocator_open_debug_request table = {0};
    SYSMEM_SET(&table, server_end, 1);
    open_channel(client, "OpenDebug", &table, ret_channel);
}

#endif
