#include "zx_test.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "zx/watcher.h"

struct listener {
    int fd;
    sem_t heard;
    atomic_char byte; /* what came */
};

static void take_urgent_byte(void *arg)
{
    struct listener *listener = arg;
    char byte = 0;
    assert_int_equal(recv(listener->fd, &byte, 1, MSG_OOB), 1);
    atomic_store(&listener->byte, byte);
    assert_int_equal(sem_post(&listener->heard), 0);
}

/* An out-of-band byte polls as POLLPRI, as memory pressure does. */
static void it_calls_for_each_report(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    struct listener listener = {.fd = ends[0]};
    assert_int_equal(sem_init(&listener.heard, 0, 0), 0);
    const struct pollfd items[WATCHER_ITEMS] = {
        {.fd = -1          },
        { .fd = ends[0], .events = POLLPRI}
    };
    struct watcher watcher;
    assert_int_equal(watcher_start(&watcher, items, take_urgent_byte, &listener), 0);
    for (int i = 0; i < 4; i++) {
        const char c = "abcd"[i];
        assert_int_equal(send(ends[1], &c, 1, MSG_OOB), 1);
        assert_int_equal(sem_wait(&listener.heard), 0);
        assert_int_equal(atomic_load(&listener.byte), c);
    }
    watcher_stop(&watcher);
    assert_int_equal(sem_destroy(&listener.heard), 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void never(void *arg)
{
    (void)arg;
    fail();
}

static void it_starts_and_stops_without_a_report(void **state)
{
    (void)state;
    int fd = eventfd(0, EFD_CLOEXEC);
    assert_true(fd >= 0);
    for (int i = 0; i < 100; i++) {
        const struct pollfd items[WATCHER_ITEMS] = {
            {.fd = fd, .events = POLLIN},
            {.fd = fd, .events = POLLIN}
        };
        struct watcher watcher;
        assert_int_equal(watcher_start(&watcher, items, never, NULL), 0);
        watcher_stop(&watcher);
    }
    (void)close(fd);
}

/* A descriptor whose other end is gone would poll for ever; the other one is heard all the same. */
static void one_that_hangs_up_is_left_out(void **state)
{
    (void)state;
    int ends[2];
    int gone[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gone), 0);
    assert_int_equal(close(gone[1]), 0);
    struct listener listener = {.fd = ends[0]};
    assert_int_equal(sem_init(&listener.heard, 0, 0), 0);
    const struct pollfd items[WATCHER_ITEMS] = {
        {.fd = gone[0], .events = POLLIN },
        {.fd = ends[0], .events = POLLPRI}
    };
    struct watcher watcher;
    assert_int_equal(watcher_start(&watcher, items, take_urgent_byte, &listener), 0);
    for (int i = 0; i < 4; i++) { /* called for the first one, it would wait in vain for a byte */
        assert_int_equal(send(ends[1], "x", 1, MSG_OOB), 1);
        assert_int_equal(sem_wait(&listener.heard), 0);
    }
    watcher_stop(&watcher);
    assert_int_equal(sem_destroy(&listener.heard), 0);
    (void)close(gone[0]);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_calls_for_each_report),
        cmocka_unit_test(one_that_hangs_up_is_left_out),
        cmocka_unit_test(it_starts_and_stops_without_a_report),
    };
    return RUN_ZX_TESTS(tests);
}
