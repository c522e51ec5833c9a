#include "scene.h"

#include "solver/combination.h"

#define GROUPS 4096
#define H      SOLVER_HIDDEN

static void expect(const uint32_t *selected, const uint32_t *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(selected[i], wanted[i]);
    }
}

static void without_groups_there_is_one(void **state)
{
    uint32_t untouched = 7;
    (void)state;
    combination_first(NULL, 0, &untouched);
    assert_false(combination_next(NULL, 0, &untouched));
    assert_int_equal(untouched, 7);
}

static void the_last_group_moves_first(void **state)
{
    static const struct solver_group groups[] = {{.child_count = 2}, {.child_count = 3}};
    static const uint32_t wanted[][2] = {
        {0, 0},
        {0, 1},
        {0, 2},
        {1, 0},
        {1, 1},
        {1, 2},
    };
    uint32_t selected[2];
    (void)state;
    combination_first(groups, 2, selected);
    expect(selected, wanted[0], 2);
    for (size_t i = 1; i < 6; i++) {
        assert_true(combination_next(groups, 2, selected));
        expect(selected, wanted[i], 2);
    }
    assert_false(combination_next(groups, 2, selected));
    expect(selected, wanted[5], 2);
}

/* The first group has another one under either of its children. */
static void hidden_groups_do_not_count(void **state)
{
    static const struct solver_group groups[] = {
        {.child_count = 2 },
        { .parent = 1, .parent_child = 0, .child_count = 2},
        { .parent = 1, .parent_child = 1, .child_count = 2},
        { .parent = 3, .parent_child = 1, .child_count = 1},
    };
    static const uint32_t wanted[][4] = {
        {0, 0, H, H},
        {0, 1, H, H},
        {1, H, 0, H},
        {1, H, 1, 0},
    };
    uint32_t selected[4];
    (void)state;
    combination_first(groups, 4, selected);
    expect(selected, wanted[0], 4);
    for (size_t i = 1; i < 4; i++) {
        assert_true(combination_next(groups, 4, selected));
        expect(selected, wanted[i], 4);
    }
    assert_false(combination_next(groups, 4, selected));
}

/* Each is under child `under` of the one before. */
static size_t count_of_chain(struct solver_group *groups, size_t count, uint32_t under)
{
    static uint32_t selected[GROUPS];
    size_t combinations = 1;
    for (size_t i = 0; i < count; i++) {
        groups[i] =
            (struct solver_group){.parent = (int)i, .parent_child = under, .child_count = 2};
    }
    groups[0].parent_child = 0;
    combination_first(groups, count, selected);
    while (combination_next(groups, count, selected)) {
        combinations++;
    }
    return combinations;
}

static void a_chain_has_one_more_than_groups(void **state)
{
    static struct solver_group groups[GROUPS];
    (void)state;
    for (uint32_t under = 0; under < 2; under++) {
        assert_int_equal(count_of_chain(groups, 1, under), 2);
        assert_int_equal(count_of_chain(groups, 63, under), 64);
        assert_int_equal(count_of_chain(groups, GROUPS, under), GROUPS + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_groups_there_is_one),
        cmocka_unit_test(the_last_group_moves_first),
        cmocka_unit_test(hidden_groups_do_not_count),
        cmocka_unit_test(a_chain_has_one_more_than_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
