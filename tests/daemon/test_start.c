/* Starting and ending: the socket file, the command line, the configuration, signals, socket
 * activation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "raw.h"
#include "support/daemon.h"
#include "support/participant.h"

static void the_socket_is_for_owner_and_group(void **state)
{
    (void)state;
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct stat st;
    assert_int_equal(stat(daemon.socket, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0660);
    assert_true(daemon_stop(&daemon));
    assert_int_equal(stat(daemon.socket, &st), -1);
}

static void ends_with_0_on(int number)
{
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *collection = allocated(allocator, 4, 4096, &info);
    struct sysmem_token *token = root_token(allocator);
    assert_int_equal(kill(daemon.pid, number), 0);
    int status = daemon_wait_exit(&daemon);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(sysmem_node_sync(sysmem_collection_node(collection), soon()),
                     ZX_ERR_PEER_CLOSED);
    struct stat st;
    assert_int_equal(stat(daemon.socket, &st), -1); /* nothing stale is left */
    sysmem_token_free(token);
    sysmem_collection_info_free(info);
    sysmem_collection_free(collection);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

static void sigterm_closes_everything(void **state)
{
    (void)state;
    ends_with_0_on(SIGTERM);
}

static void sigint_closes_everything(void **state)
{
    (void)state;
    ends_with_0_on(SIGINT);
}

/* Runs the daemon's program by hand until it ends; its exit status, and its output in `text`. */
static int run(const char *const *args, char *text, size_t size)
{
    int out[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        (void)dup2(out[1], STDERR_FILENO);
        (void)execv(daemon_program(), (char *const *)(uintptr_t)args);
        _exit(127);
    }
    fd_close(&out[1]);
    size_t len = 0;
    ssize_t got;
    while (len < size - 1 && (got = read(out[0], text + len, size - 1 - len)) > 0) {
        len += (size_t)got;
    }
    text[len] = '\0';
    fd_close(&out[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static char text[65536];

static void a_live_socket_is_refused(void **state)
{
    (void)state;
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    const char *const args[] = {"sysmemd", "--socket", daemon.socket, NULL};
    assert_int_equal(run(args, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "another daemon listens there"));
    sysmem_allocator_free(connect_to(&daemon)); /* the first one goes on */
    assert_true(daemon_stop(&daemon));
}

/* What systemd is told, by way of $NOTIFY_SOCKET. */
struct notify {
    int fd;
    char path[64];
};

static struct notify notify_open(void)
{
    struct notify notify = {.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(notify.path, sizeof(notify.path), "/tmp/sysmem-notify-%d", (int)getpid());
    memcpy(address.sun_path, notify.path, sizeof(notify.path));
    assert_int_equal(bind(notify.fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return notify;
}

static void notify_wait(const struct notify *notify, const char *wanted)
{
    struct pollfd ready = {.fd = notify->fd, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, DAEMON_PATIENCE_MS), 1);
    char got[64] = {0};
    assert_true(recv(notify->fd, got, sizeof(got) - 1, 0) > 0);
    assert_string_equal(got, wanted);
}

static void notify_close(struct notify *notify)
{
    fd_close(&notify->fd);
    assert_int_equal(unlink(notify->path), 0);
}

static void a_stale_socket_is_replaced(void **state)
{
    (void)state;
    struct daemon first;
    assert_int_equal(daemon_start(&first, NULL), 0);
    char path[sizeof(first.socket)];
    memcpy(path, first.socket, sizeof(path));
    daemon_kill(&first);
    struct stat before;
    assert_int_equal(stat(path, &before), 0); /* SIGKILL leaves it behind */
    struct notify notify = notify_open();
    pid_t child = fork();
    if (child == 0) {
        (void)setenv("NOTIFY_SOCKET", notify.path, 1);
        (void)execl(daemon_program(), "sysmemd", "--socket", path, (char *)NULL);
        _exit(127);
    }
    notify_wait(&notify, "READY=1");
    struct sysmem_allocator *allocator = NULL;
    assert_int_equal(sysmem_allocator_connect(path, &allocator), 0);
    sysmem_allocator_free(allocator);
    assert_int_equal(kill(child, SIGTERM), 0);
    notify_wait(&notify, "STOPPING=1");
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    notify_close(&notify);
    assert_true(daemon_stop(&first));
}

static void another_kind_of_file_is_left_alone(void **state)
{
    (void)state;
    char path[] = "/tmp/sysmem-start-XXXXXX";
    FD_CLEANUP int fd = mkstemp(path);
    assert_true(fd >= 0);
    const char *const args[] = {"sysmemd", "--socket", path, NULL};
    assert_int_equal(run(args, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "another kind of file"));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(unlink(path), 0);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char path[200];
    memset(path, 'a', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    const char *const args[] = {"sysmemd", "--socket", path, NULL};
    assert_int_equal(run(args, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "bytes"));
}

static void a_path_below_a_file_is_refused(void **state)
{
    (void)state;
    const char *const args[] = {"sysmemd", "--socket", "/etc/passwd/x", NULL};
    assert_int_equal(run(args, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "/etc/passwd/x: "));
    assert_non_null(strstr(text, strerror(ENOTDIR)));
}

/* Starts a daemon with heaps that it cannot have. */
static void assert_heaps_refused(const char *heaps, const char *why)
{
    char config[] = "/tmp/sysmem-start-XXXXXX";
    FD_CLEANUP int fd = mkstemp(config);
    assert_true(fd >= 0);
    assert_true(dprintf(fd, "{\"heaps\": [%s]}", heaps) > 0);
    char path[64];
    (void)snprintf(path, sizeof(path), "/tmp/sysmem-failed-%d", (int)getpid());
    const char *const args[] = {"sysmemd", "--socket", path, "--config", config, NULL};
    assert_int_equal(run(args, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "listening at"));
    assert_non_null(strstr(text, why));
    assert_int_equal(access(path, F_OK), -1); /* nothing stale is left */
    assert_int_equal(unlink(config), 0);
}

#define RAM     "{\"heap\": {\"heap_type\": \"fuchsia.sysmem.heap.HEAP_TYPE.SYSTEM_RAM\""
#define DOMAINS "\"coherency_domain_support\": {\"cpu_supported\": true}"

static void heaps_that_cannot_be_are_named(void **state)
{
    (void)state;
    assert_heaps_refused("{\"heap\": {\"heap_type\": \"example.OTHER\"}, " DOMAINS "}",
                         "heap example.OTHER");
    assert_heaps_refused(RAM "}, \"secure\": true, " DOMAINS "}", "cannot be secure");
    assert_heaps_refused(RAM "}, \"backend\": \"moon\", " DOMAINS "}",
                         "one of the backends system_ram, hugetlb, confidential, dma_heap, "
                         "udmabuf, got moon");
    assert_heaps_refused(RAM "}, \"page_size\": \"2MiB\", " DOMAINS "}",
                         "the backend system_ram takes no \"page_size\"");
    assert_heaps_refused(RAM "}, \"backend\": \"hugetlb\", \"commit\": \"lazy\", " DOMAINS "}",
                         "the backend hugetlb takes no \"commit\"");
    assert_heaps_refused("{\"heap\": {\"heap_type\": \"sysmem.heap.CONFIDENTIAL\"}, "
                         "\"backend\": \"confidential\", "
                         "\"coherency_domain_support\": {\"ram_supported\": true}}",
                         "its backend's memory has no RAM domain");
}

static void heaps_come_from_the_configuration(void **state)
{
    (void)state;
    struct daemon daemon;
    const struct daemon_options options = {.config = "{\"heaps\": [" RAM "}, " DOMAINS "}, " RAM
                                                     ", \"id\": 1}, " DOMAINS
                                                     ", \"aliases\": [\"example.FAST\"]}]}"};
    assert_int_equal(daemon_start(&daemon, &options), 0);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_collection *collection = bind_token(allocator, root_token(allocator));
    struct sysmem_buffer_collection_constraints wishes = cpu_constraints(1, 4096, 0);
    struct sysmem_heap heap = {0};
    SYSMEM_SET(&heap, heap_type, "example.FAST");
    SYSMEM_SET(&heap, id, 1);
    SYSMEM_SET_VECTOR(&wishes.buffer_memory_constraints, permitted_heaps, &heap, 1);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wishes), 0);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    sysmem_collection_info_free(info);
    leave(collection);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

static void the_self_test_names_each_mechanism(void **state)
{
    (void)state;
    const char *const args[] = {"sysmemd", "--self-test", NULL};
    assert_int_equal(run(args, text, sizeof(text)), 0);
    static const char *const wanted[] = {"memfd-seals", "slot-lock", "lease", "socket-name"};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        assert_non_null(strstr(text, wanted[i]));
    }
    assert_null(strstr(text, "MISSING"));
}

static void mistakes_on_the_command_line_are_named(void **state)
{
    (void)state;
    const char *const word[] = {"sysmemd", "--log-level", "loud", NULL};
    assert_int_equal(run(word, text, sizeof(text)), 2);
    assert_non_null(strstr(text, "got 'loud'"));
    const char *const argument[] = {"sysmemd", "now", NULL};
    assert_int_equal(run(argument, text, sizeof(text)), 2);
    const char *const missing[] = {"sysmemd", "--config", "/nonexistent.json", NULL};
    assert_int_equal(run(missing, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "/nonexistent.json"));
}

static void write_config(char *path, const char *contents)
{
    FD_CLEANUP int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, contents, strlen(contents)), strlen(contents));
}

#define COST(format, cost) "{\"key\": {\"pixel_format\": \"" format "\"}, \"cost\": " cost "}"

/* Files are read in order, and the log tells what each one brought. */
static void files_override_earlier_ones(void **state)
{
    (void)state;
    char first[] = "/tmp/sysmem-first-XXXXXX";
    char second[] = "/tmp/sysmem-second-XXXXXX";
    write_config(first, "{\"format_costs\": [" COST("NV12", "1") ", " COST("I420", "2") "]}");
    write_config(second, "{\"format_costs\": [" COST("NV12", "3") "]}");
    struct daemon daemon;
    const char *const args[] = {"--config", first, "--config", second, NULL};
    const struct daemon_options options = {.args = args};
    assert_int_equal(daemon_start(&daemon, &options), 0);
    char line[128];
    (void)snprintf(line, sizeof(line), "configuration %s: format_costs 2 (0 overriding)", first);
    assert_true(daemon_log_contains(&daemon, line));
    (void)snprintf(line, sizeof(line), "configuration %s: format_costs 1 (1 overriding)", second);
    assert_true(daemon_log_contains(&daemon, line));
    assert_true(daemon_stop(&daemon));
    assert_int_equal(unlink(first), 0);
    assert_int_equal(unlink(second), 0);
}

static void limits_come_from_the_configuration(void **state)
{
    (void)state;
    struct daemon daemon;
    const struct daemon_options options = {
        .config = "{\"limits\": {\"max_nodes_per_tree\": 3, \"max_connections_per_uid\": 2}}"};
    assert_int_equal(daemon_start(&daemon, &options), 0);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_token *root = root_token(allocator);
    struct sysmem_token *first = duplicate(root);
    struct sysmem_token *second = duplicate(root);
    struct sysmem_token *third = NULL;
    assert_int_equal(sysmem_token_duplicate(root, ZX_RIGHT_SAME_RIGHTS, &third), 0);
    assert_int_equal(sysmem_node_sync(sysmem_token_node(root), soon()), ZX_ERR_PEER_CLOSED);
    assert_true(daemon_log_wait_for(&daemon, "max_nodes_per_tree", 0) > 0);
    FD_CLEANUP int one = daemon_connect(&daemon);
    assert_true(one >= 0);
    FD_CLEANUP int two = daemon_connect(&daemon);
    assert_true(raw_wait_closed(two));
    assert_true(daemon_log_wait_for(&daemon, "max_connections_per_uid", 0) > 0);
    sysmem_token_free(root);
    sysmem_token_free(first);
    sysmem_token_free(second);
    sysmem_token_free(third);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

/* systemd's protocol: the listening socket is descriptor 3, and the environment says so. */
static void systemd_may_pass_the_socket(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/sysmem-activation-%d",
                   (int)getpid());
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 8), 0);
    pid_t child = fork();
    if (child == 0) {
        char pid[16];
        (void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
        (void)setenv("LISTEN_PID", pid, 1);
        (void)setenv("LISTEN_FDS", "1", 1);
        if (fd == 3) {
            (void)fcntl(fd, F_SETFD, 0);
        } else {
            (void)dup2(fd, 3);
        }
        (void)execl(daemon_program(), "sysmemd", (char *)NULL);
        _exit(127);
    }
    fd_close(&fd);
    struct sysmem_allocator *allocator = NULL;
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_allocator_connect(address.sun_path, &allocator), 0);
    struct sysmem_collection *collection = allocated(allocator, 1, 4096, &info);
    sysmem_collection_info_free(info);
    leave(collection);
    sysmem_allocator_free(allocator);
    assert_int_equal(kill(child, SIGTERM), 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(unlink(address.sun_path), 0); /* systemd's file: the daemon leaves it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_socket_is_for_owner_and_group),
        cmocka_unit_test(sigterm_closes_everything),
        cmocka_unit_test(sigint_closes_everything),
        cmocka_unit_test(a_live_socket_is_refused),
        cmocka_unit_test(a_stale_socket_is_replaced),
        cmocka_unit_test(another_kind_of_file_is_left_alone),
        cmocka_unit_test(a_path_that_is_too_long_is_refused),
        cmocka_unit_test(a_path_below_a_file_is_refused),
        cmocka_unit_test(heaps_that_cannot_be_are_named),
        cmocka_unit_test(heaps_come_from_the_configuration),
        cmocka_unit_test(the_self_test_names_each_mechanism),
        cmocka_unit_test(mistakes_on_the_command_line_are_named),
        cmocka_unit_test(files_override_earlier_ones),
        cmocka_unit_test(limits_come_from_the_configuration),
        cmocka_unit_test(systemd_may_pass_the_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
