/* Pixel formats, their modifiers, and what DO_NOT_CARE comes to.
 * Source: spec/fuchsia.sysmem2.txt, TABLES, ImageFormatConstraints. */
#include "negotiation.h"
#include "wishes.h"

#define RGBA    SYSMEM_PIXEL_FORMAT_R8G8B8A8
#define BGRA    SYSMEM_PIXEL_FORMAT_B8G8R8A8
#define NV12    SYSMEM_PIXEL_FORMAT_NV12
#define ANY     SYSMEM_PIXEL_FORMAT_DO_NOT_CARE

#define X_TILED SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED
#define Y_TILED SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED
#define AFBC    SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16
#define LINEAR  SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR
#define ANY_MOD SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE

typedef struct sysmem_pixel_format_and_modifier pair;

/* One image of the usual size. */
static struct sysmem_image_format_constraints plain(uint32_t format)
{
    return image_of(format, srgb, 256, 256);
}

static struct sysmem_image_format_constraints modified(uint32_t format, uint64_t modifier)
{
    struct sysmem_image_format_constraints image = plain(format);
    SYSMEM_SET(&image, pixel_format_modifier, modifier);
    return image;
}

/* The same, with everything in the vector. */
static struct sysmem_image_format_constraints listed(const pair *pairs, size_t count)
{
    struct sysmem_image_format_constraints image = plain(ANY);
    image.has.pixel_format = false;
    SYSMEM_SET_VECTOR(&image, pixel_format_and_modifiers, pairs, count);
    return image;
}

/* A participant with one image, which is borrowed. */
static struct sysmem_buffer_collection_constraints wish_for(
    const struct sysmem_image_format_constraints *image)
{
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    SYSMEM_SET_VECTOR(&wish, image_format_constraints, image, 1);
    return wish;
}

static void agree_on(struct stage *stage, const struct sysmem_buffer_collection_constraints *wishes,
                     size_t count, pair wanted)
{
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, count);
    assert_allocated(&n, result_of(&n, 0)->buffers_count);
    assert_int_equal(image_result(&n)->pixel_format, wanted.pixel_format);
    assert_true(image_result(&n)->pixel_format_modifier == wanted.pixel_format_modifier);
    assert_false(image_result(&n)->has.pixel_format_and_modifiers);
    negotiation_close(&n);
}

/* Two participants with one image each. */
static void two_agree_on(struct stage *stage, struct sysmem_image_format_constraints first,
                         struct sysmem_image_format_constraints second, pair wanted)
{
    const struct sysmem_buffer_collection_constraints wishes[] = {wish_for(&first),
                                                                  wish_for(&second)};
    agree_on(stage, wishes, 2, wanted);
}

static void two_disagree(struct stage *stage, struct sysmem_image_format_constraints first,
                         struct sysmem_image_format_constraints second)
{
    const struct sysmem_buffer_collection_constraints wishes[] = {wish_for(&first),
                                                                  wish_for(&second)};
    expect(stage->allocator, wishes, 2, 0);
}

static void c073_do_not_care_beside_a_second_entry_fails(void **state)
{
    struct stage *stage = *state;
    struct sysmem_image_format_constraints theirs = image_of(NV12, rec709, 32, 32);
    struct sysmem_image_format_constraints ours[2] = {image_of_any_size(ANY, rec709),
                                                      image_of_any_size(NV12, rec709)};
    struct sysmem_buffer_collection_constraints wishes[] = {image_wish(&theirs, 1),
                                                            image_wish(ours, 1)};
    agree_on(stage, wishes, 2, (pair){NV12, LINEAR});
    wishes[1] = image_wish(ours, 2);
    expect(stage->allocator, wishes, 2, 0);
    ours[1].pixel_format = SYSMEM_PIXEL_FORMAT_INVALID;
    expect(stage->allocator, wishes, 2, 0);
}

static void c075_color_space_do_not_care_adopts_the_others(void **state)
{
    struct stage *stage = *state;
    const struct sysmem_image_format_constraints images[] = {
        image_of(NV12, any_color_space, 32, 32), image_of(NV12, rec709, 32, 32)};
    const struct sysmem_buffer_collection_constraints wishes[] = {image_wish(&images[0], 1),
                                                                  image_wish(&images[1], 1)};
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, 2);
    assert_allocated(&n, 2);
    assert_int_equal(image_result(&n)->pixel_format, NV12);
    assert_int_equal(image_result(&n)->color_spaces[0], SYSMEM_COLOR_SPACE_REC709);
    negotiation_close(&n);
}

static void c077_a_color_space_that_nobody_cares_for_eliminates_the_format(void **state)
{
    struct stage *stage = *state;
    const struct sysmem_image_format_constraints images[] = {
        image_of(NV12, any_color_space, 32, 32), image_of(NV12, rec709, 32, 32)};
    const struct sysmem_buffer_collection_constraints wishes[] = {image_wish(&images[0], 1),
                                                                  image_wish(&images[1], 1)};
    expect(stage->allocator, wishes, 2, 2);
    expect(stage->allocator, wishes, 1, 0);
}

static void a_format_that_nobody_cares_for_fails(void **state)
{
    struct stage *stage = *state;
    two_disagree(stage, plain(ANY), plain(ANY));
    two_disagree(stage, modified(RGBA, ANY_MOD), modified(RGBA, ANY_MOD));
    two_agree_on(stage, modified(RGBA, ANY_MOD), plain(RGBA), (pair){RGBA, LINEAR});
}

static void c093_modifier_unset_and_no_use_is_do_not_care(void **state)
{
    struct stage *stage = *state;
    const struct sysmem_image_format_constraints images[] = {plain(RGBA), modified(RGBA, X_TILED)};
    struct sysmem_buffer_collection_constraints wishes[] = {wish_for(&images[0]),
                                                            wish_for(&images[1])};
    expect(stage->allocator, wishes, 2, 0); /* with a use it is LINEAR */
    wish_for_no_use(&wishes[0]);
    agree_on(stage, wishes, 2, (pair){RGBA, X_TILED});
}

static void c095_three_participants_complete_each_other(void **state)
{
    struct stage *stage = *state;
    const struct sysmem_image_format_constraints images[] = {modified(RGBA, ANY_MOD), plain(ANY),
                                                             modified(ANY, X_TILED)};
    const struct sysmem_buffer_collection_constraints wishes[] = {
        wish_for(&images[0]), wish_for(&images[1]), wish_for(&images[2])};
    agree_on(stage, wishes, 3, (pair){RGBA, X_TILED});
}

static void c097_specific_format_without_modifier_and_use(void **state)
{
    struct stage *stage = *state;
    const struct sysmem_image_format_constraints images[] = {modified(RGBA, X_TILED), plain(RGBA)};
    struct sysmem_buffer_collection_constraints wishes[] = {wish_for(&images[0]),
                                                            wish_for(&images[1])};
    wish_for_no_use(&wishes[1]);
    agree_on(stage, wishes, 2, (pair){RGBA, X_TILED});
}

static void c099_vectors_with_one_entry_each(void **state)
{
    static const pair first[] = {
        {RGBA, X_TILED}
    };
    static const pair second[] = {
        {ANY, ANY_MOD}
    };
    two_agree_on(*state, listed(first, 1), listed(second, 1), (pair){RGBA, X_TILED});
}

static void c101_vectors_with_several_entries(void **state)
{
    static const pair first[] = {
        {BGRA, AFBC   },
        {RGBA, X_TILED}
    };
    static const pair second[] = {
        {BGRA, Y_TILED},
        {RGBA, X_TILED}
    };
    two_agree_on(*state, listed(first, 2), listed(second, 2), (pair){RGBA, X_TILED});
    two_disagree(*state, listed(first, 1), listed(second, 2));
}

static void c103_the_same_format_twice_in_a_vector_fails(void **state)
{
    static const pair twice[] = {
        {RGBA, X_TILED},
        {RGBA, X_TILED}
    };
    two_agree_on(*state, plain(ANY), listed(twice, 1), (pair){RGBA, X_TILED});
    two_disagree(*state, plain(ANY), listed(twice, 2));
    struct sysmem_image_format_constraints image = modified(RGBA, X_TILED);
    SYSMEM_SET_VECTOR(&image, pixel_format_and_modifiers, twice, 1);
    two_disagree(*state, plain(ANY), image); /* the main pair belongs to the list */
}

static void c105_a_wildcard_format_and_a_pickier_version_fail(void **state)
{
    static const pair pickier[] = {
        {RGBA, X_TILED}
    };
    struct sysmem_image_format_constraints image = modified(ANY, X_TILED);
    two_agree_on(*state, modified(RGBA, ANY_MOD), image, (pair){RGBA, X_TILED});
    SYSMEM_SET_VECTOR(&image, pixel_format_and_modifiers, pickier, 1);
    two_disagree(*state, modified(RGBA, ANY_MOD), image);
}

static void c107_two_wildcards_and_a_pickier_version_fail(void **state)
{
    struct stage *stage = *state;
    static const pair pickier[] = {
        {RGBA, X_TILED}
    };
    struct sysmem_image_format_constraints image = modified(ANY, ANY_MOD);
    SYSMEM_SET_VECTOR(&image, pixel_format_and_modifiers, pickier, 1);
    const struct sysmem_buffer_collection_constraints wish = wish_for(&image);
    expect(stage->allocator, &wish, 1, 0);
}

static void wildcards_that_cannot_meet_may_stand_together(void **state)
{
    /* R8 has no tiled form, so (R8, any modifier) and (any format, X_TILED) never are the same. */
    static const pair apart[] = {
        {SYSMEM_PIXEL_FORMAT_R8, ANY_MOD},
        {ANY,                    X_TILED}
    };
    two_agree_on(*state, listed(apart, 2), plain(SYSMEM_PIXEL_FORMAT_R8),
                 (pair){SYSMEM_PIXEL_FORMAT_R8, LINEAR});
}

static void c109_a_color_space_that_only_a_wildcard_brings_in_is_dropped(void **state)
{
    static const uint32_t both[] = {SYSMEM_COLOR_SPACE_SRGB, SYSMEM_COLOR_SPACE_REC2020};
    struct sysmem_image_format_constraints wild = image_of(ANY, srgb, 64, 64);
    SYSMEM_SET(&wild, pixel_format_modifier, X_TILED);
    SYSMEM_SET_VECTOR(&wild, color_spaces, both, 2);
    struct sysmem_image_format_constraints named = image_of(RGBA, srgb, 64, 64);
    SYSMEM_SET(&named, pixel_format_modifier, ANY_MOD);
    two_agree_on(*state, named, wild, (pair){RGBA, X_TILED});
    wild.pixel_format = RGBA; /* asked for by name it is an error */
    two_disagree(*state, named, wild);
}

static void an_image_without_a_format_fails(void **state)
{
    struct stage *stage = *state;
    struct sysmem_image_format_constraints image = listed(NULL, 0);
    struct sysmem_buffer_collection_constraints wish = wish_for(&image);
    expect(stage->allocator, &wish, 1, 0);
    static const pair one[] = {
        {RGBA, LINEAR}
    };
    image = listed(one, 1);
    expect(stage->allocator, &wish, 1, 1);
    SYSMEM_SET(&image, pixel_format_modifier, LINEAR); /* of which format? */
    expect(stage->allocator, &wish, 1, 0);
}

static void formats_that_do_not_exist_fail(void **state)
{
    struct stage *stage = *state;
    const struct sysmem_image_format_constraints images[] = {
        plain(SYSMEM_PIXEL_FORMAT_INVALID),
        modified(RGBA, SYSMEM_PIXEL_FORMAT_MODIFIER_INVALID),
        plain(SYSMEM_PIXEL_FORMAT_MJPEG),
        plain(9999),
        modified(SYSMEM_PIXEL_FORMAT_R8, X_TILED),
    };
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
        const struct sysmem_buffer_collection_constraints wish = wish_for(&images[i]);
        expect(stage->allocator, &wish, 1, 0);
    }
}

static void equal_costs_go_to_the_smaller_numbers(void **state)
{
    struct stage *stage = *state;
    static const pair pairs[] = {
        {BGRA, LINEAR },
        {RGBA, X_TILED},
        {RGBA, LINEAR }
    };
    struct sysmem_image_format_constraints image = listed(pairs, 3);
    const struct sysmem_buffer_collection_constraints wish = wish_for(&image);
    agree_on(stage, &wish, 1, (pair){RGBA, LINEAR});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c073_do_not_care_beside_a_second_entry_fails),
        CASE(c075_color_space_do_not_care_adopts_the_others),
        CASE(c077_a_color_space_that_nobody_cares_for_eliminates_the_format),
        CASE(a_format_that_nobody_cares_for_fails),
        CASE(c093_modifier_unset_and_no_use_is_do_not_care),
        CASE(c095_three_participants_complete_each_other),
        CASE(c097_specific_format_without_modifier_and_use),
        CASE(c099_vectors_with_one_entry_each),
        CASE(c101_vectors_with_several_entries),
        CASE(c103_the_same_format_twice_in_a_vector_fails),
        CASE(c105_a_wildcard_format_and_a_pickier_version_fail),
        CASE(c107_two_wildcards_and_a_pickier_version_fail),
        CASE(wildcards_that_cannot_meet_may_stand_together),
        CASE(c109_a_color_space_that_only_a_wildcard_brings_in_is_dropped),
        CASE(an_image_without_a_format_fails),
        CASE(formats_that_do_not_exist_fail),
        CASE(equal_costs_go_to_the_smaller_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
