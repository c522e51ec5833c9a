#include "scene.h"

#define AFBC      SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16
#define NO_FORMAT UINT32_MAX /* leave pixel_format unset */
#define NO_MOD    UINT64_MAX

/* A participant with one entry for all the pairs: the first one in the entry's own fields, the
 * others in pixel_format_and_modifiers. */
static image_t *add(struct scene *s, uint32_t pixel_format, uint64_t modifier)
{
    image_t *image = scene_simple(s, 0, 0, SRGB);
    SYSMEM_SET(image, min_size, SIZE(256, 256));
    image->pixel_format = pixel_format;
    image->has.pixel_format = pixel_format != NO_FORMAT;
    image->pixel_format_modifier = modifier;
    image->has.pixel_format_modifier = modifier != NO_MOD;
    return image;
}

static void set_usage_none(constraints_t *c)
{
    c->usage = (struct sysmem_buffer_usage){.none = SYSMEM_NONE_USAGE, .has = {.none = true}};
}

static void expect(struct scene *s, uint32_t pixel_format, uint64_t modifier)
{
    scene_succeeds(s);
    assert_int_equal(scene_result(s)->pixel_format, pixel_format);
    assert_int_equal(scene_result(s)->pixel_format_modifier, modifier);
    assert_true(scene_result(s)->has.pixel_format_modifier);
    assert_false(scene_result(s)->has.pixel_format_and_modifiers);
}

static void c073_do_not_care_with_a_second_entry(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_simple(&s, ANY_FORMAT, ANY_MOD, REC709);
    scene_simple(&s, NV12, LINEAR, REC709);
    expect(&s, NV12, LINEAR);
    scene_image(&s, &s.constraints[0], NV12, LINEAR, REC709);
    scene_fails(&s, 0, "image_format_constraints[1].pixel_format");
    s.images[0][1].pixel_format = SYSMEM_PIXEL_FORMAT_INVALID;
    scene_fails(&s, 0, "image_format_constraints[1].pixel_format");
}

static void c075_color_space_do_not_care_adopts(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_simple(&s, NV12, LINEAR, ANY_SPACE);
    scene_simple(&s, NV12, LINEAR, REC709);
    expect(&s, NV12, LINEAR);
    assert_int_equal(s.outcome.buffer_count, 2);
    assert_int_equal(scene_result(&s)->color_spaces[0], REC709);
}

static void c077_nobody_gives_a_color_space(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_simple(&s, NV12, LINEAR, ANY_SPACE);
    scene_fails(&s, -1, NULL);
}

static void c093_unset_modifier_and_no_usage(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    add(&s, RGBA, NO_MOD);
    add(&s, RGBA, X_TILED);
    scene_fails(&s, 1, "image_format_constraints"); /* a user's unset modifier is LINEAR */
    set_usage_none(&s.constraints[0]);
    expect(&s, RGBA, X_TILED);
    s.constraints[0].usage.none |= SYSMEM_NONE_USAGE_PERMIT_ALLOCATION;
    expect(&s, RGBA, X_TILED);
}

static void c095_three_wild_participants(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    add(&s, RGBA, ANY_MOD);
    add(&s, ANY_FORMAT, NO_MOD);
    scene_fails(&s, -1, NULL); /* nobody gives a modifier */
    add(&s, ANY_FORMAT, X_TILED);
    expect(&s, RGBA, X_TILED);
}

static void c097_no_usage_takes_the_other_modifier(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    add(&s, RGBA, X_TILED);
    add(&s, RGBA, NO_MOD);
    set_usage_none(&s.constraints[1]);
    expect(&s, RGBA, X_TILED);
}

static void c099_pairs_in_the_vector_only(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_pair(&s, 0, add(&s, NO_FORMAT, NO_MOD), RGBA, X_TILED);
    scene_pair(&s, 1, add(&s, NO_FORMAT, NO_MOD), ANY_FORMAT, ANY_MOD);
    expect(&s, RGBA, X_TILED);
}

static void c101_several_pairs_in_the_vector(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *a = add(&s, NO_FORMAT, NO_MOD);
    scene_pair(&s, 0, a, BGRA, AFBC);
    scene_pair(&s, 0, a, RGBA, X_TILED);
    image_t *b = add(&s, NO_FORMAT, NO_MOD);
    scene_pair(&s, 1, b, BGRA, Y_TILED);
    scene_pair(&s, 1, b, RGBA, X_TILED);
    expect(&s, RGBA, X_TILED);
}

static void c103_the_same_pair_twice_in_the_vector(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = add(&s, NO_FORMAT, NO_MOD);
    scene_pair(&s, 0, image, RGBA, X_TILED);
    expect(&s, RGBA, X_TILED);
    scene_pair(&s, 0, image, RGBA, X_TILED);
    scene_fails(&s, 0, "image_format_constraints[0].pixel_format");
}

static void c105_wild_format_and_a_pickier_pair(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    add(&s, RGBA, ANY_MOD);
    scene_pair(&s, 1, add(&s, ANY_FORMAT, X_TILED), RGBA, X_TILED);
    scene_fails(&s, 1, "image_format_constraints[0].pixel_format");
}

static void c107_both_wild_and_a_pickier_pair(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_pair(&s, 0, add(&s, ANY_FORMAT, ANY_MOD), RGBA, X_TILED);
    scene_fails(&s, 0, "image_format_constraints[0].pixel_format");
}

static void c109_color_space_that_a_wild_pair_brings_in(void **state)
{
    static const uint32_t spaces[] = {SRGB, SYSMEM_COLOR_SPACE_REC2020};
    struct scene s;
    (void)state;
    scene_init(&s);
    add(&s, RGBA, ANY_MOD);
    image_t *image = add(&s, ANY_FORMAT, X_TILED);
    SYSMEM_SET_VECTOR(image, color_spaces, spaces, 2);
    expect(&s, RGBA, X_TILED);
    SYSMEM_SET(image, pixel_format, RGBA);
    scene_fails(&s, 1,
                "image_format_constraints[0].color_spaces"); /* asked for by name: an error */
}

static void wild_pairs_of_one_participant(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_pair(&s, 0, add(&s, RGBA, ANY_MOD), ANY_FORMAT, X_TILED);
    scene_fails(&s, 0, "image_format_constraints[0].pixel_format"); /* they combine */
    s.pairs[0][0].pixel_format_modifier = AFBC;
    s.images[0][0].pixel_format = SYSMEM_PIXEL_FORMAT_R5G6B5; /* never AFBC: they don't */
    add(&s, BGRA, AFBC);
    expect(&s, BGRA, AFBC);
    s.images[1][0].pixel_format = SYSMEM_PIXEL_FORMAT_R5G6B5;
    s.images[1][0].pixel_format_modifier = LINEAR;
    expect(&s, SYSMEM_PIXEL_FORMAT_R5G6B5, LINEAR);
}

static void unsupported_pairs(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = add(&s, SYSMEM_PIXEL_FORMAT_MJPEG, LINEAR);
    scene_fails(&s, 0, "image_format_constraints[0].pixel_format");
    SYSMEM_SET(image, pixel_format, NV12);
    SYSMEM_SET(image, pixel_format_modifier, AFBC);
    scene_fails(&s, 0, "image_format_constraints[0].pixel_format");
    SYSMEM_SET(image, pixel_format_modifier, SYSMEM_PIXEL_FORMAT_MODIFIER_INVALID);
    scene_fails(&s, 0, "image_format_constraints[0].pixel_format_modifier");
    SYSMEM_SET(image, pixel_format, 4711);
    SYSMEM_SET(image, pixel_format_modifier, ANY_MOD);
    scene_fails(&s, 0, "image_format_constraints"); /* no modifier goes with it */
    image->has.pixel_format = false;
    scene_fails(&s, 0, "image_format_constraints[0].pixel_format");
    image->has.pixel_format_modifier = false;
    scene_fails(&s, 0, "image_format_constraints[0].pixel_format");
}

/* NV12 and R8G8B8A8 with AFBC do not go together; what DO_NOT_CARE makes of them is skipped. */
static void unsupported_combinations_are_skipped(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_pair(&s, 0, add(&s, RGBA, ANY_MOD), SYSMEM_PIXEL_FORMAT_R5G6B5, ANY_MOD);
    add(&s, ANY_FORMAT, AFBC);
    expect(&s, RGBA, AFBC);
}

static void the_fan_out_is_bounded(void **state)
{
    static struct sysmem_pixel_format_and_modifier pairs[8][64];
    static const uint32_t formats[] = {RGBA, BGRA, SYSMEM_PIXEL_FORMAT_R8G8B8X8,
                                       SYSMEM_PIXEL_FORMAT_B8G8R8X8};
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_cpu(&s);
    SYSMEM_SET(c, min_buffer_count, 1);
    size_t n = 0;
    for (uint64_t flags = 0; flags < 128; flags++) { /* 4 formats, every kind of AFBC: 512 */
        uint64_t modifier = UINT64_C(0x0800000000000000) | (flags & 1 ? 2 : 1) |
                            (flags >> 1 & 7) << 4 | (flags >> 4 & 7) << 11;
        for (size_t f = 0; f < 4; f++, n++) {
            pairs[n / 64][n % 64] = (struct sysmem_pixel_format_and_modifier){formats[f], modifier};
        }
    }
    for (size_t i = 0; i < 8; i++) {
        image_t *image = scene_entry(&s, c, SRGB);
        SYSMEM_SET(image, min_size, SIZE(64, 64));
        SYSMEM_SET_VECTOR(image, pixel_format_and_modifiers, pairs[i], 64);
    }
    expect(&s, RGBA, AFBC);
    add(&s, ANY_FORMAT, ANY_MOD);
    scene_fails(&s, -1, NULL);
    s.images[0][7].pixel_format_and_modifiers_count = 63;
    expect(&s, RGBA, AFBC);
}

static void a_contradictory_format_is_dropped(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *a = add(&s, RGBA, LINEAR);
    SYSMEM_SET(a, max_size, SIZE(512, 512));
    image_t *b = add(&s, RGBA, LINEAR);
    SYSMEM_SET(b, min_size, SIZE(1024, 256));
    scene_fails(&s, 1, "image_format_constraints[0].min_size");
    assert_int_equal(s.outcome.reason_count, 2);
    assert_int_equal(s.outcome.reasons[1].participant, 0);
    assert_string_equal(s.outcome.reasons[1].field, "image_format_constraints[0].max_size");
    scene_image(&s, &s.constraints[0], BGRA, LINEAR, SRGB);
    scene_image(&s, &s.constraints[1], BGRA, LINEAR, SRGB);
    expect(&s, BGRA, LINEAR);
}

static void alpha_conflict_drops_the_format(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *a = add(&s, RGBA, LINEAR);
    SYSMEM_SET(a, is_alpha_present, true);
    scene_image(&s, &s.constraints[0], BGRA, LINEAR, SRGB);
    image_t *b = add(&s, RGBA, LINEAR);
    SYSMEM_SET(b, is_alpha_present, false);
    scene_fails(&s, 1, "image_format_constraints[0].is_alpha_present");
    scene_image(&s, &s.constraints[1], BGRA, LINEAR, SRGB);
    expect(&s, BGRA, LINEAR);
}

static void divisor_overflow_drops_the_format(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *a = add(&s, RGBA, LINEAR);
    SYSMEM_SET(a, bytes_per_row_divisor, 0x3FFFFFFC);
    image_t *b = add(&s, RGBA, LINEAR);
    SYSMEM_SET(b, bytes_per_row_divisor, 1 << 29);
    scene_fails(&s, 1, "image_format_constraints[0].bytes_per_row_divisor");
    scene_image(&s, &s.constraints[0], BGRA, LINEAR, SRGB);
    scene_image(&s, &s.constraints[1], BGRA, LINEAR, SRGB);
    expect(&s, BGRA, LINEAR);
}

static void reasons_name_formats_and_color_spaces(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_simple(&s, NV12, LINEAR, REC709);
    scene_simple(&s, RGBA, LINEAR, SRGB);
    scene_fails(&s, 1, "image_format_constraints");
    assert_non_null(strstr(s.outcome.reasons[0].detail, "NV12 LINEAR"));
    assert_non_null(strstr(s.outcome.reasons[0].detail, "R8G8B8A8 LINEAR"));
    SYSMEM_SET(&s.images[1][0], pixel_format, NV12);
    s.spaces[1][0] = SYSMEM_COLOR_SPACE_REC601_PAL;
    scene_fails(&s, 1, "image_format_constraints[0].color_spaces");
    assert_non_null(strstr(s.outcome.reasons[0].detail, "REC601_PAL for NV12 LINEAR, got REC709"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c073_do_not_care_with_a_second_entry),
        cmocka_unit_test(c075_color_space_do_not_care_adopts),
        cmocka_unit_test(c077_nobody_gives_a_color_space),
        cmocka_unit_test(c093_unset_modifier_and_no_usage),
        cmocka_unit_test(c095_three_wild_participants),
        cmocka_unit_test(c097_no_usage_takes_the_other_modifier),
        cmocka_unit_test(c099_pairs_in_the_vector_only),
        cmocka_unit_test(c101_several_pairs_in_the_vector),
        cmocka_unit_test(c103_the_same_pair_twice_in_the_vector),
        cmocka_unit_test(c105_wild_format_and_a_pickier_pair),
        cmocka_unit_test(c107_both_wild_and_a_pickier_pair),
        cmocka_unit_test(c109_color_space_that_a_wild_pair_brings_in),
        cmocka_unit_test(wild_pairs_of_one_participant),
        cmocka_unit_test(unsupported_pairs),
        cmocka_unit_test(unsupported_combinations_are_skipped),
        cmocka_unit_test(the_fan_out_is_bounded),
        cmocka_unit_test(a_contradictory_format_is_dropped),
        cmocka_unit_test(alpha_conflict_drops_the_format),
        cmocka_unit_test(divisor_overflow_drops_the_format),
        cmocka_unit_test(reasons_name_formats_and_color_spaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
