#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sysmem/v4l2_format.h>

typedef struct sysmem_image_format_constraints constraints_t;

/* What the system has, with is_alpha_present as it comes back ('-': unset). */
static const struct {
    uint32_t pixel_format;
    char alpha;
    uint32_t code;
} rows[] = {
    {SYSMEM_PIXEL_FORMAT_R8G8B8A8,    'A', 0x34324241},
    {SYSMEM_PIXEL_FORMAT_R8G8B8A8,    'X', 0x34324258},
    {SYSMEM_PIXEL_FORMAT_B8G8R8A8,    'A', 0x34325241},
    {SYSMEM_PIXEL_FORMAT_B8G8R8A8,    'X', 0x34325258},
    {SYSMEM_PIXEL_FORMAT_I420,        '-', 0x32315559},
    {SYSMEM_PIXEL_FORMAT_M420,        '-', 0x3032344d},
    {SYSMEM_PIXEL_FORMAT_NV12,        '-', 0x3231564e},
    {SYSMEM_PIXEL_FORMAT_YUY2,        '-', 0x56595559},
    {SYSMEM_PIXEL_FORMAT_MJPEG,       '-', 0x47504a4d},
    {SYSMEM_PIXEL_FORMAT_YV12,        '-', 0x32315659},
    {SYSMEM_PIXEL_FORMAT_B8G8R8,      '-', 0x33524742},
    {SYSMEM_PIXEL_FORMAT_R5G6B5,      '-', 0x50424752},
    {SYSMEM_PIXEL_FORMAT_R3G3B2,      '-', 0x31424752},
    {SYSMEM_PIXEL_FORMAT_L8,          '-', 0x59455247},
    {SYSMEM_PIXEL_FORMAT_A2R10G10B10, 'A', 0x30335241},
    {SYSMEM_PIXEL_FORMAT_P010,        '-', 0x30313050},
    {SYSMEM_PIXEL_FORMAT_R8G8B8,      '-', 0x33424752},
};

static void there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        constraints_t constraints = {0};
        uint32_t got = 7;
        assert_int_equal(sysmem_v4l2_format_into_constraints(rows[i].code, &constraints, NULL),
                         ZX_OK);
        assert_int_equal(constraints.pixel_format, rows[i].pixel_format);
        assert_true(constraints.has.pixel_format_modifier);
        assert_int_equal(constraints.pixel_format_modifier, 0);
        assert_int_equal(constraints.has.is_alpha_present, rows[i].alpha != '-');
        assert_int_equal(constraints.is_alpha_present, rows[i].alpha == 'A');
        assert_int_equal(sysmem_v4l2_format_from_constraints(&constraints, &got, NULL), ZX_OK);
        assert_int_equal(got, rows[i].code);
    }
}

/* Every format that is not among the rows has none. */
static void what_has_no_counterpart(void **state)
{
    (void)state;
    for (uint32_t format = 0; format < 130; format++) {
        constraints_t constraints = {0};
        char why[SYSMEM_FORMAT_WHY_SIZE] = "";
        uint32_t got = 7;
        bool has = format == SYSMEM_PIXEL_FORMAT_R8G8B8X8 || format == SYSMEM_PIXEL_FORMAT_B8G8R8X8;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            has = has || rows[i].pixel_format == format;
        }
        SYSMEM_SET(&constraints, pixel_format, format);
        assert_int_equal(sysmem_v4l2_format_from_constraints(&constraints, &got, why),
                         has ? ZX_OK : ZX_ERR_NOT_SUPPORTED);
        assert_int_equal(why[0] == 0, has);
    }
}

static void errors_say_what_it_was(void **state)
{
    constraints_t constraints = {0};
    char why[SYSMEM_FORMAT_WHY_SIZE] = "";
    uint32_t got = 7;
    (void)state;
    assert_int_equal(sysmem_v4l2_format_from_constraints(&constraints, &got, why),
                     ZX_ERR_INVALID_ARGS);
    SYSMEM_SET(&constraints, pixel_format, SYSMEM_PIXEL_FORMAT_NV12);
    SYSMEM_SET(&constraints, pixel_format_modifier,
               SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED);
    assert_int_equal(sysmem_v4l2_format_from_constraints(&constraints, &got, why),
                     ZX_ERR_NOT_SUPPORTED);
    assert_string_equal(why,
                        "V4L2's formats are linear, not INTEL_I915_X_TILED (0x0100000000000001)");
    assert_int_equal(sysmem_v4l2_format_into_constraints(UINT32_C(0x32315258), &constraints, why),
                     ZX_ERR_NOT_SUPPORTED);
    assert_string_equal(why, "sysmem has no counterpart of V4L2's format 'XR12'");
    SYSMEM_SET(&constraints, pixel_format, SYSMEM_PIXEL_FORMAT_A2R10G10B10);
    SYSMEM_SET(&constraints, pixel_format_modifier, SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR);
    SYSMEM_SET(&constraints, is_alpha_present, false);
    assert_int_equal(sysmem_v4l2_format_from_constraints(&constraints, &got, why),
                     ZX_ERR_NOT_SUPPORTED);
    assert_string_equal(why, "V4L2 has no counterpart of A2R10G10B10 without alpha");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(what_has_no_counterpart),
        cmocka_unit_test(errors_say_what_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
