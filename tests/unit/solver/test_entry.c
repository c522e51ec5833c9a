#include "scene.h"

#define FIELD(name) "image_format_constraints[0]." name

static void c119_deprecated_formats(void **state)
{
    const uint32_t formats[] = {SYSMEM_PIXEL_FORMAT_R8G8B8X8, SYSMEM_PIXEL_FORMAT_B8G8R8X8};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene s;
        scene_init(&s);
        scene_simple(&s, formats[i], LINEAR, SRGB);
        scene_succeeds(&s);
        assert_int_equal(scene_result(&s)->pixel_format, formats[i]);
        assert_int_equal(scene_settings(&s)->size_bytes, 64 * 64 * 4);
    }
}

static void c121_alpha_absent(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = scene_simple(&s, BGRA, LINEAR, SRGB);
    SYSMEM_SET(image, is_alpha_present, false);
    scene_succeeds(&s);
    assert_int_equal(scene_result(&s)->pixel_format, BGRA);
    assert_true(scene_result(&s)->has.is_alpha_present);
    assert_false(scene_result(&s)->is_alpha_present);
}

static void alpha_of_one_format(uint32_t format, uint32_t color_space, bool has_alpha)
{
    for (int choice = 0; choice < 9; choice++) {
        struct scene s;
        int given[2] = {choice % 3, choice / 3}; /* 0: unset, 1: true, 2: false */
        scene_init(&s);
        for (int i = 0; i < 2; i++) {
            image_t *image = scene_simple(&s, format, LINEAR, color_space);
            image->has.pixel_format_modifier = false;
            image->has.is_alpha_present = given[i] != 0;
            image->is_alpha_present = given[i] == 1;
        }
        if (given[0] != 0 && given[1] != 0 && given[0] != given[1]) {
            scene_fails(&s, 1, FIELD("is_alpha_present"));
            continue;
        }
        scene_succeeds(&s);
        bool set = has_alpha && given[0] + given[1] != 0;
        assert_int_equal(scene_result(&s)->has.is_alpha_present, set);
        assert_true(!set || scene_result(&s)->is_alpha_present == (given[0] == 1 || given[1] == 1));
    }
}

static void c123_is_alpha_present(void **state)
{
    static const uint32_t yuv[] = {102, 103, 104, 105, 107};
    static const uint32_t alpha[] = {1, 101, 111, 115, 116};
    static const uint32_t opaque[] = {108, 109, 110, 112, 113, 114, 118};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        alpha_of_one_format(yuv[i], REC709, false);
        alpha_of_one_format(alpha[i], SRGB, true);
    }
    for (size_t i = 0; i < 7; i++) {
        alpha_of_one_format(opaque[i], SRGB, false);
    }
    alpha_of_one_format(SYSMEM_PIXEL_FORMAT_P010, SYSMEM_COLOR_SPACE_REC2100, false);
}

static void c131_size_alignment_reaches_the_rows(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = scene_simple(&s, RGBA, LINEAR, SRGB);
    image->has.min_size = false;
    SYSMEM_SET(image, size_alignment, SIZE(16, 8));
    SYSMEM_SET(image, required_max_size, SIZE(32, 32));
    scene_succeeds(&s);
    assert_int_equal(scene_result(&s)->min_size.width, 16);
    assert_int_equal(scene_result(&s)->min_size.height, 8);
    assert_int_equal(scene_result(&s)->min_bytes_per_row, 64);
    assert_int_equal(scene_settings(&s)->size_bytes, 32 * 32 * 4);
}

/* Trap: minima are rounded up, maxima down, unless they stand for no maximum. */
static void rounding(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = scene_simple(&s, NV12, LINEAR, REC709);
    SYSMEM_SET(image, min_size, SIZE(63, 33));
    SYSMEM_SET(image, max_size, SIZE(1001, UINT32_MAX));
    SYSMEM_SET(image, bytes_per_row_divisor, 48);
    SYSMEM_SET(image, max_bytes_per_row, 1000);
    scene_succeeds(&s);
    const image_t *r = scene_result(&s);
    assert_int_equal(r->min_size.width, 64);
    assert_int_equal(r->min_size.height, 34);
    assert_int_equal(r->max_size.width, 1000);
    assert_int_equal(r->max_size.height, UINT32_MAX);
    assert_int_equal(r->min_bytes_per_row, 96);
    assert_int_equal(r->max_bytes_per_row, 960);
    assert_int_equal(r->size_alignment.width, 2);
    assert_int_equal(r->start_offset_divisor, 2);
    assert_int_equal(scene_settings(&s)->size_bytes, 96 * 34 * 3 / 2);
}

/* Trap: row divisors combine to their least common multiple, alignments to the greatest. */
static void divisors_multiply(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *a = scene_simple(&s, SYSMEM_PIXEL_FORMAT_R8G8B8, LINEAR, SRGB);
    SYSMEM_SET(a, bytes_per_row_divisor, 4);
    SYSMEM_SET(a, size_alignment, SIZE(4, 1));
    SYSMEM_SET(a, display_rect_alignment, SIZE(8, 2));
    SYSMEM_SET(a, start_offset_divisor, 64);
    image_t *b = scene_simple(&s, SYSMEM_PIXEL_FORMAT_R8G8B8, LINEAR, SRGB);
    SYSMEM_SET(b, bytes_per_row_divisor, 10);
    SYSMEM_SET(b, size_alignment, SIZE(2, 8));
    SYSMEM_SET(b, require_bytes_per_row_at_pixel_boundary, true);
    scene_succeeds(&s);
    assert_int_equal(scene_result(&s)->bytes_per_row_divisor, 60);
    assert_int_equal(scene_result(&s)->size_alignment.width, 4);
    assert_int_equal(scene_result(&s)->size_alignment.height, 8);
    assert_int_equal(scene_result(&s)->display_rect_alignment.width, 8);
    assert_int_equal(scene_result(&s)->start_offset_divisor, 64);
    assert_true(scene_result(&s)->require_bytes_per_row_at_pixel_boundary);
}

/* The numbers of a format, as two participants have them, and what they come to. */
static void every_number_folds(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *a = scene_simple(&s, RGBA, LINEAR, SRGB);
    SYSMEM_SET(a, min_size, SIZE(16, 32));
    SYSMEM_SET(a, max_size, SIZE(300, 400));
    SYSMEM_SET(a, min_bytes_per_row, 512);
    SYSMEM_SET(a, max_bytes_per_row, 4096);
    SYSMEM_SET(a, max_width_times_height, 70000);
    SYSMEM_SET(a, required_min_size, SIZE(64, 128));
    SYSMEM_SET(a, required_max_size, SIZE(200, 100));
    SYSMEM_SET(a, display_rect_alignment, SIZE(1, 16));
    image_t *b = scene_simple(&s, RGBA, LINEAR, SRGB);
    SYSMEM_SET(b, min_size, SIZE(32, 16));
    SYSMEM_SET(b, max_size, SIZE(400, 300));
    SYSMEM_SET(b, min_bytes_per_row, 256);
    SYSMEM_SET(b, max_bytes_per_row, 8192);
    SYSMEM_SET(b, max_width_times_height, 60000);
    SYSMEM_SET(b, required_min_size, SIZE(128, 64));
    SYSMEM_SET(b, required_max_size, SIZE(100, 200));
    SYSMEM_SET(b, display_rect_alignment, SIZE(4, 2));
    scene_succeeds(&s);
    const image_t *r = scene_result(&s);
    const struct sysmem_size pairs[][2] = {
        {r->min_size,               SIZE(32,  32) },
        {r->max_size,               SIZE(300, 300)},
        {r->required_min_size,      SIZE(64,  64) },
        {r->required_max_size,      SIZE(200, 200)},
        {r->display_rect_alignment, SIZE(4,   16) },
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_int_equal(pairs[i][0].width, pairs[i][1].width);
        assert_int_equal(pairs[i][0].height, pairs[i][1].height);
    }
    assert_int_equal(r->min_bytes_per_row, 512);
    assert_int_equal(r->max_bytes_per_row, 4096);
    assert_int_equal(r->max_width_times_height, 60000);
    assert_int_equal(scene_settings(&s)->size_bytes, 200 * 4 * 200);
}

/* Bounds of two participants that exclude each other, one pair at a time. */
static void bounds_of_two_participants(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *a = scene_simple(&s, RGBA, LINEAR, SRGB);
    image_t *b = scene_simple(&s, RGBA, LINEAR, SRGB);
    const image_t plain = *a;
    SYSMEM_SET(a, required_min_size, SIZE(128, 128));
    SYSMEM_SET(b, min_size, SIZE(129, 64));
    scene_fails(&s, 1, FIELD("min_size"));
    SYSMEM_SET(b, min_size, SIZE(128, 64));
    scene_succeeds(&s);
    *a = plain;
    SYSMEM_SET(a, max_size, SIZE(512, 512));
    SYSMEM_SET(b, required_max_size, SIZE(1, 513));
    assert_int_equal(scene_solve(&s), SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    SYSMEM_SET(b, required_max_size, SIZE(1, 512));
    scene_succeeds(&s);
    SYSMEM_SET(a, max_bytes_per_row, 516);
    SYSMEM_SET(b, min_bytes_per_row, 517);
    assert_int_equal(scene_solve(&s), SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    SYSMEM_SET(b, min_bytes_per_row, 513); /* and up to the divisor */
    scene_succeeds(&s);
    assert_int_equal(scene_result(&s)->min_bytes_per_row, 516);
    SYSMEM_SET(a, max_width_times_height, 128 * 64 - 1);
    assert_int_equal(scene_solve(&s), SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
}

static void alignments_of_one_participant(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = scene_simple(&s, NV12, LINEAR, REC709);
    SYSMEM_SET(image, size_alignment, SIZE(0, 1));
    scene_fails(&s, 0, FIELD("size_alignment"));
    SYSMEM_SET(image, size_alignment, SIZE(1, 1));
    SYSMEM_SET(image, display_rect_alignment, SIZE(1, 3));
    scene_fails(&s, 0, FIELD("display_rect_alignment"));
    SYSMEM_SET(image, display_rect_alignment, SIZE(1, 4));
    SYSMEM_SET(image, bytes_per_row_divisor, 0);
    scene_fails(&s, 0, FIELD("bytes_per_row_divisor"));
    SYSMEM_SET(image, bytes_per_row_divisor, UINT32_MAX);
    scene_fails(&s, 0, FIELD("size_alignment")); /* times 2 does not fit */
    SYSMEM_SET(image, bytes_per_row_divisor, 1);
    SYSMEM_SET(image, start_offset_divisor, 8192);
    scene_fails(&s, 0, FIELD("start_offset_divisor"));
    s.environment.page_size = 16384;
    scene_succeeds(&s);
}

static void bounds_of_one_participant(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = scene_simple(&s, NV12, LINEAR, REC709);
    SYSMEM_SET(image, max_size, SIZE(64, 63));
    scene_fails(&s, 0, FIELD("min_size"));
    SYSMEM_SET(image, max_size, SIZE(128, 64));
    SYSMEM_SET(image, required_max_size, SIZE(1, 65));
    scene_fails(&s, 0, FIELD("required_max_size"));
    SYSMEM_SET(image, required_max_size, SIZE(128, 1));
    SYSMEM_SET(image, max_width_times_height, 4095);
    scene_fails(&s, 0, FIELD("min_size"));
    SYSMEM_SET(image, max_width_times_height, 4096); /* enough for min_size, not for 128x64 */
    scene_fails(&s, 0, FIELD("required_max_size"));
    SYSMEM_SET(image, max_width_times_height, UINT64_MAX);
    SYSMEM_SET(image, min_bytes_per_row, 256);
    SYSMEM_SET(image, max_bytes_per_row, 255);
    scene_fails(&s, 0, FIELD("min_bytes_per_row"));
    SYSMEM_SET(image, max_bytes_per_row, 256);
    scene_succeeds(&s);
    assert_int_equal(scene_settings(&s)->size_bytes, 256 * 64 * 3 / 2);
    SYSMEM_SET(image, min_size, SIZE(UINT32_MAX, UINT32_MAX));
    scene_fails(&s, 0, FIELD("size_alignment")); /* rounded up it does not fit */
}

static void color_spaces_of_one_participant(void **state)
{
    static const uint32_t twice[] = {REC709, SYSMEM_COLOR_SPACE_REC601_PAL, REC709};
    static const uint32_t any_and_one[] = {ANY_SPACE, REC709};
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = scene_simple(&s, NV12, LINEAR, REC709);
    SYSMEM_SET_VECTOR(image, color_spaces, twice, 3);
    scene_fails(&s, 0, FIELD("color_spaces"));
    SYSMEM_SET_VECTOR(image, color_spaces, any_and_one, 2);
    scene_fails(&s, 0, FIELD("color_spaces"));
    SYSMEM_SET_VECTOR(image, color_spaces, any_and_one, 0);
    scene_fails(&s, 0, FIELD("color_spaces"));
    image->has.color_spaces = false;
    scene_fails(&s, 0, FIELD("color_spaces"));
    SYSMEM_SET_VECTOR(image, color_spaces, twice, 2);
    scene_succeeds(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c119_deprecated_formats),
        cmocka_unit_test(c121_alpha_absent),
        cmocka_unit_test(c123_is_alpha_present),
        cmocka_unit_test(c131_size_alignment_reaches_the_rows),
        cmocka_unit_test(rounding),
        cmocka_unit_test(divisors_multiply),
        cmocka_unit_test(every_number_folds),
        cmocka_unit_test(bounds_of_two_participants),
        cmocka_unit_test(alignments_of_one_participant),
        cmocka_unit_test(bounds_of_one_participant),
        cmocka_unit_test(color_spaces_of_one_participant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
