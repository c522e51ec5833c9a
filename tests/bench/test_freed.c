/* The watch on freed memory: it reports when nothing refers to a file any more, and not before. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "freed.h"

static int make_file(void)
{
    int fd = memfd_create("freed", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 4096), 0);
    return fd;
}

/* Whether a queue has something to tell. */
static int has_report(int queue)
{
    return poll(&(struct pollfd){.fd = queue, .events = POLLIN}, 1, 0);
}

static void a_mapping_keeps_the_memory(void **state)
{
    (void)state;
    struct freed freed;
    assert_int_equal(freed_init(&freed), 0);
    int fd = make_file();
    void *bytes = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(bytes, MAP_FAILED);
    assert_int_equal(freed_watch(&freed, fd, true), 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(has_report(freed.last), 0);
    assert_int_equal(munmap(bytes, 4096), 0);
    assert_int_equal(has_report(freed.last), 1);
    assert_int_equal(freed_wait(&freed), 0);
    freed_deinit(&freed);
}

static void all_files_are_waited_for(void **state)
{
    (void)state;
    struct freed freed;
    int fds[5];
    assert_int_equal(freed_init(&freed), 0);
    for (int i = 0; i < 5; i++) {
        fds[i] = make_file();
        assert_int_equal(freed_watch(&freed, fds[i], i == 4), 0);
    }
    for (int i = 4; i >= 0; i--) {
        assert_int_equal(close(fds[i]), 0);
    }
    assert_int_equal(freed_wait(&freed), 0);
    assert_int_equal(freed.early_count, 0);
    assert_int_equal(freed.last_count, 0);
    freed_deinit(&freed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mapping_keeps_the_memory),
        cmocka_unit_test(all_files_are_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
