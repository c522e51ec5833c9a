#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sysmem/format.h>

#include "solver/pair.h"

#define ANY_F   SYSMEM_PIXEL_FORMAT_DO_NOT_CARE
#define ANY_M   SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE
#define RGBA    SYSMEM_PIXEL_FORMAT_R8G8B8A8
#define NV12    SYSMEM_PIXEL_FORMAT_NV12
#define X_TILED SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED
#define AFBC    SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16

static struct pair make(uint32_t pixel_format, uint64_t modifier)
{
    return (struct pair){.pixel_format = pixel_format, .modifier = modifier, .source = 5};
}

static void combining(void **state)
{
    static const struct {
        struct pair a;
        struct pair b;
        bool combine;
        struct pair both;
    } cases[] = {
        {{X_TILED, RGBA, 0}, {X_TILED, RGBA, 1},  true,  {X_TILED, RGBA, 0}},
        {{X_TILED, RGBA, 0}, {X_TILED, NV12, 1},  false, {0, 0, 0}         },
        {{X_TILED, RGBA, 0}, {AFBC, RGBA, 1},     false, {0, 0, 0}         },
        {{ANY_M, RGBA, 0},   {X_TILED, ANY_F, 1}, true,  {X_TILED, RGBA, 0}},
        {{AFBC, ANY_F, 0},   {ANY_M, NV12, 1},    false, {0, 0, 0}         }, /* no such images */
        {{AFBC, ANY_F, 0},   {ANY_M, RGBA, 1},    true,  {AFBC, RGBA, 0}   },
        {{ANY_M, ANY_F, 0},  {ANY_M, 4711, 1},    true,  {ANY_M, 4711, 0}  },
        {{ANY_M, ANY_F, 0},  {ANY_M, ANY_F, 1},   true,  {ANY_M, ANY_F, 0} },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair both = make(7, 7);
        assert_int_equal(pair_combine(&cases[i].a, &cases[i].b, &both), cases[i].combine);
        assert_int_equal(both.pixel_format, cases[i].combine ? cases[i].both.pixel_format : 7);
        assert_int_equal(both.modifier, cases[i].combine ? cases[i].both.modifier : 7);
        struct pair turned;
        assert_int_equal(pair_combine(&cases[i].b, &cases[i].a, &turned), cases[i].combine);
    }
}

static void sorting_any_number(void **state)
{
    struct pair pairs[64];
    uint32_t random = 1;
    (void)state;
    for (size_t count = 0; count <= 64; count++) {
        for (size_t i = 0; i < count; i++) {
            random = random * 1664525 + 1013904223;
            pairs[i] = make(random >> 29 == 0 ? ANY_F : random >> 28, random >> 8 & 15);
        }
        pairs_sort(pairs, count);
        for (size_t i = 1; i < count; i++) {
            assert_true(pair_compare(pairs[i - 1].pixel_format, pairs[i - 1].modifier,
                                     pairs[i].pixel_format, pairs[i].modifier) <= 0);
            assert_true(!pair_is_wild(pairs[i - 1].pixel_format, pairs[i - 1].modifier) ||
                        pair_is_wild(pairs[i].pixel_format, pairs[i].modifier));
        }
    }
}

static bool overlaps(struct pair a, struct pair b, struct pair c)
{
    struct pair pairs[] = {a, b, c};
    const struct pair *first = NULL;
    const struct pair *second = NULL;
    pairs_sort(pairs, 3);
    bool found = pairs_find_overlap(pairs, 3, &first, &second);
    assert_int_equal(found, first != NULL && second != NULL && first != second);
    return found;
}

static void overlaps_are_found(void **state)
{
    const struct pair one = make(RGBA, 0);
    const struct pair two = make(NV12, X_TILED);
    (void)state;
    assert_false(overlaps(one, two, make(RGBA, X_TILED)));
    assert_true(overlaps(one, two, one));
    assert_true(overlaps(one, two, make(NV12, ANY_M)));
    assert_true(overlaps(one, two, make(ANY_F, X_TILED)));
    assert_true(overlaps(one, two, make(ANY_F, ANY_M)));
    assert_false(overlaps(one, two, make(ANY_F, AFBC)));
    assert_true(overlaps(one, make(ANY_F, AFBC), make(119, ANY_M)));
    assert_false(overlaps(one, make(ANY_F, AFBC), make(NV12, ANY_M)));
    assert_true(overlaps(one, make(4711, ANY_M), make(4711, ANY_M)));
    assert_false(overlaps(one, make(4711, ANY_M), make(4712, ANY_M)));
    assert_false(overlaps(one, make(ANY_F, 4711), make(NV12, ANY_M)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(combining),
        cmocka_unit_test(sorting_any_number),
        cmocka_unit_test(overlaps_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
