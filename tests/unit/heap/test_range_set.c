#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "heap/range_set.h"

static void put(struct range_set *set, uint64_t start, uint64_t end)
{
    assert_int_equal(range_set_reserve(set), 0);
    range_set_add(set, (struct range){start, end});
}

static void a_range_comes_before_those_inside_of_it(void **state)
{
    (void)state;
    struct range_set set = {0};
    put(&set, 4, 6);
    put(&set, 0, 3);
    put(&set, 4, 5);
    put(&set, 4, 9);
    const struct range wanted[] = {
        {0, 3},
        {4, 9},
        {4, 6},
        {4, 5}
    };
    assert_int_equal(set.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(range_equals(set.ranges[i], wanted[i]));
    }
    range_set_remove(&set, (struct range){4, 6});
    assert_false(range_set_has(&set, (struct range){4, 6}));
    assert_true(range_set_has(&set, (struct range){4, 5}));
    range_set_deinit(&set);
}

static void what_several_cover_counts_once(void **state)
{
    (void)state;
    struct range_set set = {0};
    assert_int_equal(range_set_bytes(&set), 0);
    put(&set, 0, 10);
    put(&set, 2, 4);
    put(&set, 8, 12);
    put(&set, UINT64_MAX - 5, UINT64_MAX);
    assert_int_equal(range_set_bytes(&set), 17);
    range_set_deinit(&set);
}

static void what_ends_behind_an_address(void **state)
{
    (void)state;
    struct range_set set = {0};
    assert_int_equal(range_set_behind(&set, 0), 0);
    for (uint64_t i = 0; i < 100; i++) { /* more than fit at first */
        put(&set, 10 * i, 10 * i + 5);
    }
    assert_int_equal(range_set_behind(&set, 0), 0);
    assert_int_equal(range_set_behind(&set, 504), 50);
    assert_int_equal(range_set_behind(&set, 505), 51);
    assert_int_equal(range_set_behind(&set, 509), 51);
    assert_int_equal(range_set_behind(&set, 995), 100);
    range_set_deinit(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_comes_before_those_inside_of_it),
        cmocka_unit_test(what_several_cover_counts_once),
        cmocka_unit_test(what_ends_behind_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
