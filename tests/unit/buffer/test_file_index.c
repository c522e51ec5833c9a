#include "fixture.h"

#include <errno.h>
#include <sys/mman.h>

#include "buffer/file_index.h"

static int memory_file(void)
{
    int fd = memfd_create("file", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    return fd;
}

static void each_file_has_its_item(void **state)
{
    (void)state;
    struct file_index index = {0};
    struct file_index_item items[64] = {0};
    int fds[64];
    for (int i = 0; i < 64; i++) {
        fds[i] = memory_file();
        assert_null(file_index_find(&index, fds[i]));
        assert_int_equal(file_index_add(&index, &items[i], fds[i]), 0);
    }
    for (int i = 0; i < 64; i++) {
        int copy = fd_dup(fds[i]);
        assert_ptr_equal(file_index_find(&index, copy), &items[i]);
        fd_close(&copy);
    }
    for (int i = 0; i < 64; i++) {
        file_index_remove(&index, &items[i]);
        file_index_remove(&index, &items[i]);
        assert_null(file_index_find(&index, fds[i]));
        if (i + 1 < 64) {
            assert_ptr_equal(file_index_find(&index, fds[i + 1]), &items[i + 1]);
        }
        fd_close(&fds[i]);
    }
    file_index_deinit(&index);
}

/* Two file systems may give two files the same number. The numbers of real ones cannot be chosen:
 * the same file is added three times, and two items are then said to lie elsewhere. */
static void same_number_of_another_file_system_is_another_file(void **state)
{
    (void)state;
    for (int at = 0; at < 3; at++) {
        struct file_index index = {0};
        struct file_index_item items[3] = {0};
        int fd = memory_file();
        for (int i = 0; i < 3; i++) {
            assert_int_equal(file_index_add(&index, &items[i], fd), 0);
            items[i].device += i == at ? 0 : (uint64_t)i + 1;
        }
        for (int i = 0; i < 3; i++) { /* whichever goes first */
            int gone = (at + 1 + i) % 3;
            assert_ptr_equal(file_index_find(&index, fd), &items[at]);
            file_index_remove(&index, &items[gone]);
        }
        assert_null(file_index_find(&index, fd));
        file_index_deinit(&index);
        fd_close(&fd);
    }
}

static void only_memory_files_are_found(void **state)
{
    (void)state;
    struct file_index index = {0};
    struct file_index_item item = {0};
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(file_index_add(&index, &item, fd), 0);
    assert_null(file_index_find(&index, fd));
    assert_null(file_index_find(&index, -1));
    file_index_remove(&index, &item);
    assert_int_equal(file_index_add(&index, &item, -1), -EBADF);
    file_index_remove(&index, &item);
    fd_close(&fd);
    file_index_deinit(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_has_its_item),
        cmocka_unit_test(same_number_of_another_file_system_is_another_file),
        cmocka_unit_test(only_memory_files_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
