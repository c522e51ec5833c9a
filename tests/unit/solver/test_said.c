/* What was said of images, and what of a result is more than that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "solver/said.h"

typedef struct sysmem_image_format_constraints image_t;

static void nothing_said_is_the_defaults(void **state)
{
    image_t said;
    (void)state;
    said_init(&said);
    image_t result = said;
    assert_null(said_rounded_by(&said, &result, "min_size"));
    assert_null(said_rounded_by(&said, &result, "max_bytes_per_row"));
    assert_null(said_rounded_by(&said, &result, "color_spaces"));
    result.size_alignment.width = 2;
    const char *const *by = said_rounded_by(&said, &result, "size_alignment");
    assert_non_null(by);
    assert_null(by[0]);
}

static void divisors_multiply_and_bounds_meet(void **state)
{
    image_t said;
    image_t one = {0};
    image_t other = {0};
    (void)state;
    said_init(&said);
    SYSMEM_SET(&one, bytes_per_row_divisor, 12);
    SYSMEM_SET(&one, min_size, ((struct sysmem_size){10, 30}));
    SYSMEM_SET(&one, max_size, ((struct sysmem_size){500, 300}));
    SYSMEM_SET(&other, bytes_per_row_divisor, 16);
    SYSMEM_SET(&other, min_size, ((struct sysmem_size){20, 20}));
    SYSMEM_SET(&other, max_size, ((struct sysmem_size){400, 400}));
    said_fold(&said, &one);
    said_fold(&said, &other);
    assert_int_equal(said.bytes_per_row_divisor, 48);
    assert_int_equal(said.min_size.width, 20);
    assert_int_equal(said.min_size.height, 30);
    assert_int_equal(said.max_size.width, 400);
    assert_int_equal(said.max_size.height, 300);
    image_t result = said;
    assert_null(said_rounded_by(&said, &result, "min_size"));
    result.min_size.width = 32;
    const char *const *by = said_rounded_by(&said, &result, "min_size");
    assert_non_null(by);
    assert_string_equal(by[0], "size_alignment");
    assert_null(by[1]);
    assert_false(said_leaves_to_format(&said, &result, "min_size"));
    result.size_alignment.width = 32;
    assert_true(said_leaves_to_format(&said, &result, "min_size"));
    assert_true(said_leaves_to_format(&said, &result, "size_alignment"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_the_defaults),
        cmocka_unit_test(divisors_multiply_and_bounds_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
