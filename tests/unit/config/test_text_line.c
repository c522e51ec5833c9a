#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/text_line.h"

static const char text[] = "\n{ \"a\" :\n {\"b\": [1,\n {\"c]}\\\"\": \"}\",\n\"d\":\n-2.5e3}\n],\n"
                           "\"e\": null},\n\"f\"\n:\n[[],[\n[\ntrue]],\n{}]}";

static void every_place_has_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t line;
    } places[] = {
        {"",           2 },
        {"a",          2 },
        {"a.b",        3 },
        {"a.b[0]",     3 },
        {"a.b[1]",     4 },
        {"a.b[1].d",   5 },
        {"a.e",        8 },
        {"f",          9 },
        {"f[0]",       11},
        {"f[1]",       11},
        {"f[1][0]",    12},
        {"f[1][0][0]", 13},
        {"f[2]",       14},
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        size_t line = text_line_of(text, places[i].path);
        if (line != places[i].line) {
            fail_msg("'%s': wanted line %zu, got %zu", places[i].path, places[i].line, line);
        }
    }
}

static void what_is_not_there_is_sought_as_far_as_it_goes(void **state)
{
    (void)state;
    assert_int_equal(text_line_of(text, ".x"), 2);
    assert_int_equal(text_line_of(text, "a.b.c"), 3);
    assert_int_equal(text_line_of(text, "a.b[2]"), 3);
    assert_int_equal(text_line_of(text, "a.b[1].d.e"), 5);
    assert_int_equal(text_line_of(text, "a.b[1].d[0]"), 5);
    assert_int_equal(text_line_of(text, "f[1][7]"), 11);
    assert_int_equal(text_line_of(text, "[1]"), 2);
    assert_int_equal(text_line_of("", "a"), 1);
    assert_int_equal(text_line_of("5", "a[1].b"), 1);
}

/* Nothing is read beyond the end, whatever the text is. */
static void texts_that_end_early(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof(text); len++) {
        char *cut = strndup(text, len);
        assert_in_range(text_line_of(cut, "f[2]"), 1, 14);
        assert_in_range(text_line_of(cut, "a.b[1].d"), 1, 14);
        free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_has_its_line),
        cmocka_unit_test(what_is_not_there_is_sought_as_far_as_it_goes),
        cmocka_unit_test(texts_that_end_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
