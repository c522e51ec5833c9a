/* Where samples lie in a buffer, and what the filter does to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/format.h>

#include "picture.h"

static struct sysmem_single_buffer_settings settings(uint32_t pixel_format)
{
    struct sysmem_single_buffer_settings settings = {
        .buffer_settings = {.size_bytes = 384 * 240 * 3 / 2},
        .image_format_constraints = { .pixel_format = pixel_format,
                            .min_size = {16, 16},
                            .size_alignment = {16, 16},
                            .min_bytes_per_row = 192,
                            .bytes_per_row_divisor = 192},
        .has = {        .buffer_settings = true,    .image_format_constraints = true},
    };
    return settings;
}

static void layout_follows_the_settings(void **state)
{
    (void)state;
    struct picture_layout layout;
    struct sysmem_single_buffer_settings nv12 = settings(SYSMEM_PIXEL_FORMAT_NV12);
    assert_true(picture_layout_init(&layout, &nv12, (struct sysmem_size){319, 233}));
    assert_int_equal(layout.rows, 240);
    assert_int_equal(layout.bytes_per_row, 384);
    assert_int_equal(layout.bytes, 384 * 240 * 3 / 2);
    nv12.buffer_settings.size_bytes--;
    assert_false(picture_layout_init(&layout, &nv12, (struct sysmem_size){319, 233}));
    struct sysmem_single_buffer_settings rgba = settings(SYSMEM_PIXEL_FORMAT_R8G8B8A8);
    assert_false(picture_layout_init(&layout, &rgba, (struct sysmem_size){16, 16}));
}

static void planes_lie_where_the_format_says(void **state)
{
    (void)state;
    static unsigned char buffer[384 * 240 * 3 / 2];
    const size_t luma = (size_t)384 * 240;
    const struct {
        uint32_t format;
        size_t u, v, stride, step;
    } cases[] = {
        {SYSMEM_PIXEL_FORMAT_NV12, luma,            luma + 1,        384, 2},
        {SYSMEM_PIXEL_FORMAT_I420, luma,            luma + luma / 4, 192, 1},
        {SYSMEM_PIXEL_FORMAT_YV12, luma + luma / 4, luma,            192, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct picture_layout layout;
        struct sysmem_single_buffer_settings chosen = settings(cases[i].format);
        assert_true(picture_layout_init(&layout, &chosen, (struct sysmem_size){319, 239}));
        struct picture picture = picture_at(&layout, buffer);
        assert_ptr_equal(picture.planes[0].samples, buffer);
        assert_ptr_equal(picture.planes[1].samples, buffer + cases[i].u);
        assert_ptr_equal(picture.planes[2].samples, buffer + cases[i].v);
        assert_int_equal(picture.planes[1].stride, cases[i].stride);
        assert_int_equal(picture.planes[2].step, cases[i].step);
        assert_int_equal(picture.planes[1].width, 160);
        assert_int_equal(picture.planes[1].height, 120);
    }
}

static void filter_inverts_a_moving_band(void **state)
{
    (void)state;
    unsigned char bytes[8 * 8 * 3 / 2];
    memset(bytes, 10, sizeof(bytes));
    struct picture_layout layout = picture_layout_packed((struct sysmem_size){8, 8});
    struct picture picture = picture_at(&layout, bytes);
    picture_filter(&picture, 5); /* top row 15 % 8 = 7; the band is 2 rows and wraps */
    for (size_t row = 0; row < 8; row++) {
        assert_int_equal(bytes[row * 8 + 7], row == 7 || row == 0 ? 245 : 10);
    }
    assert_int_equal(bytes[64], 10);
    picture_filter(&picture, 5);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        assert_int_equal(bytes[i], 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_follows_the_settings),
        cmocka_unit_test(planes_lie_where_the_format_says),
        cmocka_unit_test(filter_inverts_a_moving_band),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
