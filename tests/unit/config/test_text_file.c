#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/text_file.h"

static int make_file(size_t size)
{
    int fd = memfd_create("text", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    return fd;
}

static void reads_to_the_end(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4094, 4095, 4096, 100000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        int fd = make_file(sizes[i]);
        char *text = NULL;
        size_t len = 1;
        assert_int_equal(text_file_read(fd, &text, &len), 0);
        assert_int_equal(len, sizes[i]);
        assert_int_equal(text[len], '\0');
        free(text);
        close(fd);
    }
}

static void refuses_what_is_too_large(void **state)
{
    (void)state;
    int fd = make_file(TEXT_FILE_MAX + 1);
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(text_file_read(fd, &text, &len), -EFBIG);
    assert_null(text);
    close(fd);
}

static void tells_why_not(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(text_file_read_path("/nonexistent", &text, &len), -ENOENT);
    assert_int_equal(text_file_read_path("/", &text, &len), -EISDIR);
    assert_int_equal(text_file_read(-1, &text, &len), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_to_the_end),
        cmocka_unit_test(refuses_what_is_too_large),
        cmocka_unit_test(tells_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
