/* Where the daemon is looked for, and what connecting says when it is not there. */
#include "fake_server.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <sysmem/allocator.h>

static void the_environment_names_the_socket(void **state)
{
    (void)state;
    char buf[108];
    assert_int_equal(setenv("SYSMEM_SOCKET", "/some/where", 1), 0);
    assert_string_equal(sysmem_default_socket_path(buf, sizeof(buf)), "/some/where");
    assert_null(sysmem_default_socket_path(buf, 10));
    assert_int_equal(unsetenv("SYSMEM_SOCKET"), 0);
}

struct place {
    char dir[64];
    struct sockaddr_un address;
};

static int make_place(void **state)
{
    static struct place place;
    (void)snprintf(place.dir, sizeof(place.dir), "/tmp/sysmem-test-XXXXXX");
    assert_non_null(mkdtemp(place.dir));
    place.address.sun_family = AF_UNIX;
    (void)snprintf(place.address.sun_path, sizeof(place.address.sun_path), "%s/socket", place.dir);
    *state = &place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    (void)unlink(place->address.sun_path);
    return rmdir(place->dir);
}

static int bind_socket(struct place *place, int type)
{
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&place->address, sizeof(place->address)), 0);
    return fd;
}

static void connecting_finds_a_listener(void **state)
{
    struct place *place = *state;
    int listener = bind_socket(place, SOCK_SEQPACKET);
    assert_int_equal(listen(listener, 1), 0);
    struct sysmem_allocator *allocator;
    assert_int_equal(sysmem_allocator_connect(place->address.sun_path, &allocator), 0);
    sysmem_allocator_free(allocator);
    assert_int_equal(setenv("SYSMEM_SOCKET", place->address.sun_path, 1), 0);
    assert_int_equal(sysmem_allocator_connect(NULL, &allocator), 0);
    assert_int_equal(unsetenv("SYSMEM_SOCKET"), 0);
    int fd = sysmem_allocator_into_fd(allocator);
    assert_true(fcntl(fd, F_GETFD) >= 0);
    close(fd);
    close(listener);
}

static void connecting_says_why_not(void **state)
{
    struct place *place = *state;
    const char *path = place->address.sun_path;
    size_t before = count_open();
    struct sysmem_allocator *allocator;
    assert_int_equal(sysmem_allocator_connect(path, &allocator), ZX_ERR_NOT_FOUND);
    close(bind_socket(place, SOCK_SEQPACKET));
    assert_int_equal(sysmem_allocator_connect(path, &allocator), ZX_ERR_PEER_CLOSED);
    assert_int_equal(unlink(path), 0);
    int stream = bind_socket(place, SOCK_STREAM);
    assert_int_equal(listen(stream, 1), 0);
    assert_int_equal(sysmem_allocator_connect(path, &allocator), ZX_ERR_PEER_CLOSED);
    close(stream);
    char below[128];
    (void)snprintf(below, sizeof(below), "%s/below", path); /* the socket is no directory */
    assert_int_equal(sysmem_allocator_connect(below, &allocator), ZX_ERR_NOT_FOUND);
    char long_path[200];
    memset(long_path, 'x', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    assert_int_equal(sysmem_allocator_connect(long_path, &allocator), ZX_ERR_INVALID_ARGS);
    assert_int_equal(sysmem_allocator_connect("", &allocator), ZX_ERR_INVALID_ARGS);
    assert_open(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_names_the_socket),
        cmocka_unit_test_setup_teardown(connecting_finds_a_listener, make_place, remove_place),
        cmocka_unit_test_setup_teardown(connecting_says_why_not, make_place, remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
