/* Two streams that are each other's peers, for a test that may leave no descriptor open. */
#ifndef UNIT_WIRE_STREAM_PAIR_H
#define UNIT_WIRE_STREAM_PAIR_H

#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "wire/stream.h"

#define LIMIT ((size_t)4 << 20)

struct pair {
    struct stream a;
    struct stream b;
    size_t open_before;
};

static inline size_t count_open(void)
{
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    size_t count = 0;
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count;
}

static inline int setup(void **state)
{
    static struct pair pair;
    pair.open_before = count_open();
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    stream_init(&pair.a, fds[0], LIMIT);
    stream_init(&pair.b, fds[1], LIMIT);
    *state = &pair;
    return 0;
}

static inline int teardown(void **state)
{
    struct pair *pair = *state;
    stream_deinit(&pair->a);
    stream_deinit(&pair->b);
    assert_int_equal(count_open(), pair->open_before);
    return 0;
}

/* Receives until there is a message, flushing the sender meanwhile. */
static inline void receive_one(struct pair *pair, struct message *ret)
{
    int result = stream_receive(&pair->b, ret);
    while (result == 0) {
        assert_int_equal(stream_flush(&pair->a), 0);
        struct pollfd ready = {.fd = pair->b.fd, .events = POLLIN};
        assert_int_equal(poll(&ready, 1, 10000), 1);
        result = stream_receive(&pair->b, ret);
    }
    assert_int_equal(result, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
