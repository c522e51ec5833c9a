#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sysmem/format.h>

#include "image/color_space.h"

static bool goes_with(uint32_t color_space, uint32_t format)
{
    return (color_spaces_of(pixel_format_find(format)) & color_space_set_of(color_space)) != 0;
}

static void c175_invalid_and_passthrough(void **state)
{
    (void)state;
    assert_false(goes_with(SYSMEM_COLOR_SPACE_INVALID, SYSMEM_PIXEL_FORMAT_R5G6B5));
    assert_true(goes_with(SYSMEM_COLOR_SPACE_PASSTHROUGH, SYSMEM_PIXEL_FORMAT_B8G8R8A8));
    assert_true(goes_with(SYSMEM_COLOR_SPACE_PASSTHROUGH, SYSMEM_PIXEL_FORMAT_NV12));
    assert_false(goes_with(SYSMEM_COLOR_SPACE_DO_NOT_CARE, SYSMEM_PIXEL_FORMAT_NV12));
    assert_false(goes_with(77, SYSMEM_PIXEL_FORMAT_NV12));
}

/* Every format and color space, against the four classes written out. */
static void every_format_has_its_class(void **state)
{
    const char *const rgb = "1........9";
    static const struct {
        uint32_t format;
        const char *spaces;
    } yuv[] = {
        {102, "23456.9" },
        {103, "23456.9" },
        {104, "23456.9" },
        {105, "23456.9" },
        {107, "23456.9" },
        {112, "1234569" },
        {113, "1234569" },
        {117, "23456789"},
    };
    size_t count;
    const struct pixel_format *formats = pixel_formats(&count);
    (void)state;
    assert_int_equal(count, 20);
    for (size_t i = 0; i < count; i++) {
        const char *spaces = rgb;
        for (size_t k = 0; k < sizeof(yuv) / sizeof(yuv[0]); k++) {
            spaces = yuv[k].format == formats[i].value ? yuv[k].spaces : spaces;
        }
        color_space_set expected = 0;
        for (; *spaces != '\0'; spaces++) {
            expected |= *spaces == '.' ? 0 : UINT32_C(1) << (*spaces - '0');
        }
        assert_int_equal(color_spaces_of(&formats[i]), expected);
    }
}

static void ranking(void **state)
{
    static const uint32_t best_first[] = {1, 8, 7, 6, 5, 4, 3, 2, 9};
    (void)state;
    color_space_set set = COLOR_SPACE_SET_UNKNOWN;
    for (size_t i = 9; i > 0; i--) {
        set |= color_space_set_of(best_first[i - 1]);
        assert_int_equal(color_space_best(set), best_first[i - 1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c175_invalid_and_passthrough),
        cmocka_unit_test(every_format_has_its_class),
        cmocka_unit_test(ranking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
