/* Where the daemon listens, and whom it admits. */
#include "whole_server.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char directory[64];
static char path[96];

static int make_directory(void **state)
{
    (void)state;
    log_lines_begin(LOG_LEVEL_DEBUG);
    (void)snprintf(directory, sizeof(directory), "/tmp/sysmem-unit-XXXXXX");
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof(path), "%s/s", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    (void)unlink(path);
    log_lines_end();
    return rmdir(directory);
}

/* Only the owner and the group connect, from the first moment on, whatever the umask. */
static void the_mode_is_0660(void **state)
{
    (void)state;
    const mode_t masks[] = {0, 077};
    for (size_t i = 0; i < 2; i++) {
        mode_t before = umask(masks[i]);
        int fd = listener_open(path);
        assert_int_equal(umask(before), masks[i]);
        assert_true(fd >= 0);
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_true(S_ISSOCK(st.st_mode));
        assert_int_equal(st.st_mode & 0777, 0660);
        assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
        fd_close(&fd);
    }
    assert_true(log_lines_have("replacing the socket that a former daemon left behind"));
}

static void a_live_socket_is_refused(void **state)
{
    (void)state;
    int fd = listener_open(path);
    assert_true(fd >= 0);
    assert_int_equal(listener_open(path), -EADDRINUSE);
    assert_true(log_lines_have("another daemon listens there"));
    fd_close(&fd);
}

/* Also one of another type, which connect() refuses in another way. */
static void another_services_socket_is_refused(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, sizeof(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(listener_open(path), -EADDRINUSE);
    fd_close(&fd);
}

static void a_file_is_not_removed(void **state)
{
    (void)state;
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "kept", 4), 4);
    fd_close(&fd);
    assert_int_equal(listener_open(path), -EEXIST);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 4);
}

static void places_that_cannot_be(void **state)
{
    (void)state;
    char place[256];
    (void)snprintf(place, sizeof(place), "%s/none/s", directory);
    assert_int_equal(listener_open(place), -ENOENT);
    (void)snprintf(place, sizeof(place), "%s/%0108d", directory, 0);
    assert_int_equal(listener_open(place), -ENAMETOOLONG);
    assert_true(log_lines_have("wanted a path of at most 107 bytes"));
}

static struct whole_server whole;

static void one_connection(struct config *config)
{
    config->quotas.max_connections_per_uid = 1;
}

static void one_descriptor(struct config *config)
{
    config->quotas.max_descriptors_per_uid = 1;
}

/* The one message of a connection that is not admitted. */
static void assert_refused(const char *limit)
{
    char why[128];
    (void)snprintf(why, sizeof(why), "%s: wanted 1 more, but uid %u has 1 of 1", limit,
                   (unsigned)getuid());
    struct stream client;
    struct message message;
    stream_init(&client, connect_to(&whole), SIZE_MAX);
    assert_int_equal(receive(&whole, &client, &message), 1);
    assert_int_equal(message.ordinal, ENVELOPE_REFUSED);
    assert_int_equal(message.body_len, strlen(why));
    assert_memory_equal(message.body, why, message.body_len);
    message_clear(&message);
    assert_closes(&whole, &client);
}

/* `limit` holds for the second client, and no longer when the first one is gone. */
static void check_quota(void (*adapt)(struct config *), const char *limit)
{
    struct stream first;
    struct stream next;
    whole_server_begin(&whole, adapt);
    (void)accept_client(&whole, &first);
    assert_refused(limit);
    stream_deinit(&first);
    for (int i = 0; !list_is_empty(&whole.server.bindings); i++) {
        assert_true(i < MANY_TURNS);
        turn(&whole);
    }
    (void)accept_client(&whole, &next);
    stream_deinit(&next);
    whole_server_end(&whole);
}

static void as_many_connections_as_the_quota_allows(void **state)
{
    (void)state;
    check_quota(one_connection, "max_connections_per_uid");
}

static void as_many_connections_as_descriptors_allow(void **state)
{
    (void)state;
    check_quota(one_descriptor, "max_descriptors_per_uid");
}

/* Takes all descriptors below the limit, the last one first. */
static void fill_descriptors(int *ret_fds, size_t most, size_t *ret_count)
{
    *ret_count = 0;
    for (int fd; (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) {
        assert_true(*ret_count < most);
        ret_fds[(*ret_count)++] = fd;
    }
    assert_int_equal(errno, EMFILE);
}

/* A client is not left hanging: it is accepted with the spare descriptor, and closed. */
static void without_descriptors_clients_are_turned_away(void **state)
{
    (void)state;
    struct rlimit before;
    whole_server_begin(&whole, NULL);
    int fd = connect_to(&whole);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit few = {.rlim_cur = 64, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    int fds[64];
    size_t count;
    fill_descriptors(fds, 64, &count);
    struct pollfd ready = {.fd = fd};
    for (int i = 0; poll(&ready, 1, 0) == 0; i++) {
        assert_true(i < MANY_TURNS);
        turn(&whole);
    }
    assert_true((ready.revents & POLLHUP) != 0);
    assert_true(log_lines_have("a connection is turned away"));
    while (count > 0) {
        fd_close(&fds[--count]);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    fd_close(&fd);
    struct stream client;
    (void)accept_client(&whole, &client);
    stream_deinit(&client);
    whole_server_end(&whole);
}

/* Threads may have taken the spare one meanwhile: then clients wait, and the loop does not spin. */
static void without_the_spare_descriptor_clients_wait(void **state)
{
    (void)state;
    struct rlimit before;
    whole_server_begin(&whole, NULL);
    int fd = connect_to(&whole);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit few = {.rlim_cur = 64, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    int fds[64];
    size_t count;
    fd_close(&whole.server.spare_fd);
    fill_descriptors(fds, 64, &count);
    for (int i = 0; uv_is_active((uv_handle_t *)&whole.server.listener) != 0; i++) {
        assert_true(i < MANY_TURNS);
        turn(&whole);
    }
    struct pollfd ready = {.fd = fd};
    assert_int_equal(poll(&ready, 1, 0), 0);
    assert_true(list_is_empty(&whole.server.bindings));
    while (count > 0) {
        fd_close(&fds[--count]);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    while (list_is_empty(&whole.server.bindings)) {
        (void)uv_run(&whole.server.loop, UV_RUN_ONCE); /* sleeps until the listener's timer */
    }
    fd_close(&fd);
    whole_server_end(&whole);
}

#define FILES(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES(the_mode_is_0660),
        FILES(a_live_socket_is_refused),
        FILES(another_services_socket_is_refused),
        FILES(a_file_is_not_removed),
        FILES(places_that_cannot_be),
        cmocka_unit_test(as_many_connections_as_the_quota_allows),
        cmocka_unit_test(as_many_connections_as_descriptors_allow),
        cmocka_unit_test(without_descriptors_clients_are_turned_away),
        cmocka_unit_test(without_the_spare_descriptor_clients_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
