/* What people are told when there is no way to the daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zircon/errors.h>

#include "base/fd.h"
#include "cli/daemon.h"

#define NOBODY 65534

struct place {
    char directory[32];
    char path[64];
};

static int make_place(void **state)
{
    static struct place place;
    (void)snprintf(place.directory, sizeof(place.directory), "/tmp/sysmem-unit-XXXXXX");
    assert_non_null(mkdtemp(place.directory));
    assert_int_equal(chmod(place.directory, 0755), 0);
    (void)snprintf(place.path, sizeof(place.path), "%s/s", place.directory);
    *state = &place;
    return 0;
}

static int remove_place(void **state)
{
    const struct place *place = *state;
    (void)unlink(place->path);
    return rmdir(place->directory);
}

/* A socket that is bound there, for its group alone. */
static int bind_socket(const struct place *place)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, place->path, sizeof(place->path));
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(chmod(place->path, 0660), 0);
    return fd;
}

static void assert_reason(const char *path, sysmem_status_t status, const char *wanted)
{
    struct strbuf reason = {0};
    int fd = -1;
    assert_int_equal(daemon_connect(path, &fd, &reason), status);
    assert_int_equal(fd, -1);
    assert_string_equal(strbuf_text(&reason), wanted);
    strbuf_deinit(&reason);
}

static void nothing_is_there(void **state)
{
    const struct place *place = *state;
    char wanted[256];
    (void)snprintf(wanted, sizeof(wanted),
                   "there is no socket at %s: start the daemon with 'sysmemd --socket %s'",
                   place->path, place->path);
    assert_reason(place->path, ZX_ERR_NOT_FOUND, wanted);
    assert_int_equal(setenv("SYSMEM_SOCKET", place->path, 1), 0);
    assert_reason(NULL, ZX_ERR_NOT_FOUND, wanted);
    assert_int_equal(unsetenv("SYSMEM_SOCKET"), 0);
}

static void nobody_listens(void **state)
{
    const struct place *place = *state;
    char wanted[256];
    int fd = bind_socket(place);
    fd_close(&fd);
    (void)snprintf(wanted, sizeof(wanted),
                   "nobody listens at %s: the daemon has ended; start it again with "
                   "'sysmemd --socket %s'",
                   place->path, place->path);
    assert_reason(place->path, ZX_ERR_PEER_CLOSED, wanted);
}

static void paths_that_cannot_be(void **state)
{
    (void)state;
    assert_reason("", ZX_ERR_INVALID_ARGS, "cannot connect to : ZX_ERR_INVALID_ARGS");
    static char endless[5000];
    memset(endless, 'x', sizeof(endless) - 1);
    assert_int_equal(setenv("SYSMEM_SOCKET", endless, 1), 0);
    assert_reason(NULL, ZX_ERR_INVALID_ARGS, "the path in SYSMEM_SOCKET is too long");
    assert_int_equal(unsetenv("SYSMEM_SOCKET"), 0);
}

/* Connects as a user who is nobody, in a child; its reason, or "connected". */
static void ask_as_nobody(const char *path, char *ret_reason, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct strbuf reason = {0};
        int fd = -1;
        bool became = setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
        sysmem_status_t status = daemon_connect(path, &fd, &reason);
        const char *text = !became                          ? "still somebody"
                           : status == 0                    ? "connected"
                           : status != ZX_ERR_ACCESS_DENIED ? "another status"
                                                            : strbuf_text(&reason);
        bool wrote = write(ends[1], text, strlen(text)) == (ssize_t)strlen(text);
        strbuf_deinit(&reason);
        exit(wrote ? 0 : 1);
    }
    fd_close(&ends[1]);
    ssize_t len = read(ends[0], ret_reason, size - 1);
    assert_true(len >= 0);
    ret_reason[len] = '\0';
    fd_close(&ends[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void needs_root(void)
{
    if (getuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
}

static void a_socket_that_is_closed_to_me(void **state)
{
    needs_root();
    const struct place *place = *state;
    char reason[512];
    char wanted[512];
    int fd = bind_socket(place);
    assert_int_equal(listen(fd, 1), 0);
    ask_as_nobody(place->path, reason, sizeof(reason));
    (void)snprintf(wanted, sizeof(wanted),
                   "you may not use the socket %s; it has mode 0660 and owner 0, and is open to "
                   "members of group 'root'",
                   place->path);
    assert_string_equal(reason, wanted);
    assert_int_equal(chown(place->path, 0, 54321), 0); /* a group without a name */
    ask_as_nobody(place->path, reason, sizeof(reason));
    assert_non_null(strstr(reason, "members of group 54321"));
    fd_close(&fd);
}

static void a_directory_that_is_closed_to_me(void **state)
{
    needs_root();
    const struct place *place = *state;
    char reason[512];
    int fd = bind_socket(place);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(chmod(place->directory, 0700), 0);
    ask_as_nobody(place->path, reason, sizeof(reason));
    assert_non_null(strstr(reason, "; some directory on the way to it is closed to you"));
    fd_close(&fd);
}

/* What a call prints on standard error. */
static void assert_says(bool (*call)(void *arg), void *arg, const char *wanted)
{
    char said[256] = "";
    int before = dup(STDERR_FILENO);
    FILE *file = tmpfile();
    assert_true(before >= 0 && file != NULL);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    bool succeeded = call(arg);
    (void)fflush(stderr);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    (void)close(before);
    rewind(file);
    (void)fread(said, 1, sizeof(said) - 1, file);
    (void)fclose(file);
    assert_false(succeeded);
    assert_string_equal(said, wanted);
}

static bool ask_for_heaps(void *arg)
{
    struct channel_reply reply;
    return daemon_ask(arg, "GetHeaps", NULL, &reply);
}

static void a_daemon_that_closes_instead_of_answering(void **state)
{
    (void)state;
    int ends[2];
    struct channel *debug = NULL;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(channel_new(ends[0], MODEL_PROTOCOL_DEBUG, &debug), 0);
    fd_close(&ends[1]);
    assert_says(ask_for_heaps, debug,
                "sysmemctl: GetHeaps: the daemon closed the connection: it is ending, or does not "
                "show this to you\n");
    channel_free(debug);
}

static bool open_nothing(void *arg)
{
    struct channel *debug = NULL;
    return daemon_open_debug(arg, &debug);
}

static void no_daemon_to_open_debug_of(void **state)
{
    struct place *place = *state;
    char wanted[256];
    (void)snprintf(wanted, sizeof(wanted),
                   "sysmemctl: there is no socket at %s: start the daemon with 'sysmemd --socket "
                   "%s'\n",
                   place->path, place->path);
    assert_says(open_nothing, place->path, wanted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_there),
        TEST(nobody_listens),
        TEST(paths_that_cannot_be),
        TEST(a_socket_that_is_closed_to_me),
        TEST(a_directory_that_is_closed_to_me),
        TEST(a_daemon_that_closes_instead_of_answering),
        TEST(no_daemon_to_open_debug_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
