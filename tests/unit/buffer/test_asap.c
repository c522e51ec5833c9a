#include "fixture.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "buffer/asap.h"
#include "os/socket_name.h"

static int descriptors;

static int asap_setup(void **state)
{
    (void)state;
    descriptors = count_descriptors();
    return 0;
}

static int asap_teardown(void **state)
{
    (void)state;
    assert_int_equal(count_descriptors(), descriptors);
    return 0;
}

static int client_of(struct asap *asap, uint64_t *ret_koid)
{
    int fd = -1;
    assert_int_equal(asap_client_end(asap, &fd, ret_koid), 0);
    return fd;
}

static void made_at_first_need_and_one_for_all(void **state)
{
    (void)state;
    struct asap asap;
    uint64_t koids[3];
    asap_init(&asap);
    assert_int_equal(count_descriptors(), descriptors);
    int first = client_of(&asap, &koids[0]);
    assert_int_equal(count_descriptors(), descriptors + 3);
    int second = client_of(&asap, &koids[1]);
    assert_int_equal(count_descriptors(), descriptors + 4);
    assert_false(peer_is_closed(first) || peer_is_closed(second));
    asap_signal(&asap);
    assert_int_equal(count_descriptors(), descriptors + 3);
    assert_true(peer_is_closed(first) && peer_is_closed(second));
    fd_close(&first);
    int late = client_of(&asap, &koids[2]);
    assert_true(peer_is_closed(late));
    assert_true(koids[0] != 0 && koids[0] == koids[1] && koids[0] == koids[2]);
    fd_close(&late);
    asap_deinit(&asap);
    assert_true(peer_is_closed(second));
    fd_close(&second);
}

static void comes_closed_when_signalled_before(void **state)
{
    (void)state;
    struct asap asap;
    uint64_t koid = 0;
    asap_init(&asap);
    asap_signal(&asap);
    asap_signal(&asap);
    assert_int_equal(count_descriptors(), descriptors);
    int fd = client_of(&asap, &koid);
    assert_true(peer_is_closed(fd));
    assert_int_equal(count_descriptors(), descriptors + 2);
    asap_deinit(&asap);
    asap_deinit(&asap);
    fd_close(&fd);
}

static void clients_learn_both_koids(void **state)
{
    (void)state;
    struct asap asap;
    uint64_t koid = 0;
    asap_init(&asap);
    int fd = client_of(&asap, &koid);
    uint64_t own = 0;
    uint64_t of_server = 0;
    assert_int_equal(socket_koid(fd, &own), 0);
    assert_int_equal(socket_koid(asap.server_fd, &of_server), 0);
    assert_int_equal(own, koid);
    struct socket_name name;
    assert_int_equal(socket_name_of_peer(fd, &name), SOCKET_NAME_OK);
    assert_int_equal(name.koid, of_server);
    asap_signal(&asap);
    assert_int_equal(socket_name_of_peer(fd, &name), SOCKET_NAME_OK); /* nor is it forgotten */
    assert_int_equal(name.koid, of_server);
    fd_close(&fd);
    asap_deinit(&asap);
}

static void clients_cannot_send(void **state)
{
    (void)state;
    struct asap asap;
    uint64_t koid = 0;
    asap_init(&asap);
    int fd = client_of(&asap, &koid);
    assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT), -1);
    assert_int_equal(errno, EPIPE);
    assert_false(peer_is_closed(fd));
    fd_close(&fd);
    asap_deinit(&asap);
}

static void forked_child_delays_nothing(void **state)
{
    (void)state;
    struct asap asap;
    uint64_t koid = 0;
    asap_init(&asap);
    int fd = client_of(&asap, &koid);
    int hold[2];
    assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char byte;
        (void)close(hold[1]);
        _exit(read(hold[0], &byte, 1) == 0 ? 0 : 1);
    }
    asap_signal(&asap);
    assert_true(peer_is_closed(fd));
    fd_close(&hold[1]);
    fd_close(&hold[0]);
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    fd_close(&fd);
    asap_deinit(&asap);
}

static int request_with_spare(struct asap *asap, rlim_t spare, int *ret_fd)
{
    struct rlimit old;
    int lowest = dup(0);
    assert_true(lowest >= 0);
    (void)close(lowest);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    struct rlimit tight = {.rlim_cur = (rlim_t)lowest + spare, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    uint64_t koid = 0;
    int r = asap_client_end(asap, ret_fd, &koid);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    return r;
}

static void descriptors_used_up_and_tried_again(void **state)
{
    (void)state;
    for (rlim_t spare = 0; spare < 3; spare++) { /* the pair takes two, the duplicate one */
        struct asap asap;
        int fd = -1;
        asap_init(&asap);
        assert_int_equal(request_with_spare(&asap, spare, &fd), -EMFILE);
        assert_int_equal(fd, -1);
        asap_signal(&asap);
        uint64_t koid = 0;
        fd = client_of(&asap, &koid);
        assert_true(peer_is_closed(fd));
        fd_close(&fd);
        asap_deinit(&asap);
        assert_int_equal(count_descriptors(), descriptors);
    }
    struct asap asap;
    int fd = -1;
    asap_init(&asap);
    assert_int_equal(request_with_spare(&asap, 3, &fd), 0);
    fd_close(&fd);
    asap_deinit(&asap);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asap_setup, asap_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(made_at_first_need_and_one_for_all), TEST(comes_closed_when_signalled_before),
        TEST(clients_learn_both_koids),           TEST(clients_cannot_send),
        TEST(forked_child_delays_nothing),        TEST(descriptors_used_up_and_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
