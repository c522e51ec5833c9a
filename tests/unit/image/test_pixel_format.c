#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sysmem/format.h>

#include "image/pixel_format.h"

static void every_row_is_found_by_its_value(void **state)
{
    size_t count;
    const struct pixel_format *formats = pixel_formats(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(pixel_format_find(formats[i].value), &formats[i]);
        assert_true(i == 0 || formats[i - 1].value < formats[i].value);
    }
    assert_null(pixel_format_find(SYSMEM_PIXEL_FORMAT_INVALID));
    assert_null(pixel_format_find(SYSMEM_PIXEL_FORMAT_MJPEG));
    assert_null(pixel_format_find(SYSMEM_PIXEL_FORMAT_DO_NOT_CARE));
    assert_null(pixel_format_find(121));
}

/* Rows of subsampled formats hold two lines' samples: they start at even places and sizes are even.
 */
static void alignments(void **state)
{
    static const struct {
        uint32_t format;
        uint8_t divisor;
        uint8_t alignment;
        bool alpha;
    } expected[] = {
        {1,   1, 4, true },
        {101, 1, 4, true },
        {102, 2, 2, false},
        {103, 2, 2, false},
        {104, 2, 2, false},
        {105, 2, 2, false},
        {107, 2, 2, false},
        {108, 1, 1, false},
        {109, 1, 2, false},
        {110, 1, 1, false},
        {111, 1, 1, true },
        {112, 1, 1, false},
        {113, 1, 1, false},
        {114, 1, 2, false},
        {115, 1, 4, true },
        {116, 1, 4, true },
        {117, 2, 4, false},
        {118, 1, 1, false},
        {119, 1, 4, true },
        {120, 1, 4, true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const struct pixel_format *format = pixel_format_find(expected[i].format);
        assert_non_null(format);
        assert_int_equal(format->size_divisor, expected[i].divisor);
        assert_int_equal(format->sample_alignment, expected[i].alignment);
        assert_int_equal(format->has_alpha, expected[i].alpha);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_by_its_value),
        cmocka_unit_test(alignments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
