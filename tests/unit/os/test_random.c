#include "os/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 16 };

static void calls_differ(void **state)
{
    (void)state;
    unsigned char last[SIZE] = {0};
    for (int i = 0; i < 100; i++) { /* more than are fetched at once */
        unsigned char bytes[SIZE];
        assert_true(random_fill(bytes, SIZE));
        assert_memory_not_equal(bytes, last, SIZE);
        memcpy(last, bytes, SIZE);
    }
}

static void a_child_does_not_repeat_its_parent(void **state)
{
    (void)state;
    unsigned char bytes[SIZE];
    unsigned char of_child[SIZE] = {0};
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    assert_true(random_fill(bytes, SIZE)); /* now some are fetched ahead */
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bool sent = random_fill(bytes, SIZE) && write(pipe_fds[1], bytes, SIZE) == SIZE;
        _exit(sent ? 0 : 1);
    }
    assert_int_equal(read(pipe_fds[0], of_child, SIZE), SIZE);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(random_fill(bytes, SIZE));
    assert_memory_not_equal(bytes, of_child, SIZE);
    assert_int_equal(close(pipe_fds[0]), 0);
    assert_int_equal(close(pipe_fds[1]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_differ),
        cmocka_unit_test(a_child_does_not_repeat_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
