#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/byte_count.h"

static uint64_t parsed(const char *text)
{
    uint64_t bytes = 77;
    assert_true(byte_count_parse(text, &bytes));
    return bytes;
}

static void units(void **state)
{
    (void)state;
    assert_int_equal(parsed("0"), 0);
    assert_int_equal(parsed("4096"), 4096);
    assert_int_equal(parsed("64K"), 65536);
    assert_int_equal(parsed("64KiB"), 65536);
    assert_int_equal(parsed("3M"), 3 << 20);
    assert_int_equal(parsed("2GiB"), UINT64_C(2) << 30);
    assert_int_equal(parsed("18446744073709551615"), UINT64_MAX);
}

static void what_is_no_number_of_bytes(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "K",
                                      "-1",
                                      " 1",
                                      "1.5",
                                      "1T",
                                      "1 K",
                                      "0x1",
                                      "1KB",
                                      "18446744073709551616",
                                      "17179869184G"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t bytes = 77;
        assert_false(byte_count_parse(bad[i], &bytes));
        assert_int_equal(bytes, 77);
    }
}

static void printed_as_it_is_read(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {
        {0,                       "0"                   },
        {1023,                    "1023"                },
        {4096,                    "4KiB"                },
        {4097,                    "4097"                },
        {2 << 20,                 "2MiB"                },
        {UINT64_C(1) << 30,       "1GiB"                },
        {UINT64_C(3) << 40,       "3072GiB"             },
        {UINT64_MAX,              "18446744073709551615"},
        {(UINT64_C(1) << 30) + 1, "1073741825"          },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[BYTE_COUNT_ROOM];
        assert_string_equal(byte_count_print(rows[i].bytes, text), rows[i].text);
        assert_int_equal(parsed(text), rows[i].bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units),
        cmocka_unit_test(printed_as_it_is_read),
        cmocka_unit_test(what_is_no_number_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
