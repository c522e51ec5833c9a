/* The layout of images: alpha, color spaces, alignments, divisors.
 * Source: spec/fuchsia.sysmem2.txt, TABLES, ImageFormatConstraints. */
#include "negotiation.h"
#include "wishes.h"

#define RGBA SYSMEM_PIXEL_FORMAT_R8G8B8A8
#define NV12 SYSMEM_PIXEL_FORMAT_NV12

struct format {
    uint32_t format;
    const uint32_t *color_space;
    uint64_t bytes_at_64; /* of a 64x64 image */
    bool has_alpha;
};

static const struct format formats[] = {
    {SYSMEM_PIXEL_FORMAT_R8G8B8A8,    srgb,    16384, true },
    {SYSMEM_PIXEL_FORMAT_B8G8R8A8,    srgb,    16384, true },
    {SYSMEM_PIXEL_FORMAT_I420,        rec709,  6144,  false},
    {SYSMEM_PIXEL_FORMAT_M420,        rec709,  6144,  false},
    {SYSMEM_PIXEL_FORMAT_NV12,        rec709,  6144,  false},
    {SYSMEM_PIXEL_FORMAT_YUY2,        rec709,  8192,  false},
    {SYSMEM_PIXEL_FORMAT_YV12,        rec709,  6144,  false},
    {SYSMEM_PIXEL_FORMAT_B8G8R8,      srgb,    12288, false},
    {SYSMEM_PIXEL_FORMAT_R5G6B5,      srgb,    8192,  false},
    {SYSMEM_PIXEL_FORMAT_R3G3B2,      srgb,    4096,  false},
    {SYSMEM_PIXEL_FORMAT_R2G2B2X2,    srgb,    4096,  true },
    {SYSMEM_PIXEL_FORMAT_L8,          srgb,    4096,  false},
    {SYSMEM_PIXEL_FORMAT_R8,          srgb,    4096,  false},
    {SYSMEM_PIXEL_FORMAT_R8G8,        srgb,    8192,  false},
    {SYSMEM_PIXEL_FORMAT_A2R10G10B10, srgb,    16384, true },
    {SYSMEM_PIXEL_FORMAT_A2B10G10R10, srgb,    16384, true },
    {SYSMEM_PIXEL_FORMAT_P010,        rec2100, 12288, false},
    {SYSMEM_PIXEL_FORMAT_R8G8B8,      srgb,    12288, false},
};

enum { UNSET, FALSE, TRUE };

static struct sysmem_image_format_constraints with_alpha(const struct format *format, int alpha)
{
    struct sysmem_image_format_constraints image =
        image_of(format->format, format->color_space, 64, 64);
    if (alpha != UNSET) {
        SYSMEM_SET(&image, is_alpha_present, alpha == TRUE);
    }
    return image;
}

static void check_alpha(struct stage *stage, const struct format *format, int first, int second)
{
    const struct sysmem_image_format_constraints images[] = {with_alpha(format, first),
                                                             with_alpha(format, second)};
    const struct sysmem_buffer_collection_constraints wishes[] = {image_wish(&images[0], 1),
                                                                  image_wish(&images[1], 1)};
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, 2);
    if (first != UNSET && second != UNSET && first != second) {
        assert_refused(&n);
    } else {
        int wanted = first != UNSET ? first : second;
        assert_allocated(&n, 2);
        const struct sysmem_image_format_constraints *image = image_result(&n);
        assert_int_equal(image->pixel_format, format->format);
        assert_true(result_of(&n, 0)->settings.buffer_settings.size_bytes == format->bytes_at_64);
        assert_int_equal(image->has.is_alpha_present, wanted != UNSET && format->has_alpha);
        assert_int_equal(image->has.is_alpha_present && image->is_alpha_present,
                         wanted == TRUE && format->has_alpha);
    }
    negotiation_close(&n);
}

static void c123_is_alpha_present_of_every_format(void **state)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        for (int first = UNSET; first <= TRUE; first++) {
            for (int second = UNSET; second <= TRUE; second++) {
                check_alpha(*state, &formats[i], first, second);
            }
        }
    }
}

/* What one participant with this image gets. */
static struct sysmem_image_format_constraints image_from(
    struct stage *stage, const struct sysmem_image_format_constraints *image)
{
    const struct sysmem_buffer_collection_constraints wish = image_wish(image, 1);
    struct negotiation n;
    negotiate(&n, stage->allocator, &wish, 1);
    assert_allocated(&n, 1);
    struct sysmem_image_format_constraints result = *image_result(&n);
    result.color_spaces = NULL; /* dies with the result */
    negotiation_close(&n);
    return result;
}

static bool is_refused(struct stage *stage, const struct sysmem_image_format_constraints *image)
{
    const struct sysmem_buffer_collection_constraints wish = image_wish(image, 1);
    struct negotiation n;
    negotiate(&n, stage->allocator, &wish, 1);
    bool refused = n.seats[0].status != 0;
    if (refused) {
        assert_refused(&n);
    }
    negotiation_close(&n);
    return refused;
}

static void c119_b8g8r8x8_can_be_had(void **state)
{
    struct sysmem_image_format_constraints image =
        image_of(SYSMEM_PIXEL_FORMAT_B8G8R8X8, srgb, 64, 64);
    struct sysmem_image_format_constraints result = image_from(*state, &image);
    assert_int_equal(result.pixel_format, SYSMEM_PIXEL_FORMAT_B8G8R8X8);
    assert_int_equal(result.min_bytes_per_row, 256);
}

static void c121_b8g8r8a8_without_alpha_can_be_had(void **state)
{
    struct sysmem_image_format_constraints image =
        image_of(SYSMEM_PIXEL_FORMAT_B8G8R8A8, srgb, 64, 64);
    SYSMEM_SET(&image, is_alpha_present, false);
    struct sysmem_image_format_constraints result = image_from(*state, &image);
    assert_int_equal(result.pixel_format, SYSMEM_PIXEL_FORMAT_B8G8R8A8);
    assert_true(result.has.is_alpha_present);
    assert_false(result.is_alpha_present);
}

static void c131_size_alignment_flows_into_min_size_and_bytes_per_row(void **state)
{
    struct sysmem_image_format_constraints image = image_of_any_size(RGBA, srgb);
    SYSMEM_SET(&image, size_alignment, (struct sysmem_size){16, 8});
    SYSMEM_SET(&image, required_max_size, (struct sysmem_size){32, 32});
    struct sysmem_image_format_constraints result = image_from(*state, &image);
    assert_int_equal(result.min_size.width, 16);
    assert_int_equal(result.min_size.height, 8);
    assert_int_equal(result.min_bytes_per_row, 64);
}

static void alignments_are_powers_of_two(void **state)
{
    static const uint32_t bad[] = {0, 3, 12, UINT32_MAX};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct sysmem_image_format_constraints image = image_of(RGBA, srgb, 64, 64);
        SYSMEM_SET(&image, size_alignment, (struct sysmem_size){bad[i], 1});
        assert_true(is_refused(*state, &image));
        image.size_alignment = (struct sysmem_size){1, bad[i]};
        assert_true(is_refused(*state, &image));
        image.size_alignment = (struct sysmem_size){1, 1};
        SYSMEM_SET(&image, display_rect_alignment, (struct sysmem_size){1, bad[i]});
        assert_true(is_refused(*state, &image));
        image.has.display_rect_alignment = false;
        SYSMEM_SET(&image, start_offset_divisor, bad[i]);
        assert_true(is_refused(*state, &image));
        image.has.start_offset_divisor = false;
        assert_false(is_refused(*state, &image));
    }
    struct sysmem_image_format_constraints image = image_of(RGBA, srgb, 64, 64);
    SYSMEM_SET(&image, start_offset_divisor, (uint32_t)PAGE);
    assert_false(is_refused(*state, &image));
    image.start_offset_divisor *= 2;
    assert_true(is_refused(*state, &image));
    image.has.start_offset_divisor = false;
    SYSMEM_SET(&image, bytes_per_row_divisor, 0);
    assert_true(is_refused(*state, &image));
    image.bytes_per_row_divisor = 12; /* a divisor may be any number */
    assert_false(is_refused(*state, &image));
}

static void what_one_participant_contradicts_fails(void **state)
{
    const struct sysmem_image_format_constraints sound = image_of(RGBA, srgb, 64, 64);
    struct sysmem_image_format_constraints images[6];
    for (size_t i = 0; i < 6; i++) {
        images[i] = sound;
    }
    SYSMEM_SET(&images[0], max_size, (struct sysmem_size){63, 64});
    SYSMEM_SET(&images[1], max_size, (struct sysmem_size){64, 63});
    SYSMEM_SET(&images[2], max_bytes_per_row, 255);
    SYSMEM_SET(&images[3], max_width_times_height, 64 * 64 - 1);
    SYSMEM_SET(&images[4], max_size, (struct sysmem_size){128, 128});
    SYSMEM_SET(&images[4], required_max_size, (struct sysmem_size){129, 128});
    SYSMEM_SET(&images[5], required_min_size, (struct sysmem_size){64, 63});
    for (size_t i = 0; i < 6; i++) {
        assert_true(is_refused(*state, &images[i]));
    }
    images[4].required_max_size.width = 128;
    images[5].required_min_size.height = 64;
    assert_false(is_refused(*state, &images[4]));
    assert_false(is_refused(*state, &images[5]));
}

static void numbers_of_two_participants_combine(void **state)
{
    struct stage *stage = *state;
    struct sysmem_image_format_constraints images[2] = {image_of(RGBA, srgb, 64, 32),
                                                        image_of(RGBA, srgb, 32, 64)};
    SYSMEM_SET(&images[0], bytes_per_row_divisor, 24);
    SYSMEM_SET(&images[1], bytes_per_row_divisor, 36);
    SYSMEM_SET(&images[0], max_size, (struct sysmem_size){1000, 500});
    SYSMEM_SET(&images[1], max_size, (struct sysmem_size){500, 1000});
    SYSMEM_SET(&images[0], size_alignment, (struct sysmem_size){4, 1});
    SYSMEM_SET(&images[1], size_alignment, (struct sysmem_size){2, 8});
    SYSMEM_SET(&images[1], require_bytes_per_row_at_pixel_boundary, true);
    const struct sysmem_buffer_collection_constraints wishes[] = {image_wish(&images[0], 1),
                                                                  image_wish(&images[1], 1)};
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, 2);
    assert_allocated(&n, 2);
    const struct sysmem_image_format_constraints *image = image_result(&n);
    assert_int_equal(image->min_size.width, 64);
    assert_int_equal(image->min_size.height, 64);
    assert_int_equal(image->max_size.width, 500);
    assert_int_equal(image->max_size.height, 496); /* down to the alignment */
    assert_int_equal(image->size_alignment.width, 4);
    assert_int_equal(image->size_alignment.height, 8);
    assert_int_equal(image->bytes_per_row_divisor, 72);
    assert_int_equal(image->min_bytes_per_row, 288);
    assert_true(image->require_bytes_per_row_at_pixel_boundary);
    assert_true(result_of(&n, 0)->settings.buffer_settings.size_bytes == UINT64_C(288) * 64);
    negotiation_close(&n);
}

static void a_format_whose_ranges_contradict_leaves_the_others(void **state)
{
    struct stage *stage = *state;
    struct sysmem_image_format_constraints first[2] = {image_of(RGBA, srgb, 64, 64),
                                                       image_of(NV12, rec709, 64, 64)};
    struct sysmem_image_format_constraints second[2] = {image_of(RGBA, srgb, 1, 1),
                                                        image_of(NV12, rec709, 2, 2)};
    SYSMEM_SET(&second[0], max_size, (struct sysmem_size){32, 32});
    struct sysmem_buffer_collection_constraints wishes[] = {image_wish(first, 2),
                                                            image_wish(second, 2)};
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, 2);
    assert_allocated(&n, 2);
    assert_int_equal(image_result(&n)->pixel_format, NV12);
    negotiation_close(&n);
    wishes[0].image_format_constraints_count = 1; /* and none is left */
    expect(stage->allocator, wishes, 2, 0);
}

static void color_spaces_that_are_wrong_fail(void **state)
{
    static const uint32_t wrong[][2] = {
        {SYSMEM_COLOR_SPACE_SRGB, SYSMEM_COLOR_SPACE_SRGB       },
        {SYSMEM_COLOR_SPACE_SRGB, SYSMEM_COLOR_SPACE_DO_NOT_CARE},
        {SYSMEM_COLOR_SPACE_SRGB, SYSMEM_COLOR_SPACE_INVALID    },
        {SYSMEM_COLOR_SPACE_SRGB, SYSMEM_COLOR_SPACE_REC709     }, /* not one of RGB */
        {SYSMEM_COLOR_SPACE_SRGB, 77                            },
    };
    struct sysmem_image_format_constraints image = image_of(RGBA, srgb, 64, 64);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        SYSMEM_SET_VECTOR(&image, color_spaces, wrong[i], 2);
        assert_true(is_refused(*state, &image));
        image.color_spaces_count = 1;
        assert_false(is_refused(*state, &image));
    }
    SYSMEM_SET_VECTOR(&image, color_spaces, NULL, 0);
    assert_true(is_refused(*state, &image));
    image.has.color_spaces = false;
    assert_true(is_refused(*state, &image));
}

static void the_best_color_space_wins(void **state)
{
    struct stage *stage = *state;
    static const uint32_t best_first[] = {
        SYSMEM_COLOR_SPACE_REC2100,     SYSMEM_COLOR_SPACE_REC2020,
        SYSMEM_COLOR_SPACE_REC709,      SYSMEM_COLOR_SPACE_REC601_PAL_FULL_RANGE,
        SYSMEM_COLOR_SPACE_REC601_PAL,  SYSMEM_COLOR_SPACE_REC601_NTSC_FULL_RANGE,
        SYSMEM_COLOR_SPACE_REC601_NTSC, SYSMEM_COLOR_SPACE_PASSTHROUGH,
    };
    const size_t count = sizeof(best_first) / sizeof(best_first[0]);
    uint32_t worst_first[sizeof(best_first) / sizeof(best_first[0])];
    for (size_t i = 0; i < count; i++) {
        worst_first[i] = best_first[count - 1 - i];
    }
    struct sysmem_image_format_constraints image =
        image_of(SYSMEM_PIXEL_FORMAT_P010, rec2100, 64, 64);
    for (size_t left = count; left > 0; left--) {
        SYSMEM_SET_VECTOR(&image, color_spaces, worst_first, left);
        const struct sysmem_buffer_collection_constraints wish = image_wish(&image, 1);
        struct negotiation n;
        negotiate(&n, stage->allocator, &wish, 1);
        assert_int_equal(image_result(&n)->color_spaces[0], worst_first[left - 1]);
        negotiation_close(&n);
    }
}

/* One image of every layout: the daemon's size is what the client computes from the result. */
static void check_layout(struct stage *stage, uint32_t format, uint64_t modifier)
{
    const struct sysmem_size size = {130, 70};
    struct sysmem_image_format_constraints image =
        image_of(format, passthrough, size.width, size.height);
    struct sysmem_image_format client;
    uint64_t bytes = 0;
    struct negotiation n;
    SYSMEM_SET(&image, pixel_format_modifier, modifier);
    const struct sysmem_buffer_collection_constraints wish = image_wish(&image, 1);
    negotiate(&n, stage->allocator, &wish, 1);
    assert_allocated(&n, 1);
    const struct sysmem_image_format_constraints *result = image_result(&n);
    assert_true(result->pixel_format == format && result->pixel_format_modifier == modifier);
    sysmem_status_t status = sysmem_image_format_from_constraints(result, size, &client);
    if (modifier == SYSMEM_PIXEL_FORMAT_MODIFIER_GOOGLE_GOLDFISH_OPTIMAL) {
        assert_int_equal(status, ZX_ERR_NOT_SUPPORTED); /* rows are the heap's own */
    } else {
        assert_int_equal(status, ZX_OK);
        assert_int_equal(sysmem_image_format_size_bytes(&client, &bytes), ZX_OK);
        assert_int_equal(result_of(&n, 0)->settings.buffer_settings.size_bytes, bytes);
    }
    negotiation_close(&n);
}

static void every_layout_has_the_size_that_the_client_computes(void **state)
{
    static const uint64_t modifiers[] = {
        SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR,
        SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED,
        SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED,
        SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED,
        SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED_CCS,
        SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED_CCS,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_LINEAR_TE,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_TE,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8_TE,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_YUV_TILED_HEADER,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TE_TILED_HEADER,
        SYSMEM_PIXEL_FORMAT_MODIFIER_GOOGLE_GOLDFISH_OPTIMAL,
    };
    unsigned pairs = 0;
    for (size_t m = 0; m < sizeof(modifiers) / sizeof(modifiers[0]); m++) {
        for (uint32_t format = 0; format < 130; format++) {
            if (sysmem_pixel_format_supports_modifier(format, modifiers[m])) {
                check_layout(*state, format, modifiers[m]);
                pairs++;
            }
        }
    }
    assert_int_equal(pairs, 3 * 20 + 5 * 5 + 6 * 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c119_b8g8r8x8_can_be_had),
        CASE(c121_b8g8r8a8_without_alpha_can_be_had),
        CASE(c123_is_alpha_present_of_every_format),
        CASE(c131_size_alignment_flows_into_min_size_and_bytes_per_row),
        CASE(alignments_are_powers_of_two),
        CASE(what_one_participant_contradicts_fails),
        CASE(numbers_of_two_participants_combine),
        CASE(a_format_whose_ranges_contradict_leaves_the_others),
        CASE(color_spaces_that_are_wrong_fail),
        CASE(the_best_color_space_wins),
        CASE(every_layout_has_the_size_that_the_client_computes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
