#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../support/huge_pages.h"
#include "base/fd.h"
#include "os/hugetlb.h"
#include "os/memfile.h"
#include "os/slot_lock.h"

#define PAGE HUGE_PAGE_BYTES

static int make(uint64_t pages, int *ret_fd)
{
    return memfile_new_huge(MEMFILE_NO_DIR, "test", pages * PAGE, PAGE, ret_fd);
}

static void the_pool_is_what_the_system_says(void **state)
{
    (void)state;
    static struct huge_pages pages;
    huge_pages_begin(&pages);
    struct hugetlb_pool pool = {77, 77};
    assert_int_equal(hugetlb_look(PAGE, &pool), 0);
    assert_int_equal(pool.pages + pool.available, 0);
    assert_false(hugetlb_is_there(PAGE));
    assert_true(huge_pages_set(3));
    assert_true(hugetlb_is_there(PAGE));
    FD_CLEANUP int fd = -1;
    assert_int_equal(make(2, &fd), 0);
    assert_int_equal(hugetlb_look(PAGE, &pool), 0);
    assert_int_equal(pool.pages, 3);
    assert_int_equal(pool.available, 1);
    fd_close(&fd);
    huge_pages_end(&pages);
}

static void sizes_are_known_and_others_are_not(void **state)
{
    (void)state;
    uint64_t sizes[8];
    size_t count = hugetlb_sizes(sizes, 8);
    struct hugetlb_pool pool = {77, 77};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(hugetlb_look(sizes[i], &pool), 0);
        assert_true(i == 0 || sizes[i - 1] < sizes[i]);
    }
    assert_int_equal(hugetlb_sizes(sizes, 0), 0);
    assert_int_equal(hugetlb_look(12288, &pool), -ENOENT);
    assert_false(hugetlb_is_there(12288));
}

static void a_file_is_committed_private_and_sealed(void **state)
{
    (void)state;
    static struct huge_pages pages;
    huge_pages_begin(&pages);
    assert_true(huge_pages_set(3));
    FD_CLEANUP int fd = -1;
    assert_int_equal(make(2, &fd), 0);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 2 * PAGE);
    assert_int_equal(st.st_blocks * 512, 2 * PAGE);
    assert_int_equal(st.st_blksize, PAGE);
    assert_int_equal(st.st_mode & 0777, 0600);
    int fixed = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    assert_int_equal(fcntl(fd, F_GET_SEALS) & fixed, fixed);
    assert_int_equal(ftruncate(fd, PAGE), -1);
    assert_int_equal(errno, EPERM);
    volatile unsigned char *mapped = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(mapped != MAP_FAILED);
    for (size_t i = 0; i < 2 * PAGE; i += 4096) {
        assert_int_equal(mapped[i], 0);
    }
    assert_int_equal(munmap((void *)mapped, 2 * PAGE), 0);
    fd_close(&fd);
    huge_pages_end(&pages);
}

/* Reopening, slot locks and the lease work as they do on other memory files. */
static void holders_are_tracked(void **state)
{
    (void)state;
    static struct huge_pages pages;
    huge_pages_begin(&pages);
    assert_true(huge_pages_set(1));
    FD_CLEANUP int fd = -1;
    FD_CLEANUP int reader = -1;
    assert_int_equal(make(1, &fd), 0);
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, fd, MEMFILE_READ_ONLY, &reader), 0);
    assert_true(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, reader, 0) == MAP_FAILED);
    assert_int_equal(errno, EACCES);
    struct flock lock = {.l_type = F_RDLCK, .l_start = 5, .l_len = 1};
    assert_int_equal(fcntl(reader, F_OFD_SETLK, &lock), 0);
    lock.l_type = F_WRLCK;
    assert_int_equal(fcntl(fd, F_OFD_GETLK, &lock), 0);
    assert_int_equal(lock.l_type, F_RDLCK);
    void *mapped = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reader, 0);
    assert_true(mapped != MAP_FAILED);
    fd_close(&reader);
    assert_int_equal(memfile_is_alone(fd), 0); /* the mapping is left */
    assert_int_equal(munmap(mapped, PAGE), 0);
    assert_int_equal(memfile_is_alone(fd), 1);
    fd_close(&fd);
    huge_pages_end(&pages);
}

static void what_the_pool_has_not(void **state)
{
    (void)state;
    static struct huge_pages pages;
    huge_pages_begin(&pages);
    FD_CLEANUP int fd = -1;
    assert_int_equal(make(1, &fd), -ENOSPC);
    assert_true(huge_pages_set(2));
    assert_int_equal(make(3, &fd), -ENOSPC);
    assert_int_equal(huge_pages_read("free_hugepages"), 2); /* nothing is kept */
    assert_int_equal(make(UINT64_C(1) << 42, &fd), -ENOSPC);
    assert_int_equal(memfile_new_huge(MEMFILE_NO_DIR, "test", 1 << 14, 1 << 14, &fd), -ENODEV);
    assert_int_equal(fd, -1);
    huge_pages_end(&pages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pool_is_what_the_system_says),
        cmocka_unit_test(sizes_are_known_and_others_are_not),
        cmocka_unit_test(a_file_is_committed_private_and_sealed),
        cmocka_unit_test(holders_are_tracked),
        cmocka_unit_test(what_the_pool_has_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
