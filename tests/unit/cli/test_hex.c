#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/hex.h"

static void every_byte_there_and_back(void **state)
{
    (void)state;
    unsigned char data[256];
    unsigned char back[256];
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (unsigned char)i;
    }
    char *text = hex_encode(data, sizeof(data));
    assert_int_equal(strlen(text), 512);
    assert_true(hex_decode(text, 512, back));
    assert_memory_equal(data, back, sizeof(data));
    free(text);
}

static void either_case_and_nothing_else(void **state)
{
    (void)state;
    unsigned char data[4] = {0};
    assert_true(hex_decode("aF09", 4, data));
    assert_int_equal(data[0], 0xAF);
    assert_true(hex_decode("", 0, data));
    assert_false(hex_decode("abc", 3, data));
    assert_false(hex_decode("0g", 2, data));
    assert_false(hex_decode("0x", 2, data));
    assert_false(hex_decode(" 0", 2, data));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_there_and_back),
        cmocka_unit_test(either_case_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
