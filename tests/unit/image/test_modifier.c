#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sysmem/format.h>

#include "image/modifier.h"
#include "image/pixel_format.h"

static void c173_constants_are_made_of_flags(void **state)
{
    (void)state;
    assert_true(SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_YUV_TILED_HEADER ==
                (SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16 | MODIFIER_AFBC_YUV |
                 MODIFIER_AFBC_TILED_HEADER));
    assert_true(SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED_CCS ==
                (SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED | MODIFIER_INTEL_CCS));
}

static void families(void **state)
{
    (void)state;
    assert_int_equal(modifier_family_of(0), MODIFIER_LINEAR);
    assert_int_equal(modifier_family_of(UINT64_C(0x0100000000000003)), MODIFIER_INTEL);
    assert_int_equal(modifier_family_of(UINT64_C(0x0100000001000001)), MODIFIER_UNKNOWN);
    assert_int_equal(modifier_family_of(UINT64_C(0x0800000000003872)), MODIFIER_AFBC);
    assert_int_equal(modifier_family_of(UINT64_C(0x0800000000000003)), MODIFIER_UNKNOWN);
    assert_int_equal(modifier_family_of(UINT64_C(0x0800000000000081)), MODIFIER_UNKNOWN);
    assert_int_equal(modifier_family_of(UINT64_C(0x0800000000001000)), MODIFIER_LINEAR_TE);
    assert_int_equal(modifier_family_of(UINT64_C(0x6700000000000001)), MODIFIER_GOLDFISH);
    assert_false(modifier_is_usable(SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE));
    assert_false(modifier_is_usable(SYSMEM_PIXEL_FORMAT_MODIFIER_INVALID));
}

/* How many formats go with each family, of all values that are near the named ones. */
static void supported_pairs(void **state)
{
    static const struct {
        uint64_t modifier;
        int formats;
    } expected[] = {
        {0,                                                    20},
        {SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_LINEAR_TE,           20},
        {SYSMEM_PIXEL_FORMAT_MODIFIER_GOOGLE_GOLDFISH_OPTIMAL, 20},
        {SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED,      5 },
        {SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED_CCS, 5 },
        {SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8_TE,        4 },
        {UINT64_C(0x0200000000000001),                         0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        int formats = 0;
        for (uint32_t f = 0; f < 300; f++) {
            formats += image_format_is_supported(f, expected[i].modifier) ? 1 : 0;
        }
        assert_int_equal(formats, expected[i].formats);
    }
    assert_true(image_format_is_supported(104, SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED));
    assert_false(image_format_is_supported(104, SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16));
    assert_false(image_format_is_supported(SYSMEM_PIXEL_FORMAT_MJPEG, 0));
    assert_false(pixel_format_is_usable(SYSMEM_PIXEL_FORMAT_MJPEG));
    assert_true(pixel_format_is_usable(SYSMEM_PIXEL_FORMAT_P010));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c173_constants_are_made_of_flags),
        cmocka_unit_test(families),
        cmocka_unit_test(supported_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
