#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/byte_count.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units),
        cmocka_unit_test(what_is_no_number_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
