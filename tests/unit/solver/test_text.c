#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/format.h>
#include <sysmem/usage.h>

#include "solver/text.h"

static void names_and_numbers(void **state)
{
    (void)state;
    assert_string_equal(text_of_value(&model_pixel_format_names, 104).text, "NV12");
    assert_string_equal(text_of_value(&model_pixel_format_names, 4711).text, "0x1267");
    assert_string_equal(
        text_of_format(SYSMEM_PIXEL_FORMAT_DO_NOT_CARE, SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16)
            .text,
        "DO_NOT_CARE ARM_AFBC_16X16");
}

static void sets(void **state)
{
    const struct text bits = text_of_bits(
        &model_cpu_usage_names, SYSMEM_CPU_USAGE_READ | SYSMEM_CPU_USAGE_WRITE | (1u << 20));
    (void)state;
    assert_string_equal(bits.text, "CPU_USAGE_READ|CPU_USAGE_WRITE|0x100000");
    assert_string_equal(text_of_bits(&model_cpu_usage_names, 0).text, "nothing");
    assert_string_equal(text_of_color_spaces(color_space_set_of(SYSMEM_COLOR_SPACE_REC709) |
                                             color_space_set_of(SYSMEM_COLOR_SPACE_SRGB))
                            .text,
                        "SRGB, REC709");
    assert_string_equal(text_of_color_spaces(COLOR_SPACE_SET_ANY).text, "DO_NOT_CARE");
    assert_string_equal(text_of_color_spaces(color_space_set_of(77)).text, "unknown values");
}

static void long_lists_are_cut(void **state)
{
    struct text text = text_of_bits(&model_vulkan_usage_names, UINT32_MAX);
    (void)state;
    assert_int_equal(strlen(text.text), sizeof(text.text) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_numbers),
        cmocka_unit_test(sets),
        cmocka_unit_test(long_lists_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
