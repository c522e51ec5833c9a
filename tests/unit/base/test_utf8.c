#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static size_t encode(uint32_t rune, char text[4])
{
    if (rune < 0x80) {
        text[0] = (char)rune;
        return 1;
    }
    size_t len = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    static const unsigned char heads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--) {
        text[i] = (char)(0x80 | (rune & 0x3F));
        rune >>= 6;
    }
    text[0] = (char)(heads[len] | rune);
    return len;
}

static void every_rune_but_surrogates(void **state)
{
    (void)state;
    char text[4];
    for (uint32_t rune = 0; rune < 0x120000; rune++) {
        size_t len = encode(rune, text);
        bool good = rune <= 0x10FFFF && (rune < 0xD800 || rune > 0xDFFF);
        assert_int_equal(utf8_sequence(text, len), good ? len : 0);
        assert_int_equal(utf8_sequence(text, len - 1), 0); /* cut short */
    }
}

static void other_bytes_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",     /* a tail without a head */
        "\xc0\x80", /* overlong forms */
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", /* above U+10FFFF */
        "\xf5\x80\x80\x80",
        "\xed\xa0\x80", /* a surrogate */
        "\xe2\x28\xa1", /* a head without its tail */
        "\xff",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(utf8_sequence(bad[i], strlen(bad[i])), 0);
        assert_false(utf8_is_valid(bad[i], strlen(bad[i])));
    }
}

static void whole_texts(void **state)
{
    (void)state;
    assert_true(utf8_is_valid("", 0));
    assert_true(utf8_is_valid("a\0b", 3));
    assert_true(utf8_is_valid("\xe2\x82\xac uro", 7));
    assert_false(utf8_is_valid("ok\xe2\x82", 4));
}

static void cut_between_characters(void **state)
{
    (void)state;
    assert_int_equal(utf8_cut("abc", 8), 3);
    assert_int_equal(utf8_cut("abc", 2), 2);
    assert_int_equal(utf8_cut("a\xe2\x82\xac", 4), 4);
    assert_int_equal(utf8_cut("a\xe2\x82\xac", 3), 1);
    assert_int_equal(utf8_cut("a\xff"
                              "b",
                              8),
                     1);
    assert_int_equal(utf8_cut("", 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rune_but_surrogates),
        cmocka_unit_test(other_bytes_are_refused),
        cmocka_unit_test(whole_texts),
        cmocka_unit_test(cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
