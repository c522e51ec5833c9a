#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "heap/clear.h"
#include "os/memfile.h"
#include "thread_executor.h"

#define BYTES 65536

static unsigned answers;

static void on_done(struct heap_clear *clear)
{
    (void)clear;
    answers++;
}

static void a_buffer_is_zeroed_away_from_the_loop(void **state)
{
    (void)state;
    struct thread_executor threads = THREAD_EXECUTOR;
    char bytes[BYTES];
    FD_CLEANUP int fd = -1;
    assert_int_equal(memfile_new(MEMFILE_NO_DIR, "test", BYTES, true, &fd), 0);
    memset(bytes, 0xa5, sizeof(bytes));
    assert_int_equal(pwrite(fd, bytes, BYTES, 0), BYTES);
    struct heap_clear clear = {.fd = fd, .size_bytes = BYTES, .done = on_done};
    answers = 0;
    heap_clear(&clear, &threads.executor);
    assert_int_equal(pread(fd, bytes, 1, 0), 1);
    assert_int_equal((unsigned char)bytes[0], 0xa5); /* nothing happens on this thread */
    assert_int_equal(answers, 0);
    thread_executor_finish(&threads);
    assert_int_equal(answers, 1);
    assert_int_equal(clear.status, 0);
    assert_int_equal(pread(fd, bytes, BYTES, 0), BYTES);
    for (size_t i = 0; i < BYTES; i++) {
        assert_int_equal(bytes[i], 0);
    }
}

static void a_refusal_is_told(void **state)
{
    (void)state;
    struct thread_executor threads = THREAD_EXECUTOR;
    FD_CLEANUP int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct heap_clear clear = {.fd = fd, .size_bytes = BYTES, .done = on_done};
    answers = 0;
    heap_clear(&clear, &threads.executor);
    thread_executor_finish(&threads);
    assert_int_equal(answers, 1);
    assert_int_equal(clear.status, -EOPNOTSUPP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_is_zeroed_away_from_the_loop),
        cmocka_unit_test(a_refusal_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
