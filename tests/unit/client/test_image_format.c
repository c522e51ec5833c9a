#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/image_format.h>

#define BGRA SYSMEM_PIXEL_FORMAT_B8G8R8A8
#define TE   SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_LINEAR_TE
#define AFBC SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TILED_HEADER

typedef struct sysmem_image_format_constraints constraints_t;

/* What the numbered cases negotiate: widths 12 to 100, rows of whole 32 bytes. */
static constraints_t negotiated(uint64_t modifier)
{
    constraints_t constraints = {0};
    SYSMEM_SET(&constraints, pixel_format, BGRA);
    SYSMEM_SET(&constraints, pixel_format_modifier, modifier);
    SYSMEM_SET(&constraints, min_size, (struct sysmem_size){12, 1});
    SYSMEM_SET(&constraints, max_size, (struct sysmem_size){100, UINT32_MAX});
    SYSMEM_SET(&constraints, bytes_per_row_divisor, 32);
    SYSMEM_SET(&constraints, max_bytes_per_row, 100000);
    return constraints;
}

static void c165_min_bytes_per_row(void **state)
{
    const constraints_t constraints = negotiated(SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR);
    uint32_t row = 7;
    (void)state;
    assert_int_equal(sysmem_image_format_min_bytes_per_row(&constraints, 11, &row),
                     ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(sysmem_image_format_min_bytes_per_row(&constraints, 101, &row),
                     ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(row, 7);
    assert_int_equal(sysmem_image_format_min_bytes_per_row(&constraints, 17, &row), ZX_OK);
    assert_int_equal(row, 96);
}

static void c167_transaction_elimination(void **state)
{
    const constraints_t constraints = negotiated(TE);
    struct sysmem_image_format format;
    uint64_t offset;
    uint32_t row;
    uint32_t count;
    (void)state;
    assert_int_equal(
        sysmem_image_format_from_constraints(&constraints, (struct sysmem_size){18, 17}, &format),
        ZX_OK);
    assert_int_equal(format.bytes_per_row, 96);
    assert_int_equal(sysmem_image_format_plane_offset(&format, 0, &offset), ZX_OK);
    assert_int_equal(offset, 0);
    assert_int_equal(sysmem_image_format_plane_bytes_per_row(&format, 0, &row), ZX_OK);
    assert_int_equal(row, 96);
    assert_int_equal(sysmem_image_format_plane_offset(&format, 3, &offset), ZX_OK);
    assert_true(offset >= 96 * 17);
    assert_int_equal(sysmem_image_format_plane_bytes_per_row(&format, 3, &row), ZX_OK);
    assert_int_equal(row, 64);
    assert_int_equal(sysmem_image_format_plane_count(&format, &count), ZX_OK);
    assert_int_equal(count, 1);
    assert_int_equal(sysmem_image_format_plane_offset(&format, 1, &offset), ZX_ERR_NOT_FOUND);
    assert_int_equal(sysmem_image_format_plane_bytes_per_row(&format, 2, &row), ZX_ERR_NOT_FOUND);
}

static void c169_afbc(void **state)
{
    const constraints_t constraints = negotiated(AFBC);
    struct sysmem_image_format format;
    uint64_t size;
    uint32_t row;
    (void)state;
    assert_int_equal(
        sysmem_image_format_from_constraints(&constraints, (struct sysmem_size){18, 17}, &format),
        ZX_OK);
    assert_int_equal(sysmem_image_format_size_bytes(&format, &size), ZX_OK);
    assert_int_equal(size, 69632);
    assert_int_equal(sysmem_image_format_plane_bytes_per_row(&format, 0, &row), ZX_OK);
    assert_int_equal(row, 0);
}

static void c171_ten_bit_rgb(void **state)
{
    const uint32_t formats[] = {SYSMEM_PIXEL_FORMAT_A2R10G10B10, SYSMEM_PIXEL_FORMAT_A2B10G10R10};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        constraints_t constraints = {0};
        struct sysmem_image_format format;
        uint64_t size;
        SYSMEM_SET(&constraints, pixel_format, formats[i]);
        assert_int_equal(sysmem_image_format_from_constraints(
                             &constraints, (struct sysmem_size){18, 17}, &format),
                         ZX_OK);
        assert_int_equal(format.bytes_per_row, 72);
        assert_int_equal(sysmem_image_format_size_bytes(&format, &size), ZX_OK);
        assert_int_equal(size, 1224);
    }
}

static void only_sizes_that_were_negotiated(void **state)
{
    constraints_t constraints = negotiated(SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR);
    const struct sysmem_size refused[] = {
        {11,  8 },
        {104, 8 },
        {16,  0 },
        {18,  8 },
        {16,  9 },
        {96,  88}
    };
    struct sysmem_image_format format = {.bytes_per_row = 7};
    (void)state;
    SYSMEM_SET(&constraints, size_alignment, (struct sysmem_size){4, 8});
    SYSMEM_SET(&constraints, max_width_times_height, 8000);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(sysmem_image_format_from_constraints(&constraints, refused[i], &format),
                         ZX_ERR_OUT_OF_RANGE);
    }
    assert_int_equal(format.bytes_per_row, 7);
    assert_int_equal(
        sysmem_image_format_from_constraints(&constraints, (struct sysmem_size){96, 80}, &format),
        ZX_OK);
    assert_int_equal(format.bytes_per_row, 384);
    assert_int_equal(format.size.height, 80);
}

static void what_is_wrong_has_a_status(void **state)
{
    const struct sysmem_size size = {16, 16};
    constraints_t constraints = {0};
    struct sysmem_image_format format;
    uint32_t number;
    uint64_t offset;
    (void)state;
    assert_int_equal(sysmem_image_format_from_constraints(&constraints, size, &format),
                     ZX_ERR_INVALID_ARGS);
    SYSMEM_SET(&constraints, pixel_format, SYSMEM_PIXEL_FORMAT_MJPEG);
    assert_int_equal(sysmem_image_format_from_constraints(&constraints, size, &format),
                     ZX_ERR_NOT_SUPPORTED);
    SYSMEM_SET(&constraints, pixel_format, SYSMEM_PIXEL_FORMAT_NV12);
    SYSMEM_SET(&constraints, bytes_per_row_divisor, 0);
    assert_int_equal(sysmem_image_format_min_bytes_per_row(&constraints, 16, &number),
                     ZX_ERR_INVALID_ARGS);
    SYSMEM_SET(&constraints, bytes_per_row_divisor, 1);
    SYSMEM_SET(&constraints, pixel_format_modifier, AFBC);
    assert_int_equal(sysmem_image_format_min_bytes_per_row(&constraints, 16, &number),
                     ZX_ERR_NOT_SUPPORTED);
    SYSMEM_SET(&constraints, pixel_format_modifier,
               SYSMEM_PIXEL_FORMAT_MODIFIER_GOOGLE_GOLDFISH_OPTIMAL);
    assert_int_equal(sysmem_image_format_min_bytes_per_row(&constraints, 16, &number),
                     ZX_ERR_NOT_SUPPORTED);
    format = (struct sysmem_image_format){.pixel_format = 4711, .size = size, .bytes_per_row = 64};
    assert_int_equal(sysmem_image_format_size_bytes(&format, &offset), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(sysmem_image_format_plane_count(&format, &number), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(sysmem_image_format_plane_offset(&format, 0, &offset), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(sysmem_image_format_plane_bytes_per_row(&format, 0, &number),
                     ZX_ERR_NOT_SUPPORTED);
    format = (struct sysmem_image_format){
        .pixel_format = SYSMEM_PIXEL_FORMAT_NV12,
        .size = {UINT32_MAX, UINT32_MAX},
        .bytes_per_row = UINT32_MAX,
    };
    assert_int_equal(sysmem_image_format_size_bytes(&format, &offset), ZX_ERR_OUT_OF_RANGE);
}

/* What a later version of the library may be told is nothing to ignore. */
static void what_is_reserved_is_0(void **state)
{
    (void)state;
    struct sysmem_image_format_constraints constraints = {0};
    SYSMEM_SET(&constraints, pixel_format, SYSMEM_PIXEL_FORMAT_NV12);
    struct sysmem_image_format format;
    memset(&format, 0xFF, sizeof(format));
    assert_int_equal(
        sysmem_image_format_from_constraints(&constraints, (struct sysmem_size){64, 64}, &format),
        ZX_OK);
    for (size_t i = 0; i < sizeof(format.reserved) / sizeof(format.reserved[0]); i++) {
        uint64_t bytes = 7;
        uint32_t number = 7;
        assert_int_equal(sysmem_image_format_size_bytes(&format, &bytes), ZX_OK);
        format.reserved[i] = 1;
        bytes = 7;
        assert_int_equal(sysmem_image_format_size_bytes(&format, &bytes), ZX_ERR_INVALID_ARGS);
        assert_int_equal(sysmem_image_format_plane_count(&format, &number), ZX_ERR_INVALID_ARGS);
        assert_int_equal(sysmem_image_format_plane_offset(&format, 0, &bytes), ZX_ERR_INVALID_ARGS);
        assert_int_equal(sysmem_image_format_plane_bytes_per_row(&format, 0, &number),
                         ZX_ERR_INVALID_ARGS);
        assert_int_equal(bytes, 7);
        assert_int_equal(number, 7);
        format.reserved[i] = 0;
    }
}

static void planes_of_each_kind(void **state)
{
    static const struct {
        uint32_t format;
        uint64_t modifier;
        uint32_t planes;
    } expected[] = {
        {SYSMEM_PIXEL_FORMAT_I420, 0,                                                    3},
        {SYSMEM_PIXEL_FORMAT_YV12, TE,                                                   3},
        {SYSMEM_PIXEL_FORMAT_M420, 0,                                                    1},
        {SYSMEM_PIXEL_FORMAT_P010, 0,                                                    2},
        {SYSMEM_PIXEL_FORMAT_YUY2, 0,                                                    1},
        {SYSMEM_PIXEL_FORMAT_NV12, SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED,      2},
        {SYSMEM_PIXEL_FORMAT_NV12, SYSMEM_PIXEL_FORMAT_MODIFIER_GOOGLE_GOLDFISH_OPTIMAL, 1},
        {BGRA,                     AFBC,                                                 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const struct sysmem_image_format format = {
            .pixel_format = expected[i].format,
            .pixel_format_modifier = expected[i].modifier,
            .size = {64, 64},
            .bytes_per_row = 256,
        };
        uint32_t count = 0;
        uint64_t offset;
        assert_int_equal(sysmem_image_format_plane_count(&format, &count), ZX_OK);
        assert_int_equal(count, expected[i].planes);
        for (uint32_t plane = 0; plane < 3; plane++) {
            assert_int_equal(sysmem_image_format_plane_offset(&format, plane, &offset),
                             plane < count ? ZX_OK : ZX_ERR_NOT_FOUND);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c165_min_bytes_per_row),
        cmocka_unit_test(c167_transaction_elimination),
        cmocka_unit_test(c169_afbc),
        cmocka_unit_test(c171_ten_bit_rgb),
        cmocka_unit_test(only_sizes_that_were_negotiated),
        cmocka_unit_test(what_is_wrong_has_a_status),
        cmocka_unit_test(what_is_reserved_is_0),
        cmocka_unit_test(planes_of_each_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
