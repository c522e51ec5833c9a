#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sysmem/gstreamer_format.h>

typedef struct sysmem_image_format_constraints constraints_t;

/* What the system has, with is_alpha_present as it comes back ('-': unset). */
static const struct {
    uint32_t pixel_format;
    char alpha;
    const char *name;
} rows[] = {
    {SYSMEM_PIXEL_FORMAT_R8G8B8A8,    'A', "RGBA"      },
    {SYSMEM_PIXEL_FORMAT_R8G8B8A8,    'X', "RGBx"      },
    {SYSMEM_PIXEL_FORMAT_B8G8R8A8,    'A', "BGRA"      },
    {SYSMEM_PIXEL_FORMAT_B8G8R8A8,    'X', "BGRx"      },
    {SYSMEM_PIXEL_FORMAT_I420,        '-', "I420"      },
    {SYSMEM_PIXEL_FORMAT_NV12,        '-', "NV12"      },
    {SYSMEM_PIXEL_FORMAT_YUY2,        '-', "YUY2"      },
    {SYSMEM_PIXEL_FORMAT_YV12,        '-', "YV12"      },
    {SYSMEM_PIXEL_FORMAT_B8G8R8,      '-', "BGR"       },
    {SYSMEM_PIXEL_FORMAT_R5G6B5,      '-', "RGB16"     },
    {SYSMEM_PIXEL_FORMAT_L8,          '-', "GRAY8"     },
    {SYSMEM_PIXEL_FORMAT_A2R10G10B10, 'A', "BGR10A2_LE"},
    {SYSMEM_PIXEL_FORMAT_A2B10G10R10, 'A', "RGB10A2_LE"},
    {SYSMEM_PIXEL_FORMAT_P010,        '-', "P010_10LE" },
    {SYSMEM_PIXEL_FORMAT_R8G8B8,      '-', "RGB"       },
};

static void there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        constraints_t constraints = {0};
        const char *got = NULL;
        assert_int_equal(sysmem_gstreamer_format_into_constraints(rows[i].name, &constraints, NULL),
                         ZX_OK);
        assert_int_equal(constraints.pixel_format, rows[i].pixel_format);
        assert_true(constraints.has.pixel_format_modifier);
        assert_int_equal(constraints.pixel_format_modifier, 0);
        assert_int_equal(constraints.has.is_alpha_present, rows[i].alpha != '-');
        assert_int_equal(constraints.is_alpha_present, rows[i].alpha == 'A');
        assert_int_equal(sysmem_gstreamer_format_from_constraints(&constraints, &got, NULL), ZX_OK);
        assert_string_equal(got, rows[i].name);
    }
}

/* Every format that is not among the rows has none. */
static void what_has_no_counterpart(void **state)
{
    (void)state;
    for (uint32_t format = 0; format < 130; format++) {
        constraints_t constraints = {0};
        char why[SYSMEM_FORMAT_WHY_SIZE] = "";
        const char *got = NULL;
        bool has = format == SYSMEM_PIXEL_FORMAT_R8G8B8X8 || format == SYSMEM_PIXEL_FORMAT_B8G8R8X8;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            has = has || rows[i].pixel_format == format;
        }
        SYSMEM_SET(&constraints, pixel_format, format);
        assert_int_equal(sysmem_gstreamer_format_from_constraints(&constraints, &got, why),
                         has ? ZX_OK : ZX_ERR_NOT_SUPPORTED);
        assert_int_equal(why[0] == 0, has);
    }
}

static void errors_say_what_it_was(void **state)
{
    constraints_t constraints = {0};
    char why[SYSMEM_FORMAT_WHY_SIZE] = "";
    const char *got = NULL;
    (void)state;
    assert_int_equal(sysmem_gstreamer_format_from_constraints(&constraints, &got, why),
                     ZX_ERR_INVALID_ARGS);
    SYSMEM_SET(&constraints, pixel_format, SYSMEM_PIXEL_FORMAT_NV12);
    SYSMEM_SET(&constraints, pixel_format_modifier,
               SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED);
    assert_int_equal(sysmem_gstreamer_format_from_constraints(&constraints, &got, why),
                     ZX_ERR_NOT_SUPPORTED);
    assert_string_equal(
        why, "GStreamer's formats are linear, not INTEL_I915_X_TILED (0x0100000000000001)");
    assert_int_equal(sysmem_gstreamer_format_into_constraints("vuya", &constraints, why),
                     ZX_ERR_NOT_SUPPORTED);
    assert_string_equal(why, "sysmem has no counterpart of GStreamer's format 'vuya'");
    SYSMEM_SET(&constraints, pixel_format, SYSMEM_PIXEL_FORMAT_A2B10G10R10);
    SYSMEM_SET(&constraints, pixel_format_modifier, SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR);
    SYSMEM_SET(&constraints, is_alpha_present, false);
    assert_int_equal(sysmem_gstreamer_format_from_constraints(&constraints, &got, why),
                     ZX_ERR_NOT_SUPPORTED);
    assert_string_equal(why, "GStreamer has no counterpart of A2B10G10R10 without alpha");
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
