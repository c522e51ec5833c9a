#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/text_table.h"

static void columns_are_aligned(void **state)
{
    (void)state;
    struct text_table table;
    text_table_init(&table, 3);
    text_table_add(&table, (const char *const[]){"NAME", "N", "LAST"});
    text_table_add(&table, (const char *const[]){"é", "1000", "x"});
    text_table_add(&table, (const char *const[]){"longer", "7", ""});
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_true(text_table_print(&table, 1U << 1, out));
    (void)fclose(out);
    assert_string_equal(text, "NAME       N  LAST\n"
                              "é       1000  x\n"
                              "longer     7  \n");
    free(text);
    text_table_deinit(&table);
}

static void width_counts_characters(void **state)
{
    (void)state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("a│b"), 3);
    assert_int_equal(text_width("\xFF\xC3"), 2);
}

static void sizes_are_readable(void **state)
{
    (void)state;
    char buf[16];
    assert_string_equal(text_size(0, buf), "0 B");
    assert_string_equal(text_size(1023, buf), "1023 B");
    assert_string_equal(text_size(1536, buf), "1.5 KiB");
    assert_string_equal(text_size(UINT64_C(1024) * 1024 - 1, buf), "1.0 MiB");
    assert_string_equal(text_size(UINT64_C(3) << 30, buf), "3.0 GiB");
    assert_string_equal(text_size(UINT64_MAX, buf), "16.0 EiB");
}

static void ages_are_readable(void **state)
{
    (void)state;
    char buf[24];
    assert_string_equal(text_age(0, buf), "0ms");
    assert_string_equal(text_age(999, buf), "999ms");
    assert_string_equal(text_age(1500, buf), "1.5s");
    assert_string_equal(text_age(90500, buf), "1m 30s");
    assert_string_equal(text_age(UINT64_C(3600) * 1000 * 5, buf), "5h 0m");
    assert_string_equal(text_age(UINT64_C(86400) * 1000 * 2, buf), "2d 0h");
    assert_string_equal(text_age(UINT64_MAX, buf), "213503982334d 14h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned),
        cmocka_unit_test(width_counts_characters),
        cmocka_unit_test(sizes_are_readable),
        cmocka_unit_test(ages_are_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
