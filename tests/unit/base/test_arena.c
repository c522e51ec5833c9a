#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    unsigned char *pieces[100];
    for (size_t i = 0; i < 100; i++) {
        size_t size = i * 7; /* the first has no size */
        pieces[i] = arena_alloc(&arena, size);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t at = 0; at < size; at++) {
            assert_int_equal(pieces[i][at], 0);
        }
        memset(pieces[i], (int)i, size);
    }
    for (size_t i = 1; i < 100; i++) {
        assert_int_equal(pieces[i][0], i);
        assert_int_equal(pieces[i][i * 7 - 1], i);
    }
    arena_clear(&arena);
}

static void budget_is_kept(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1000);
    assert_non_null(arena_alloc(&arena, 600));
    assert_null(arena_alloc(&arena, 600));
    assert_non_null(arena_alloc(&arena, 300));
    assert_true(arena.used <= 1000);
    arena_clear(&arena);
    assert_int_equal(arena.used, 0);
    assert_non_null(arena_alloc(&arena, 900)); /* used again */
    arena_clear(&arena);
}

static void larger_than_a_block(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    char *bytes = arena_alloc(&arena, 100000);
    assert_non_null(bytes);
    bytes[99999] = 'x';
    arena_clear(&arena);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc_array(&arena, SIZE_MAX / 2, 4));
    assert_null(arena_strndup(&arena, "", SIZE_MAX));
    assert_int_equal(arena.used, 0);
    int *numbers = arena_alloc_array(&arena, 3, sizeof(int));
    assert_int_equal(numbers[0] | numbers[1] | numbers[2], 0);
    arena_clear(&arena);
}

static void text_is_copied(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096);
    char text[] = "camera";
    char *copy = arena_strndup(&arena, text, 3);
    text[0] = 'X';
    assert_string_equal(copy, "cam");
    assert_string_equal(arena_strndup(&arena, NULL, 0), "");
    arena_clear(&arena);
}

static void footprint_is_at_least_what_was_handed_out(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_int_equal(arena_footprint(&arena), 0);
    assert_non_null(arena_alloc(&arena, 1));
    size_t one = arena_footprint(&arena);
    assert_true(one >= 1024); /* a block */
    assert_non_null(arena_alloc(&arena, 1));
    assert_int_equal(arena_footprint(&arena), one);
    assert_non_null(arena_alloc(&arena, 100000));
    assert_true(arena_footprint(&arena) >= one + 100000);
    arena_clear(&arena);
    assert_int_equal(arena_footprint(&arena), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(budget_is_kept),
        cmocka_unit_test(larger_than_a_block),
        cmocka_unit_test(footprint_is_at_least_what_was_handed_out),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(text_is_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
