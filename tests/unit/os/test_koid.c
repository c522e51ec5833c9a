#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/koid.h"

#define PER_THREAD ((size_t)5000)

static void *take_many(void *arg)
{
    uint64_t *koids = arg;
    for (size_t i = 0; i < PER_THREAD; i++) {
        koids[i] = koid_new();
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void threads_never_get_the_same_number(void **state)
{
    (void)state;
    static uint64_t koids[4][PER_THREAD];
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, koids[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    uint64_t *all = koids[0];
    qsort(all, 4 * PER_THREAD, sizeof(*all), compare);
    for (size_t i = 1; i < 4 * PER_THREAD; i++) {
        assert_true(all[i - 1] < all[i]);
    }
}

static void lies_apart_from_socket_cookies(void **state)
{
    (void)state;
    uint64_t koid = koid_new();
    assert_int_equal(koid >> 62, 1);
}

static void forked_child_draws_its_own_bits(void **state)
{
    (void)state;
    (void)koid_new();
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        uint64_t koid = koid_new();
        _exit(write(pipe_ends[1], &koid, sizeof(koid)) == (ssize_t)sizeof(koid) ? 0 : 1);
    }
    uint64_t theirs;
    assert_int_equal(read(pipe_ends[0], &theirs, sizeof(theirs)), sizeof(theirs));
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_not_equal(theirs >> 24, koid_new() >> 24);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_never_get_the_same_number),
        cmocka_unit_test(lies_apart_from_socket_cookies),
        cmocka_unit_test(forked_child_draws_its_own_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
