#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../support/huge_pages.h"
#include "base/fd.h"
#include "os/memfile.h"
#include "os/memory_clear.h"

#define BYTES 65536

static int64_t committed_bytes(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return st.st_blocks * 512;
}

/* Whoever has the file mapped sees it, and bytes beside the range stay. */
static void a_range_reads_as_zeros(void **state)
{
    (void)state;
    FD_CLEANUP int fd = -1;
    assert_int_equal(memfile_new(MEMFILE_NO_DIR, "test", BYTES, true, &fd), 0);
    unsigned char *mapped = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(mapped != MAP_FAILED);
    memset(mapped, 0xa5, BYTES);
    enum { FROM = 5000, SIZE = 20001 };
    assert_int_equal(memory_clear(fd, FROM, SIZE), 0);
    for (size_t i = 0; i < BYTES; i++) {
        assert_int_equal(mapped[i], i >= FROM && i < FROM + SIZE ? 0 : 0xa5);
    }
    assert_int_equal(committed_bytes(fd), BYTES);
    assert_int_equal(memory_clear(fd, 0, 0), 0);
    assert_int_equal(mapped[0], 0xa5);
    assert_int_equal(munmap(mapped, BYTES), 0);
}

static void what_had_no_pages_has_them(void **state)
{
    (void)state;
    FD_CLEANUP int fd = -1;
    assert_int_equal(memfile_new(MEMFILE_NO_DIR, "test", BYTES, false, &fd), 0);
    assert_int_equal(committed_bytes(fd), 0);
    assert_int_equal(memory_clear(fd, 0, BYTES), 0);
    assert_int_equal(committed_bytes(fd), BYTES);
}

static void huge_pages_are_cleared(void **state)
{
    (void)state;
    static struct huge_pages pages;
    huge_pages_begin(&pages);
    assert_true(huge_pages_set(1));
    FD_CLEANUP int fd = -1;
    uint64_t size = HUGE_PAGE_BYTES;
    assert_int_equal(memfile_new_huge(MEMFILE_NO_DIR, "test", size, size, &fd), 0);
    unsigned char *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(mapped != MAP_FAILED);
    memset(mapped, 0xa5, size);
    assert_int_equal(memory_clear(fd, 0, size), 0);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(mapped[i], 0);
    }
    assert_int_equal(munmap(mapped, size), 0);
    fd_close(&fd);
    huge_pages_end(&pages);
}

static void what_cannot_be_cleared(void **state)
{
    (void)state;
    FD_CLEANUP int fd = -1;
    FD_CLEANUP int reader = -1;
    int pair[2];
    assert_int_equal(memfile_new(MEMFILE_NO_DIR, "test", BYTES, true, &fd), 0);
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, fd, MEMFILE_READ_ONLY, &reader), 0);
    assert_int_equal(memory_clear(reader, 0, BYTES), -EBADF);
    FD_CLEANUP int sealed = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(ftruncate(sealed, BYTES), 0);
    assert_int_equal(fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE), 0);
    assert_int_equal(memory_clear(sealed, 0, BYTES), -EPERM);
    assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
    assert_int_equal(memory_clear(pair[1], 0, BYTES), -EOPNOTSUPP);
    assert_int_equal(close(pair[0]) + close(pair[1]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_reads_as_zeros),
        cmocka_unit_test(what_had_no_pages_has_them),
        cmocka_unit_test(huge_pages_are_cleared),
        cmocka_unit_test(what_cannot_be_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
