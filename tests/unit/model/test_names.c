/* Names of enumerators and bits, both ways. */
#include "model/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/format.h>
#include <sysmem/types.h>
#include <zircon/rights.h>

static void names_and_values_find_each_other(void **state)
{
    (void)state;
    uint64_t value = 5;
    assert_string_equal(model_name_of(&model_pixel_format_names, SYSMEM_PIXEL_FORMAT_NV12), "NV12");
    assert_string_equal(
        model_name_of(&model_pixel_format_modifier_names, UINT64_C(0x0800000000000001)),
        "ARM_AFBC_16X16");
    assert_null(model_name_of(&model_pixel_format_names, 2));
    assert_true(model_value_of(&model_rights_names, "SAME_RIGHTS", &value));
    assert_int_equal(value, ZX_RIGHT_SAME_RIGHTS);
    assert_false(model_value_of(&model_rights_names, "same_rights", &value));
    assert_int_equal(value, ZX_RIGHT_SAME_RIGHTS);
    assert_true(model_value_of(&model_coherency_domain_names, "INACCESSIBLE", &value));
    assert_int_equal(value, SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE);
}

static void bits_are_single_and_ascend(void **state)
{
    (void)state;
    static const struct model_names *const masks[] = {
        &model_rights_names,       &model_none_usage_names,    &model_cpu_usage_names,
        &model_vulkan_usage_names, &model_display_usage_names, &model_video_usage_names,
    };
    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        uint64_t last = 0;
        assert_true(masks[i]->bits);
        for (size_t j = 0; j < masks[i]->count; j++) {
            uint64_t bit = masks[i]->names[j].value;
            assert_true(bit > last && (bit & (bit - 1)) == 0);
            last = bit;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_values_find_each_other),
        cmocka_unit_test(bits_are_single_and_ascend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
