#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/line_reader.h"

/* A file whose offset is at its start. */
static int file_with(const char *text)
{
    int fd = memfd_create("lines", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, text, strlen(text), 0), strlen(text));
    return fd;
}

static void expect_line(struct line_reader *reader, const char *wanted)
{
    const char *line = NULL;
    size_t len = 0;
    assert_int_equal(line_reader_next(reader, &line, &len), LINE_OK);
    assert_int_equal(len, strlen(wanted));
    assert_memory_equal(line, wanted, len);
}

static void expect_end(struct line_reader *reader)
{
    const char *line = NULL;
    size_t len = 0;
    assert_int_equal(line_reader_next(reader, &line, &len), LINE_END);
    assert_int_equal(line_reader_next(reader, &line, &len), LINE_END);
}

static void lines_of_all_kinds(void **state)
{
    (void)state;
    int fd = file_with("one\n\nthree\nlast");
    struct line_reader reader;
    line_reader_init(&reader, fd);
    assert_true(line_reader_is_empty(&reader));
    expect_line(&reader, "one");
    assert_false(line_reader_is_empty(&reader));
    expect_line(&reader, "");
    expect_line(&reader, "three");
    expect_line(&reader, "last");
    expect_end(&reader);
    line_reader_deinit(&reader);
    close(fd);
}

static void a_last_newline_adds_no_line(void **state)
{
    (void)state;
    int fd = file_with("one\n");
    struct line_reader reader;
    line_reader_init(&reader, fd);
    expect_line(&reader, "one");
    expect_end(&reader);
    line_reader_deinit(&reader);
    close(fd);
}

static void a_line_that_is_too_long_is_skipped(void **state)
{
    (void)state;
    int fd = file_with("");
    size_t size = LINE_READER_MAX * 2 + 100;
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(pwrite(fd, "\nnext", 5, (off_t)size), 5);
    struct line_reader reader;
    const char *line = NULL;
    size_t len = 0;
    line_reader_init(&reader, fd);
    assert_int_equal(line_reader_next(&reader, &line, &len), LINE_TOO_LONG);
    expect_line(&reader, "next");
    expect_end(&reader);
    line_reader_deinit(&reader);
    close(fd);
}

static void a_descriptor_that_cannot_be_read(void **state)
{
    (void)state;
    struct line_reader reader;
    const char *line = NULL;
    size_t len = 0;
    line_reader_init(&reader, -1);
    assert_int_equal(line_reader_next(&reader, &line, &len), LINE_ERROR);
    line_reader_deinit(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_all_kinds),
        cmocka_unit_test(a_last_newline_adds_no_line),
        cmocka_unit_test(a_line_that_is_too_long_is_skipped),
        cmocka_unit_test(a_descriptor_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
