#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sysmem/ffmpeg_format.h>

typedef struct sysmem_image_format_constraints constraints_t;

/* What the system has, with is_alpha_present as it comes back ('-': unset). */
static const struct {
    uint32_t pixel_format;
    char alpha;
    const char *name;
} rows[] = {
    {SYSMEM_PIXEL_FORMAT_R8G8B8A8,    'A', "rgba"     },
    {SYSMEM_PIXEL_FORMAT_R8G8B8A8,    'X', "rgb0"     },
    {SYSMEM_PIXEL_FORMAT_B8G8R8A8,    'A', "bgra"     },
    {SYSMEM_PIXEL_FORMAT_B8G8R8A8,    'X', "bgr0"     },
    {SYSMEM_PIXEL_FORMAT_I420,        '-', "yuv420p"  },
    {SYSMEM_PIXEL_FORMAT_NV12,        '-', "nv12"     },
    {SYSMEM_PIXEL_FORMAT_YUY2,        '-', "yuyv422"  },
    {SYSMEM_PIXEL_FORMAT_B8G8R8,      '-', "bgr24"    },
    {SYSMEM_PIXEL_FORMAT_R5G6B5,      '-', "rgb565le" },
    {SYSMEM_PIXEL_FORMAT_R3G3B2,      '-', "rgb8"     },
    {SYSMEM_PIXEL_FORMAT_L8,          '-', "gray"     },
    {SYSMEM_PIXEL_FORMAT_A2R10G10B10, 'X', "x2rgb10le"},
    {SYSMEM_PIXEL_FORMAT_A2B10G10R10, 'X', "x2bgr10le"},
    {SYSMEM_PIXEL_FORMAT_P010,        '-', "p010le"   },
    {SYSMEM_PIXEL_FORMAT_R8G8B8,      '-', "rgb24"    },
};

static void there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        constraints_t constraints = {0};
        const char *got = NULL;
        assert_int_equal(sysmem_ffmpeg_format_into_constraints(rows[i].name, &constraints, NULL),
                         ZX_OK);
        assert_int_equal(constraints.pixel_format, rows[i].pixel_format);
        assert_true(constraints.has.pixel_format_modifier);
        assert_int_equal(constraints.pixel_format_modifier, 0);
        assert_int_equal(constraints.has.is_alpha_present, rows[i].alpha != '-');
        assert_int_equal(constraints.is_alpha_present, rows[i].alpha == 'A');
        assert_int_equal(sysmem_ffmpeg_format_from_constraints(&constraints, &got, NULL), ZX_OK);
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
        assert_int_equal(sysmem_ffmpeg_format_from_constraints(&constraints, &got, why),
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
    assert_int_equal(sysmem_ffmpeg_format_from_constraints(&constraints, &got, why),
                     ZX_ERR_INVALID_ARGS);
    SYSMEM_SET(&constraints, pixel_format, SYSMEM_PIXEL_FORMAT_NV12);
    SYSMEM_SET(&constraints, pixel_format_modifier,
               SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED);
    assert_int_equal(sysmem_ffmpeg_format_from_constraints(&constraints, &got, why),
                     ZX_ERR_NOT_SUPPORTED);
    assert_string_equal(why,
                        "FFmpeg's formats are linear, not INTEL_I915_X_TILED (0x0100000000000001)");
    assert_int_equal(sysmem_ffmpeg_format_into_constraints("vuya", &constraints, why),
                     ZX_ERR_NOT_SUPPORTED);
    assert_string_equal(why, "sysmem has no counterpart of FFmpeg's format 'vuya'");
    SYSMEM_SET(&constraints, pixel_format, SYSMEM_PIXEL_FORMAT_A2R10G10B10);
    SYSMEM_SET(&constraints, pixel_format_modifier, SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR);
    SYSMEM_SET(&constraints, is_alpha_present, true);
    assert_int_equal(sysmem_ffmpeg_format_from_constraints(&constraints, &got, why),
                     ZX_ERR_NOT_SUPPORTED);
    assert_string_equal(why, "FFmpeg has no counterpart of A2R10G10B10 with alpha");
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
