/* Files that only identify, and that their holders gave pages. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "heap/opaque_file.h"
#include "os/memfile.h"

#define SIZE (UINT64_C(4) << 20)

static struct executor_job *submitted;

static void submit(struct executor *executor, struct executor_job *job)
{
    (void)executor;
    assert_null(submitted);
    submitted = job;
}

static struct executor executor = {submit};

/* As the daemon has it, when a handle has given it so many bytes of pages and is closed. */
static int file_with(off_t bytes)
{
    int fd = -1;
    FD_CLEANUP int handle = -1;
    assert_int_equal(memfile_new_opaque(MEMFILE_NO_DIR, "opaque", SIZE, &fd), 0);
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, fd, MEMFILE_WRITE_ONLY, &handle), 0);
    assert_int_equal(bytes == 0 ? 0 : fallocate(handle, 0, 0, bytes), 0);
    return fd;
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void what_has_no_pages_is_closed_at_once(void **state)
{
    (void)state;
    int fd = file_with(0);
    int number = fd;
    opaque_file_close(&fd, &executor);
    assert_null(submitted);
    assert_int_equal(fd, -1);
    assert_false(is_open(number));
    opaque_file_close(&fd, &executor);
    assert_null(submitted);
}

static void what_a_holder_gave_pages_is_closed_elsewhere(void **state)
{
    (void)state;
    int fd = file_with((off_t)SIZE);
    int number = fd;
    opaque_file_close(&fd, &executor);
    assert_int_equal(fd, -1);
    assert_non_null(submitted);
    assert_true(is_open(number));
    submitted->work(submitted);
    assert_false(is_open(number));
    submitted->done(submitted);
    submitted = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_no_pages_is_closed_at_once),
        cmocka_unit_test(what_a_holder_gave_pages_is_closed_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
