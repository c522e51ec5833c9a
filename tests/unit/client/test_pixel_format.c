#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sysmem/pixel_format.h>

static const struct sysmem_pixel_format_info *info_of(uint32_t pixel_format)
{
    const struct sysmem_pixel_format_info *info = sysmem_pixel_format_info(pixel_format);
    assert_non_null(info);
    return info;
}

static void what_a_format_says_by_itself(void **state)
{
    (void)state;
    const struct sysmem_pixel_format_info *info = info_of(SYSMEM_PIXEL_FORMAT_P010);
    assert_int_equal(info->bits_per_pixel, 15);
    assert_int_equal(info->bits_per_sample, 10);
    assert_int_equal(info->bytes_per_width_pixel, 2);
    assert_int_equal(info->width_divisor, 2);
    assert_int_equal(info->height_divisor, 2);
    assert_int_equal(info->sample_alignment, 4);
    assert_false(info->has_alpha);
    assert_int_equal(info_of(SYSMEM_PIXEL_FORMAT_R2G2B2X2)->bits_per_pixel, 8);
    assert_true(info_of(SYSMEM_PIXEL_FORMAT_R2G2B2X2)->has_alpha);
    assert_ptr_equal(info_of(SYSMEM_PIXEL_FORMAT_P010), info);
    assert_int_equal(info->bits_per_pixel, 15); /* stays what it was */
}

static void c171_ten_bit_rgb_is_not_subsampled(void **state)
{
    const uint32_t formats[] = {SYSMEM_PIXEL_FORMAT_A2R10G10B10, SYSMEM_PIXEL_FORMAT_A2B10G10R10};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct sysmem_pixel_format_info *info = info_of(formats[i]);
        assert_int_equal(info->width_divisor, 1);
        assert_int_equal(info->height_divisor, 1);
        assert_int_equal(info->sample_alignment, 4);
        assert_int_equal(info->bits_per_pixel, 32);
    }
}

/* Bits, written out here, of every value around the formats'. */
static void bits_of_every_format(void **state)
{
    static const uint8_t bits[] = {
        [1] = 32,  [2] = 12,  [3] = 12,  [4] = 12,  [5] = 16,  [6] = 0,  [7] = 12,
        [8] = 24,  [9] = 16,  [10] = 8,  [11] = 8,  [12] = 8,  [13] = 8, [14] = 16,
        [15] = 32, [16] = 32, [17] = 15, [18] = 24, [19] = 32, [20] = 32};
    (void)state;
    for (uint32_t i = 0; i < sizeof(bits); i++) {
        if (bits[i] == 0) {
            assert_null(sysmem_pixel_format_info(100 + i));
        } else {
            assert_int_equal(info_of(100 + i)->bits_per_pixel, bits[i]);
        }
    }
}

static void c175_color_spaces(void **state)
{
    (void)state;
    assert_false(sysmem_pixel_format_supports_color_space(SYSMEM_PIXEL_FORMAT_R5G6B5,
                                                          SYSMEM_COLOR_SPACE_INVALID));
    assert_true(sysmem_pixel_format_supports_color_space(SYSMEM_PIXEL_FORMAT_B8G8R8A8,
                                                         SYSMEM_COLOR_SPACE_PASSTHROUGH));
    assert_true(sysmem_pixel_format_supports_color_space(SYSMEM_PIXEL_FORMAT_NV12,
                                                         SYSMEM_COLOR_SPACE_PASSTHROUGH));
    assert_false(sysmem_pixel_format_supports_color_space(SYSMEM_PIXEL_FORMAT_NV12,
                                                          SYSMEM_COLOR_SPACE_DO_NOT_CARE));
    assert_false(sysmem_pixel_format_supports_color_space(SYSMEM_PIXEL_FORMAT_MJPEG,
                                                          SYSMEM_COLOR_SPACE_SRGB));
}

static void c167_c169_protected_memory(void **state)
{
    (void)state;
    assert_true(
        sysmem_pixel_format_modifier_is_protected_compatible(SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR));
    assert_false(sysmem_pixel_format_modifier_is_protected_compatible(
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_LINEAR_TE));
    assert_false(sysmem_pixel_format_modifier_is_protected_compatible(
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TE));
    assert_false(sysmem_pixel_format_modifier_is_protected_compatible(
        SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE));
    assert_false(sysmem_pixel_format_supports_modifier(SYSMEM_PIXEL_FORMAT_NV12,
                                                       SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE));
}

static void names_there_and_back(void **state)
{
    uint32_t value = 7;
    uint64_t modifier = 7;
    (void)state;
    assert_string_equal(sysmem_pixel_format_name(SYSMEM_PIXEL_FORMAT_R8G8B8A8), "R8G8B8A8");
    assert_string_equal(
        sysmem_pixel_format_modifier_name(SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED),
        "INTEL_I915_X_TILED");
    assert_string_equal(sysmem_color_space_name(SYSMEM_COLOR_SPACE_REC709), "REC709");
    assert_null(sysmem_pixel_format_name(4711));
    assert_null(sysmem_pixel_format_modifier_name(UINT64_C(0x0800000000000011)));
    assert_int_equal(sysmem_pixel_format_from_name("XRGB", &value), ZX_ERR_NOT_FOUND);
    assert_int_equal(sysmem_pixel_format_modifier_from_name("", &modifier), ZX_ERR_NOT_FOUND);
    assert_int_equal(value, 7);
    assert_int_equal(modifier, 7);
    assert_int_equal(sysmem_pixel_format_from_name("NV12", &value), ZX_OK);
    assert_int_equal(value, SYSMEM_PIXEL_FORMAT_NV12);
    assert_int_equal(sysmem_color_space_from_name("SRGB", &value), ZX_OK);
    assert_int_equal(value, SYSMEM_COLOR_SPACE_SRGB);
    assert_int_equal(sysmem_pixel_format_modifier_from_name("ARM_LINEAR_TE", &modifier), ZX_OK);
    assert_true(modifier == SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_LINEAR_TE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_format_says_by_itself),
        cmocka_unit_test(c171_ten_bit_rgb_is_not_subsampled),
        cmocka_unit_test(bits_of_every_format),
        cmocka_unit_test(c175_color_spaces),
        cmocka_unit_test(c167_c169_protected_memory),
        cmocka_unit_test(names_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
