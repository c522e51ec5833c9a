/* The support library itself, against a small stand-in for the daemon (fake_daemon.c). */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/daemon.h"

static int start(struct daemon *daemon, const char *mode)
{
    const char *const args[] = {mode, NULL};
    return daemon_start(daemon, &(struct daemon_options){.program = FAKE_DAEMON, .args = args});
}

static void starts_serves_and_stops(void **state)
{
    (void)state;
    int before = own_descriptor_count();
    struct daemon daemon;
    assert_int_equal(start(&daemon, "serve"), 0);
    int idle = daemon_descriptor_count(&daemon);
    assert_true(idle >= 4); /* input, output, error, the listening socket */

    int fd = daemon_connect(&daemon);
    assert_true(fd >= 0);
    assert_true(daemon_log_wait_for(&daemon, "taken 2", 0) > 0);
    assert_int_equal(daemon_descriptor_count(&daemon), idle + 1);
    close(fd);
    assert_int_equal(daemon_descriptor_settle(&daemon, idle), idle);

    assert_true(daemon_stop(&daemon));
    assert_true(access(daemon.socket, F_OK) != 0 && errno == ENOENT);
    assert_int_equal(own_descriptor_count(), before);
}

static void a_log_line_is_found_behind_an_offset(void **state)
{
    (void)state;
    struct daemon daemon;
    assert_int_equal(start(&daemon, "serve"), 0);
    ssize_t first = daemon_log_wait_for(&daemon, "taken", 0);
    assert_true(first > 0);
    int fd = daemon_connect(&daemon);
    ssize_t second = daemon_log_wait_for(&daemon, "taken", (size_t)first);
    assert_true(second > first);
    assert_false(daemon_log_contains(&daemon, "taken 3"));
    close(fd);
    assert_true(daemon_stop(&daemon));
}

static void the_config_reaches_the_daemon(void **state)
{
    (void)state;
    const char *const args[] = {"print-config", NULL};
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, &(struct daemon_options){.program = FAKE_DAEMON,
                                                                    .args = args,
                                                                    .config = "{\"a\": 1}"}),
                     0);
    assert_true(daemon_log_contains(&daemon, "{\"a\": 1}"));
    assert_true(daemon_stop(&daemon));
}

static void one_that_never_serves_is_an_error(void **state)
{
    (void)state;
    int before = own_descriptor_count();
    struct daemon daemon;
    assert_int_equal(start(&daemon, "refuse"), -ESRCH);
    assert_int_equal(own_descriptor_count(), before);
    assert_true(daemon_stop(&daemon)); /* nothing to stop */
}

static void one_that_exits_badly_is_reported(void **state)
{
    (void)state;
    struct daemon daemon;
    assert_int_equal(start(&daemon, "exit-3"), 0);
    assert_false(daemon_stop(&daemon));
    assert_true(daemon_stop(&daemon)); /* once is enough */
}

static void one_that_is_killed_leaves_its_socket(void **state)
{
    (void)state;
    struct daemon daemon;
    assert_int_equal(start(&daemon, "serve"), 0);
    daemon_kill(&daemon);
    assert_int_equal(access(daemon.socket, F_OK), 0);
    assert_int_equal(daemon_connect(&daemon), -ECONNREFUSED);
    assert_int_equal(daemon_log_wait_for(&daemon, "never written", 0), -ESRCH);
    assert_true(daemon_stop(&daemon));
    assert_true(access(daemon.log, F_OK) != 0);
}

/* A process that starts a daemon and dies at once must not leave it behind. */
static void it_dies_with_its_test(void **state)
{
    (void)state;
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        struct daemon daemon;
        close(pipes[0]);
        if (start(&daemon, "hold-output") == 0) {
            (void)!write(pipes[1], &daemon, sizeof(daemon));
        }
        raise(SIGKILL);
    }
    close(pipes[1]);
    struct daemon daemon;
    assert_int_equal(read(pipes[0], &daemon, sizeof(daemon)), sizeof(daemon));
    /* The daemon inherited the pipe: end of file says that it is gone too. */
    char byte;
    assert_int_equal(read(pipes[0], &byte, 1), 0);
    close(pipes[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    daemon.pid = 0; /* the child's, as its descriptors were */
    daemon.pidfd = -1;
    daemon.events = -1;
    assert_true(daemon_stop(&daemon));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_serves_and_stops),
        cmocka_unit_test(a_log_line_is_found_behind_an_offset),
        cmocka_unit_test(the_config_reaches_the_daemon),
        cmocka_unit_test(one_that_never_serves_is_an_error),
        cmocka_unit_test(one_that_exits_badly_is_reported),
        cmocka_unit_test(one_that_is_killed_leaves_its_socket),
        cmocka_unit_test(it_dies_with_its_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
