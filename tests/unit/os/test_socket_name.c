#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "os/socket_name.h"

static void make_pair(int ret_ends[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_ends), 0);
}

static void close_pair(int ends[2])
{
    fd_close(&ends[0]);
    fd_close(&ends[1]);
}

static void peer_tells_the_bound_name(void **state)
{
    (void)state;
    int ends[2];
    make_pair(ends);
    struct socket_name bound;
    assert_int_equal(socket_name_bind(ends[1], &bound), SOCKET_NAME_OK);
    uint64_t koid;
    assert_int_equal(socket_koid(ends[1], &koid), 0);
    assert_int_equal(bound.koid, koid);

    struct socket_name seen;
    int copy = fd_dup(ends[0]);
    assert_int_equal(socket_name_of_peer(copy, &seen), SOCKET_NAME_OK);
    assert_true(socket_name_equal(&bound, &seen));
    fd_close(&copy);
    /* The name is the end's, not its peer's. */
    assert_int_equal(socket_name_of_peer(ends[1], &seen), SOCKET_NAME_FOREIGN);

    /* It outlives the bound end: a look-up then finds no node, but the answer is not an error. */
    fd_close(&ends[1]);
    assert_int_equal(socket_name_of_peer(ends[0], &seen), SOCKET_NAME_OK);
    assert_true(socket_name_equal(&bound, &seen));
    close_pair(ends);
}

static void ends_have_koids_of_their_own(void **state)
{
    (void)state;
    int ends[2];
    make_pair(ends);
    uint64_t a;
    uint64_t b;
    uint64_t again;
    assert_int_equal(socket_koid(ends[0], &a), 0);
    assert_int_equal(socket_koid(ends[1], &b), 0);
    int copy = fd_dup(ends[0]);
    assert_int_equal(socket_koid(copy, &again), 0);
    assert_int_not_equal(a, 0);
    assert_int_not_equal(a, b);
    assert_int_equal(a, again);
    fd_close(&copy);
    close_pair(ends);
}

static void bound_twice_is_the_senders_mistake(void **state)
{
    (void)state;
    int ends[2];
    make_pair(ends);
    struct socket_name name;
    assert_int_equal(socket_name_bind(ends[0], &name), SOCKET_NAME_OK);
    struct socket_name untouched = {.koid = 7};
    assert_int_equal(socket_name_bind(ends[0], &untouched), SOCKET_NAME_TAKEN);
    assert_int_equal(untouched.koid, 7);
    close_pair(ends);

    /* Bound by the client itself, to whatever name. */
    make_pair(ends);
    struct sockaddr_un autobind = {.sun_family = AF_UNIX};
    assert_int_equal(bind(ends[0], (struct sockaddr *)&autobind, sizeof(sa_family_t)), 0);
    assert_int_equal(socket_name_bind(ends[0], &untouched), SOCKET_NAME_TAKEN);
    assert_int_equal(socket_name_of_peer(ends[1], &untouched), SOCKET_NAME_FOREIGN);
    close_pair(ends);
}

static void other_descriptors_are_foreign(void **state)
{
    (void)state;
    struct socket_name name;
    uint64_t koid;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_false(socket_is_channel_end(ends[0]));
    assert_int_equal(socket_koid(ends[0], &koid), -ENOTSOCK);
    assert_int_equal(socket_name_bind(ends[0], &name), SOCKET_NAME_FOREIGN);
    assert_int_equal(socket_name_of_peer(ends[0], &name), SOCKET_NAME_FOREIGN);
    close_pair(ends);

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_false(socket_is_channel_end(ends[0]));
    assert_int_equal(socket_name_bind(ends[0], &name), SOCKET_NAME_FOREIGN);
    assert_int_equal(socket_name_of_peer(ends[0], &name), SOCKET_NAME_FOREIGN);
    close_pair(ends);

    int lonely = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    assert_true(socket_is_channel_end(lonely));
    assert_int_equal(socket_name_of_peer(lonely, &name), SOCKET_NAME_FOREIGN);
    fd_close(&lonely);

    int inet = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(inet, (struct sockaddr *)&to, sizeof(to)), 0);
    assert_false(socket_is_channel_end(inet));
    assert_int_equal(socket_name_of_peer(inet, &name), SOCKET_NAME_FOREIGN);
    assert_true(socket_name_bind(inet, &name) != SOCKET_NAME_OK);
    fd_close(&inet);

    assert_int_equal(socket_koid(-1, &koid), -EBADF);
    assert_int_equal(socket_name_of_peer(-1, &name), -EBADF);
}

static void text_is_read_back(void **state)
{
    (void)state;
    struct socket_name name = {
        .koid = 0x1F, .random = {0xFEDCBA9876543210, 1}
    };
    char text[SOCKET_NAME_TEXT_LEN + 1];
    socket_name_format(&name, text);
    assert_string_equal(text, "sysmem/000000000000001f/fedcba98765432100000000000000001");
    struct socket_name back;
    assert_true(socket_name_parse(text, SOCKET_NAME_TEXT_LEN, &back));
    assert_true(socket_name_equal(&name, &back));
    back.random[1]++;
    assert_false(socket_name_equal(&name, &back));
}

static void other_text_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "sysmem/",
        "sysmem/000000000000001f/fedcba9876543210000000000000000",
        "sysmem/000000000000001f/fedcba987654321000000000000000011",
        "system/000000000000001f/fedcba98765432100000000000000001",
        "sysmem/000000000000001F/fedcba98765432100000000000000001",
        "sysmem/000000000000001f-fedcba98765432100000000000000001",
        "sysmem/+00000000000001f/fedcba98765432100000000000000001",
        "sysmem/000000000000001f/ edcba98765432100000000000000001",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct socket_name name = {.koid = 7};
        assert_false(socket_name_parse(bad[i], strlen(bad[i]), &name));
        assert_int_equal(name.koid, 7);
    }
}

static void only_a_pair_has_a_peer_without_a_name(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_false(socket_peer_is_named(pair[0]));
    struct socket_name name;
    assert_int_equal(socket_name_bind(pair[1], &name), SOCKET_NAME_OK);
    assert_true(socket_peer_is_named(pair[0]));
    assert_false(socket_peer_is_named(pair[1]));

    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int caller = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_false(socket_peer_is_named(caller)); /* not connected */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(address);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(connect(caller, (struct sockaddr *)&address, len), 0);
    assert_true(socket_peer_is_named(caller)); /* before and after it is accepted */
    int called = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(socket_peer_is_named(caller));
    close(called);
    assert_true(socket_peer_is_named(caller));
    close(caller);
    close(listener);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_tells_the_bound_name),
        cmocka_unit_test(ends_have_koids_of_their_own),
        cmocka_unit_test(bound_twice_is_the_senders_mistake),
        cmocka_unit_test(other_descriptors_are_foreign),
        cmocka_unit_test(text_is_read_back),
        cmocka_unit_test(other_text_is_refused),
        cmocka_unit_test(only_a_pair_has_a_peer_without_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
