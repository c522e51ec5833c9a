#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/format.h>

#include "image/counterpart.h"
#include "image/pixel_format.h"

static void a_fourcc_begins_with_the_lowest_byte(void **state)
{
    (void)state;
    assert_int_equal(counterpart_code("AB24"), 0x34324241);
    assert_int_equal(counterpart_code("R8  "), 0x20203852);
}

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* A code or name that stood in two rows would come back as the wrong format. */
static void no_name_stands_twice(void **state)
{
    size_t count = 0;
    const struct counterpart *rows = counterparts(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_true(rows[i].drm == NULL || strlen(rows[i].drm) == 4);
        assert_true(rows[i].v4l2 == NULL || strlen(rows[i].v4l2) == 4);
        for (size_t j = 0; j < i; j++) {
            assert_false(same(rows[i].drm, rows[j].drm));
            assert_false(same(rows[i].v4l2, rows[j].v4l2));
            assert_false(same(rows[i].gstreamer, rows[j].gstreamer));
            assert_false(same(rows[i].ffmpeg, rows[j].ffmpeg));
            assert_false(rows[i].drm != NULL && rows[j].drm != NULL &&
                         counterpart_wl_shm(&rows[i]) == counterpart_wl_shm(&rows[j]));
        }
    }
}

/* Every format that images have is in a row, by itself or as a plain one. */
static void no_format_is_left_out(void **state)
{
    size_t format_count = 0;
    size_t row_count = 0;
    const struct pixel_format *formats = pixel_formats(&format_count);
    const struct counterpart *rows = counterparts(&row_count);
    (void)state;
    for (size_t i = 0; i < format_count; i++) {
        uint32_t plain = counterpart_plain_format(formats[i].value);
        size_t j = 0;
        while (j < row_count && rows[j].pixel_format != plain) {
            j++;
        }
        assert_true(j < row_count);
        assert_true(rows[j].alpha == COUNTERPART_OPAQUE || formats[i].has_alpha);
    }
    assert_int_equal(counterpart_plain_format(SYSMEM_PIXEL_FORMAT_B8G8R8X8),
                     SYSMEM_PIXEL_FORMAT_B8G8R8A8);
}

static void modifiers_that_only_one_side_has(void **state)
{
    uint64_t modifier = 7;
    (void)state;
    assert_false(
        counterpart_drm_modifier(SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_TE, &modifier));
    assert_false(counterpart_drm_modifier(SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE, &modifier));
    assert_false(counterpart_of_drm_modifier(UINT64_C(0x0800000000001001), &modifier));
    assert_false(counterpart_of_drm_modifier(UINT64_C(0x0100000001000002), &modifier));
    assert_int_equal(modifier, 7);
    assert_true(counterpart_of_drm_modifier(UINT64_C(0x0100000000000004), &modifier));
    assert_true(modifier == SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED_CCS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fourcc_begins_with_the_lowest_byte),
        cmocka_unit_test(no_name_stands_twice),
        cmocka_unit_test(no_format_is_left_out),
        cmocka_unit_test(modifiers_that_only_one_side_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
