#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"

static void grows_as_text_comes(void **state)
{
    (void)state;
    struct strbuf buf = {0};
    assert_string_equal(strbuf_text(&buf), "");
    for (int i = 0; i < 1000; i++) {
        strbuf_addf(&buf, "%d,", i % 10);
    }
    strbuf_add(&buf, "end\0hidden", 3);
    assert_int_equal(buf.len, 2003);
    assert_string_equal(strbuf_text(&buf) + 2000, "end");
    assert_memory_equal(strbuf_text(&buf), "0,1,2,3,", 8);
    strbuf_deinit(&buf);
}

static void taken_text_is_the_callers(void **state)
{
    (void)state;
    struct strbuf buf = {0};
    char *text = strbuf_take(&buf);
    assert_string_equal(text, ""); /* of an empty one too */
    free(text);
    strbuf_addf(&buf, "a%cc", 'b');
    text = strbuf_take(&buf);
    assert_string_equal(text, "abc");
    free(text);
    assert_int_equal(buf.len, 0);
    assert_string_equal(strbuf_text(&buf), "");
}

static void failure_is_remembered(void **state)
{
    (void)state;
    struct strbuf buf = {0};
    strbuf_addf(&buf, "kept");
    strbuf_add(&buf, "", SIZE_MAX); /* no memory for that; nothing is read */
    strbuf_addf(&buf, "lost");
    assert_true(buf.failed);
    assert_string_equal(strbuf_text(&buf), "kept");
    assert_null(strbuf_take(&buf));
    assert_false(buf.failed);
}

static void escaped(const char *from, const char *to)
{
    struct strbuf buf = {0};
    strbuf_add_escaped(&buf, from);
    assert_string_equal(strbuf_text(&buf), to);
    strbuf_deinit(&buf);
}

static void text_of_peers_cannot_forge_lines(void **state)
{
    (void)state;
    escaped("plain ~", "plain ~");
    escaped("a\nb\r\t\x1b[2J", "a\\x0ab\\x0d\\x09\\x1b[2J");
    escaped("back\\slash", "back\\\\slash");
    escaped("\x7f", "\\x7f");
    escaped("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
            "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    escaped("\xc3", "\\xc3");            /* cut short */
    escaped("\xff\xc3(", "\\xff\\xc3("); /* not UTF-8 */
    escaped("\xc2\x9b"
            "2J",
            "\\xc2\\x9b2J"); /* a terminal's control sequence in one rune */
}

static void quoted(const char *from, const char *to)
{
    struct strbuf buf = {0};
    strbuf_add_quoted(&buf, from);
    assert_string_equal(strbuf_text(&buf), to);
    strbuf_deinit(&buf);
}

static void text_of_peers_cannot_end_its_quotes(void **state)
{
    (void)state;
    quoted("", "\"\"");
    quoted("camera", "\"camera\"");
    quoted("camera\" pid 1 uid 0", "\"camera\\x22 pid 1 uid 0\"");
    quoted("camera\\", "\"camera\\\\\"");
    quoted("a\nb", "\"a\\x0ab\"");
    escaped("\"", "\""); /* outside of quotes it is a character as any other */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_as_text_comes),
        cmocka_unit_test(taken_text_is_the_callers),
        cmocka_unit_test(failure_is_remembered),
        cmocka_unit_test(text_of_peers_cannot_forge_lines),
        cmocka_unit_test(text_of_peers_cannot_end_its_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
