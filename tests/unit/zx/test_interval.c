#include "zx_test.h"

#include <stdbool.h>
#include <stdlib.h>

#include "zx/interval.h"

enum { SPACE = 512 };

static uint32_t random_below(uint32_t limit)
{
    static uint32_t x = 2463534242U;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x % limit;
}

/* Whether the model has a free run for the hole; the lowest start in *ret. */
static bool model_hole(const bool *taken, const struct interval_hole *hole, uint64_t *ret)
{
    for (uint64_t at = hole->low; at + hole->size <= hole->high; at++) {
        bool is_free = at % hole->align == 0;
        for (uint64_t i = at; is_free && i < at + hole->size; i++) {
            is_free = !taken[i];
        }
        if (is_free) {
            *ret = at;
            return true;
        }
    }
    return false;
}

static void check_hole(const struct interval_tree *tree, const bool *taken)
{
    struct interval_hole hole = {
        .high = 1 + random_below(SPACE),
        .size = 1 + random_below(24),
        .align = 1ULL << random_below(5),
    };
    uint64_t wanted = 0;
    uint64_t got = 0;
    bool is_there = model_hole(taken, &hole, &wanted);
    assert_int_equal(interval_tree_find_hole(tree, &hole, &got), is_there);
    if (!is_there) {
        return;
    }
    struct interval_hole exact = {got, got + hole.size, hole.size, hole.align};
    assert_true(got + hole.size <= hole.high && model_hole(taken, &exact, &wanted));
    if (hole.align == 1) {
        assert_true(model_hole(taken, &hole, &wanted) && got == wanted);
    }
}

static void check_find(const struct interval_tree *tree, const bool *taken)
{
    uint64_t address = random_below(SPACE);
    const struct interval *found = interval_tree_find(tree, address);
    uint64_t next = address;
    while (next < SPACE && !taken[next]) {
        next++;
    }
    if (next == SPACE) {
        assert_null(found);
    } else {
        assert_non_null(found);
        assert_true(found->start <= next && found->end > next && found->end > address);
    }
}

static void random_operations_match_a_model(void **state)
{
    (void)state;
    struct interval_tree tree = {0};
    static struct interval *at[SPACE]; /* by start */
    static bool taken[SPACE];
    for (int step = 0; step < 20000; step++) {
        uint32_t start = random_below(SPACE);
        uint32_t len = 1 + random_below(8);
        bool is_free = start + len <= SPACE;
        for (uint32_t i = start; is_free && i < start + len; i++) {
            is_free = !taken[i];
        }
        if (is_free) {
            at[start] = malloc(sizeof(*at[start]));
            assert_non_null(at[start]);
            *at[start] = (struct interval){.start = start, .end = start + len};
            interval_tree_insert(&tree, at[start]);
        } else if (at[start] != NULL) {
            len = (uint32_t)(at[start]->end - start);
            interval_tree_remove(&tree, at[start]);
            free(at[start]);
            at[start] = NULL;
        } else {
            len = 0;
        }
        for (uint32_t i = start; i < start + len; i++) {
            taken[i] = is_free;
        }
        check_hole(&tree, taken);
        check_find(&tree, taken);
    }
    for (int i = 0; i < SPACE; i++) {
        if (at[i] != NULL) {
            interval_tree_remove(&tree, at[i]);
            free(at[i]);
        }
    }
    assert_null(tree.root);
}

static unsigned height_of(const struct interval *node)
{
    if (node == NULL) {
        return 0;
    }
    unsigned left = height_of(node->left);
    unsigned right = height_of(node->right);
    return 1 + (left > right ? left : right);
}

static void the_height_stays_logarithmic_in_the_worst_order(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    struct interval *intervals = calloc(COUNT, sizeof(*intervals));
    assert_non_null(intervals);
    struct interval_tree tree = {0};
    for (uint64_t i = 0; i < COUNT; i++) {
        intervals[i] = (struct interval){.start = 2 * i, .end = 2 * i + 1};
        interval_tree_insert(&tree, &intervals[i]);
    }
    assert_true(height_of(tree.root) < 64); /* 17 at best; a list would be 100,000 */
    uint64_t got = 0;
    struct interval_hole hole = {.high = 4ULL * COUNT, .size = 2, .align = 1};
    assert_true(interval_tree_find_hole(&tree, &hole, &got));
    assert_int_equal(got, 2ULL * COUNT - 1);
    for (size_t i = 0; i < COUNT; i++) {
        interval_tree_remove(&tree, &intervals[i]);
    }
    assert_null(tree.root);
    free(intervals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_match_a_model),
        cmocka_unit_test(the_height_stays_logarithmic_in_the_worst_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
