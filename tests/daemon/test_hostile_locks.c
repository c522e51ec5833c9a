/* Descriptors whose kernel locks a client holds for as long as it likes: it calls into the kernel
 * with memory whose pages come only when it says so, and the kernel waits for them with the
 * socket's lock in its hands. The daemon must not ask such a socket for what needs the lock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "model/requests.h"
#include "raw.h"
#include "support/daemon.h"
#include "trap.h"

/* Two ends of a TCP connection within this machine's loopback. */
static void tcp_pair(int ret_ends[2])
{
    FD_CLEANUP int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    assert_int_equal(bind(listening, (const struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &len), 0);
    ret_ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(ret_ends[0], (const struct sockaddr *)&address, len), 0);
    ret_ends[1] = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    assert_true(ret_ends[1] >= 0);
}

struct sender {
    int fd;
    const struct trap *trap;
};

/* Holds the socket's lock until the trap opens. */
static void *send_from_trap(void *arg)
{
    const struct sender *sender = arg;
    (void)send(sender->fd, sender->trap->page, sender->trap->size, MSG_NOSIGNAL);
    return NULL;
}

/* Whether an Allocator that connects now is served. */
static bool bystander_is_served(const struct daemon *daemon)
{
    FD_CLEANUP int fd = daemon_connect(daemon);
    FD_CLEANUP int token = fd < 0 ? -1 : raw_root_token(fd);
    return token >= 0 && raw_sync(token, MODEL_PROTOCOL_TOKEN);
}

static void send_as_token(int allocator, int token)
{
    int ends[2];
    raw_pair(ends);
    int fds[] = {token, ends[1]};
    struct model_allocator_bind_shared_collection_request request = {0};
    SYSMEM_SET(&request, token, 1);
    SYSMEM_SET(&request, buffer_collection_request, 2);
    assert_true(raw_request(allocator, MODEL_PROTOCOL_ALLOCATOR, "BindSharedCollection", 0,
                            &request, fds, 2));
    fd_close(&ends[0]);
    fd_close(&ends[1]);
}

static void send_as_server_end(int allocator, int end)
{
    struct model_allocator_allocate_shared_collection_request request = {0};
    SYSMEM_SET(&request, token_request, 1);
    assert_true(raw_request(allocator, MODEL_PROTOCOL_ALLOCATOR, "AllocateSharedCollection", 0,
                            &request, &end, 1));
}

/* Sends `fd`, whose lock is held, to a daemon; others must be served meanwhile. */
static void serve_with_locked(int fd, void (*send_it)(int allocator, int fd))
{
    struct trap trap;
    trap_set_or_skip(&trap);
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    int descriptors = daemon_descriptor_count(&daemon);
    FD_CLEANUP int bad = daemon_connect(&daemon);
    struct sender sender = {fd, &trap};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, send_from_trap, &sender), 0);
    trap_wait_sprung(&trap);
    send_it(bad, fd);
    bool served = bystander_is_served(&daemon);
    trap_open(&trap);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(served);
    fd_close(&bad);
    assert_int_equal(daemon_descriptor_settle(&daemon, descriptors), descriptors);
    trap_remove(&trap);
    assert_true(daemon_stop(&daemon));
}

static void a_locked_tcp_socket_as_a_token(void **state)
{
    (void)state;
    int ends[2];
    tcp_pair(ends);
    serve_with_locked(ends[0], send_as_token);
    fd_close(&ends[0]);
    fd_close(&ends[1]);
}

static void a_locked_tcp_socket_as_a_server_end(void **state)
{
    (void)state;
    int ends[2];
    tcp_pair(ends);
    serve_with_locked(ends[0], send_as_server_end);
    fd_close(&ends[0]);
    fd_close(&ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_locked_tcp_socket_as_a_token),
        cmocka_unit_test(a_locked_tcp_socket_as_a_server_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
