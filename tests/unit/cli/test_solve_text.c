#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/solve_text.h"

static void expect(const char *json, const char *wanted)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    json_t *told = json_loads(json, 0, NULL);
    assert_non_null(out);
    assert_non_null(told);
    assert_true(solve_text_print(told, out));
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, wanted);
    json_decref(told);
    free(text);
}

static void where_values_come_from(void **state)
{
    (void)state;
    expect("{\"ok\": {\"origins\": ["
           " {\"field\": \"buffer_count\", \"value\": \"1\","
           "  \"sources\": [{\"text\": \"nobody asked: the default\"}]},"
           " {\"field\": \"image_format_constraints.bytes_per_row_divisor\", \"value\": \"256\","
           "  \"sources\": [{\"participant\": \"gpu\", \"text\": \"256\"},"
           "                {\"participant\": \"camera\", \"text\": \"64\"}]},"
           " {\"field\": \"image_format_constraints.pixel_format\", \"value\": \"NV12\","
           "  \"sources\": [{\"participant\": \"gpu\", \"text\": \"NV12, L8\"},"
           "                {\"participant\": \"camera\", \"text\": \"NV12\"}]}],"
           " \"selected\": [1, 0]}}",
           "buffer_count 1: nobody asked: the default\n"
           "bytes_per_row_divisor 256: gpu 256, camera 64\n"
           "pixel_format NV12: gpu NV12, L8; camera NV12\n"
           "selected children 1, 0\n");
}

/* Reasons that are not told are counted, in the error and in each conflict. */
static void what_is_left_out_is_counted(void **state)
{
    (void)state;
    expect("{\"error\": {\"name\": \"NO_MEMORY\", \"omitted\": 44,"
           " \"reasons\": [{\"participant\": \"a\", \"field\": \"b\", \"detail\": \"c\"}],"
           " \"conflicts\": [{\"selected\": [0], \"omitted\": 7, \"minimal\": true,"
           "  \"reasons\": [{\"detail\": \"d\"}]}]}}",
           "NO_MEMORY\n"
           "PARTICIPANT  FIELD  DETAIL\n"
           "a            b      c\n"
           "and 44 more\n"
           "\nselected children 0\n"
           "PARTICIPANT  FIELD  DETAIL\n"
           "-            -      d\n"
           "and 7 more\n");
}

/* What clients are called cannot move the cursor. */
static void names_are_escaped(void **state)
{
    (void)state;
    expect("{\"error\": {\"name\": \"NO_MEMORY\", \"reasons\": ["
           " {\"participant\": \"\\u001b[2J\", \"field\": \"usage\", \"detail\": \"\\n\"}]},"
           " \"trace\": [{\"step\": \"READ\", \"participant\": \"\\u0007\", \"text\": \"x\"},"
           "             {\"step\": \"CHOSEN\", \"text\": \"y\"}]}",
           "STEP    PARTICIPANT  WHAT\n"
           "READ    \\x07         x\n"
           "CHOSEN  -            y\n"
           "\n"
           "NO_MEMORY\n"
           "PARTICIPANT  FIELD  DETAIL\n"
           "\\x1b[2J      usage  \\x0a\n");
}

/* Without groups the one conflict is the reasons. */
static void conflicts(void **state)
{
#define REASONS "[{\"participant\": \"a\", \"field\": \"usage\", \"detail\": \"d\"}]"
#define TABLE                                                                                      \
    "PARTICIPANT  FIELD  DETAIL\n"                                                                 \
    "a            usage  d\n"
    (void)state;
    expect("{\"error\": {\"name\": \"E\", \"reasons\": " REASONS ","
           " \"conflicts\": [{\"minimal\": true, \"reasons\": " REASONS "}]}}",
           "E\n" TABLE);
    expect("{\"error\": {\"name\": \"E\", \"reasons\": " REASONS ", \"conflicts\": ["
           " {\"minimal\": false, \"selected\": [0, 2], \"reasons\": " REASONS "},"
           " {\"minimal\": true, \"reasons\": [{\"detail\": \"too many\"}]}]}}",
           "E\n" TABLE "\nselected children 0, 2 (not all of these may be needed)\n" TABLE
           "\nno combination\n"
           "PARTICIPANT  FIELD  DETAIL\n"
           "-            -      too many\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_values_come_from),
        cmocka_unit_test(what_is_left_out_is_counted),
        cmocka_unit_test(names_are_escaped),
        cmocka_unit_test(conflicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
