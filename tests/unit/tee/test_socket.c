#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "tee/socket.h"

static char directory[] = "/tmp/sysmem-tee-XXXXXX";
static char path[64];
static struct socket_devices devices;
static struct hardware *hardware;

static int setup(void **state)
{
    static const struct hardware_config config = {
        .properties = {true, 65536, 3, true},
        .fixed = {{"F", {0x10000, 0x10000}}  },
        .fixed_count = 1,
    };
    (void)state;
    memcpy(strrchr(directory, '-') + 1, "XXXXXX", sizeof("XXXXXX"));
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof(path), "%s/device", directory);
    hardware = hardware_new(&config);
    assert_int_equal(socket_devices_init(&devices, path), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    socket_devices_deinit(&devices);
    hardware_free(hardware);
    assert_int_equal(rmdir(directory), 0); /* the socket is gone */
    return 0;
}

/* Asks twice, and says that it is done by closing the pipe. */
static void *ask(void *arg)
{
    int *end = arg;
    struct strbuf answer = {0};
    assert_int_equal(socket_ask(path, "write secure 0x10000 abcd", &answer), 0);
    assert_int_equal(socket_ask(path, "read secure 0x10000 2", &answer), 0);
    assert_string_equal(strbuf_text(&answer), "okok abcd");
    strbuf_deinit(&answer);
    (void)close(*end);
    return NULL;
}

static void a_device_is_answered(void **state)
{
    (void)state;
    pthread_t thread;
    int ends[2];
    struct pollfd polls[2 + SOCKET_MAX_DEVICES];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pthread_create(&thread, NULL, ask, &ends[1]), 0);
    do {
        memcpy(polls + 1, devices.polls, devices.count * sizeof(polls[0]));
        polls[0] = (struct pollfd){.fd = ends[0], .events = POLLIN};
        (void)poll(polls, 1 + devices.count, -1);
        memcpy(devices.polls, polls + 1, devices.count * sizeof(polls[0]));
        socket_devices_serve(&devices, hardware);
    } while (polls[0].revents == 0);
    (void)pthread_join(thread, NULL);
    (void)close(ends[0]);
}

/* poll() may have told of what is over by now. */
static void what_is_not_ready_is_not_waited_for(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    devices.polls[0].revents = POLLIN;
    socket_devices_serve(&devices, hardware);
    assert_int_equal(devices.count, 2);
    devices.polls[0].revents = POLLIN;
    devices.polls[1].revents = POLLIN;
    socket_devices_serve(&devices, hardware); /* nobody connects, and nothing was asked */
    assert_int_equal(devices.count, 2);
    (void)close(fd);
    devices.polls[0].revents = 0;
    socket_devices_serve(&devices, hardware);
    assert_int_equal(devices.count, 1);
}

static void a_place_that_is_taken_is_refused(void **state)
{
    (void)state;
    struct socket_devices second;
    struct strbuf answer = {0};
    char absent[80];
    assert_int_equal(socket_devices_init(&second, path), -EADDRINUSE);
    (void)snprintf(absent, sizeof(absent), "%s/absent", directory);
    assert_int_equal(socket_ask(absent, "ranges", &answer), -ENOENT);
    strbuf_deinit(&answer);
}

/* What a driver that was killed leaves behind. */
static void a_stale_socket_is_replaced(void **state)
{
    (void)state;
    struct socket_devices second;
    (void)close(devices.polls[0].fd); /* without a word, as the kernel does */
    devices.count = 0;
    assert_int_equal(socket_devices_init(&second, path), 0);
    socket_devices_deinit(&second);
}

/* Only a socket makes way. */
static void a_file_is_not_removed(void **state)
{
    (void)state;
    struct socket_devices second;
    char file[80];
    (void)snprintf(file, sizeof(file), "%s/file", directory);
    FILE *made = fopen(file, "w");
    assert_non_null(made);
    (void)fclose(made);
    assert_int_equal(socket_devices_init(&second, file), -EADDRINUSE);
    assert_int_equal(unlink(file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_device_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_ready_is_not_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_place_that_is_taken_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stale_socket_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_is_not_removed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
