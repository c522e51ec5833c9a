#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sysmem/format.h>

#include "image/layout.h"
#include "image/modifier.h"

#define LINEAR   SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR
#define GOLDFISH SYSMEM_PIXEL_FORMAT_MODIFIER_GOOGLE_GOLDFISH_OPTIMAL
#define BGRA     SYSMEM_PIXEL_FORMAT_B8G8R8A8
#define NV12     SYSMEM_PIXEL_FORMAT_NV12

static uint64_t size_of(uint32_t format, uint64_t modifier, uint32_t width, uint32_t height,
                        uint32_t row)
{
    const struct image image = {format, modifier, width, height, row};
    uint64_t size = 0;
    assert_true(image_size_bytes(&image, &size));
    return size;
}

static uint64_t offset_of(const struct image *image, uint32_t plane)
{
    uint64_t offset = UINT64_MAX;
    assert_true(image_plane_offset(image, plane, &offset));
    return offset;
}

static uint32_t row_of(const struct image *image, uint32_t plane)
{
    uint32_t row = UINT32_MAX;
    assert_true(image_plane_bytes_per_row(image, plane, &row));
    return row;
}

static void c165_min_bytes_per_row(void **state)
{
    const struct image_row_limits limits = {12, 100, 1, 0, 100000, 32};
    uint32_t row = 7;
    (void)state;
    assert_true(image_min_bytes_per_row(BGRA, LINEAR, &limits, 17, &row));
    assert_int_equal(row, 96);
    row = 7;
    assert_false(image_min_bytes_per_row(BGRA, LINEAR, &limits, 11, &row));
    assert_false(image_min_bytes_per_row(BGRA, LINEAR, &limits, 101, &row));
    assert_int_equal(row, 7);
}

static void c167_transaction_elimination(void **state)
{
    const struct image image = {BGRA, SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_LINEAR_TE, 18, 17, 96};
    (void)state;
    assert_true(modifier_is_protected_compatible(LINEAR));
    assert_false(modifier_is_protected_compatible(image.modifier));
    assert_int_equal(offset_of(&image, 0), 0);
    assert_int_equal(row_of(&image, 0), 96);
    assert_int_equal(offset_of(&image, IMAGE_PLANE_AUXILIARY), 1664); /* 96 * 17 in steps of 64 */
    assert_int_equal(row_of(&image, IMAGE_PLANE_AUXILIARY), 64);
    assert_int_equal(size_of(BGRA, image.modifier, 18, 17, 96), 1664 + 64 + 2 * 64);
}

static void c169_afbc(void **state)
{
    const uint64_t te = SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TE;
    const uint64_t tiled =
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TILED_HEADER;
    const struct image_row_limits limits = {0, UINT32_MAX, 1, 0, UINT32_MAX, 1};
    uint32_t row;
    (void)state;
    assert_false(modifier_is_protected_compatible(te));
    assert_true(modifier_is_protected_compatible(tiled));
    assert_int_equal(size_of(BGRA, tiled, 18, 17, 96), 69632);
    assert_int_equal(size_of(BGRA, SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16, 18, 17, 96),
                     1024 + 4 * 1024);
    assert_int_equal(size_of(BGRA, SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8, 33, 8, 0),
                     1024 + 2 * 1024);
    assert_int_equal(size_of(BGRA, te, 18, 17, 96), 5120 + 64 + 2 * 64);
    assert_true(image_min_bytes_per_row(BGRA, tiled, &limits, 129, &row));
    assert_int_equal(row, 2 * 16 * 4);
}

static void c171_ten_bit_rgb(void **state)
{
    const struct image_row_limits limits = {1, UINT32_MAX, 1, 0, UINT32_MAX, 1};
    const uint32_t formats[] = {SYSMEM_PIXEL_FORMAT_A2R10G10B10, SYSMEM_PIXEL_FORMAT_A2B10G10R10};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint32_t row;
        assert_true(image_min_bytes_per_row(formats[i], LINEAR, &limits, 18, &row));
        assert_int_equal(row, 72);
        assert_int_equal(size_of(formats[i], LINEAR, 18, 17, 72), 1224);
    }
}

/* Bits per pixel, written out here once more, against what the table's own numbers come to. */
static void linear_sizes_of_every_format(void **state)
{
    static const struct {
        uint32_t format;
        uint32_t bits;
        uint32_t row; /* of an image 16 pixels wide */
    } expected[] = {
        {1,   32, 64},
        {101, 32, 64},
        {102, 12, 16},
        {103, 12, 16},
        {104, 12, 16},
        {105, 16, 32},
        {107, 12, 16},
        {108, 24, 48},
        {109, 16, 32},
        {110, 8,  16},
        {111, 8,  16},
        {112, 8,  16},
        {113, 8,  16},
        {114, 16, 32},
        {115, 32, 64},
        {116, 32, 64},
        {117, 24, 32},
        {118, 24, 48},
        {119, 32, 64},
        {120, 32, 64},
    };
    const struct image_row_limits limits = {1, UINT32_MAX, 1, 0, UINT32_MAX, 1};
    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        uint32_t bytes = 16 * 10 * expected[i].bits / 8;
        uint32_t row;
        assert_true(image_min_bytes_per_row(expected[i].format, LINEAR, &limits, 16, &row));
        assert_int_equal(row, expected[i].row);
        assert_int_equal(size_of(expected[i].format, LINEAR, 16, 10, row), bytes);
        assert_int_equal(size_of(expected[i].format, GOLDFISH, 16, 10, row), bytes);
    }
}

static void planes_of_linear_images(void **state)
{
    const struct image nv12 = {NV12, LINEAR, 64, 48, 80};
    const struct image i420 = {SYSMEM_PIXEL_FORMAT_I420, LINEAR, 64, 48, 80};
    const struct image m420 = {SYSMEM_PIXEL_FORMAT_M420, LINEAR, 64, 48, 80};
    uint64_t offset;
    uint32_t row;
    (void)state;
    assert_int_equal(offset_of(&nv12, 1), 80 * 48);
    assert_int_equal(row_of(&nv12, 1), 80);
    assert_false(image_plane_offset(&nv12, 2, &offset));
    assert_false(image_plane_bytes_per_row(&nv12, 2, &row));
    assert_int_equal(offset_of(&i420, 1), 80 * 48);
    assert_int_equal(offset_of(&i420, 2), 80 * 48 + 40 * 24);
    assert_int_equal(row_of(&i420, 1), 40);
    assert_int_equal(row_of(&i420, 2), 40);
    assert_false(image_plane_offset(&m420, 1, &offset));
    assert_false(image_plane_offset(&m420, IMAGE_PLANE_AUXILIARY, &offset));
    assert_false(image_plane_bytes_per_row(&m420, IMAGE_PLANE_AUXILIARY, &row));
    assert_int_equal(row_of(&m420, 0), 80);
}

static void intel_tiles(void **state)
{
    const uint64_t x = SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED;
    const uint64_t y = SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED;
    const uint64_t ccs = SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED_CCS;
    const struct image_row_limits limits = {1, 100, 1, 0, UINT32_MAX, 3};
    const struct image nv12 = {NV12, x, 1920, 1080, 1920};
    const struct image aux = {BGRA, ccs, 1920, 1080, 7680};
    uint32_t row;
    (void)state;
    /* 1920 pixels are 7,680 bytes: 15 X tiles or 60 Y tiles; 1080 rows: 135 or 34. */
    assert_int_equal(size_of(BGRA, x, 1920, 1080, 7680), 15 * 135 * 4096);
    assert_int_equal(size_of(BGRA, y, 1920, 1080, 7680), 60 * 34 * 4096);
    assert_int_equal(size_of(BGRA, ccs, 1920, 1080, 7680), (60 * 34 + 2 * 3) * 4096);
    /* NV12: 1,920 bytes a row, 4 X tiles; 540 rows of chroma: 68. */
    assert_int_equal(size_of(NV12, x, 1920, 1080, 1920), (4 * 135 + 4 * 68) * 4096);
    assert_int_equal(offset_of(&nv12, 1), 4 * 135 * 4096);
    assert_int_equal(row_of(&nv12, 1), 2048);
    assert_int_equal(offset_of(&aux, IMAGE_PLANE_AUXILIARY), 60 * 34 * 4096);
    assert_int_equal(row_of(&aux, IMAGE_PLANE_AUXILIARY), 2 * 128);
    assert_true(image_min_bytes_per_row(BGRA, x, &limits, 100, &row));
    assert_int_equal(row, 512);
    assert_false(image_min_bytes_per_row(BGRA, x, &limits, 101, &row));
}

/* Offsets lie within the image, and no plane begins before the one in front of it. */
static void planes_lie_within_the_image(void **state)
{
    const uint64_t modifiers[] = {LINEAR,
                                  GOLDFISH,
                                  SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_LINEAR_TE,
                                  SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED,
                                  SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED_CCS,
                                  SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_TE};
    (void)state;
    for (uint32_t i = 0; i < 122 * 6; i++) {
        const struct image image = {i / 6, modifiers[i % 6], 130, 70, 1024};
        if (!image_format_is_supported(image.pixel_format, image.modifier)) {
            continue;
        }
        uint64_t size = size_of(image.pixel_format, image.modifier, 130, 70, 1024);
        uint64_t before = 0;
        for (uint32_t plane = 0; plane <= IMAGE_PLANE_AUXILIARY; plane++) {
            uint64_t offset;
            uint32_t row;
            bool exists = image_plane_offset(&image, plane, &offset);
            assert_int_equal(exists, image_plane_bytes_per_row(&image, plane, &row));
            assert_true(exists || plane > 0);
            if (exists) {
                assert_true(plane == 0 ? offset == 0 : offset > before && offset < size);
                before = offset;
            }
        }
    }
}

static void numbers_that_do_not_fit(void **state)
{
    const uint32_t most = UINT32_MAX;
    const struct image_row_limits limits = {0, most, 1, 0, most, 1};
    const struct image images[] = {
        {NV12, LINEAR,                                      most, most, most},
        {BGRA, SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16, most, most, 0   },
        {BGRA, UINT64_C(0x4711),                            1,    1,    4   },
        {4711, LINEAR,                                      1,    1,    4   },
    };
    uint64_t size = 7;
    uint32_t row = 7;
    (void)state;
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
        assert_false(image_size_bytes(&images[i], &size));
    }
    assert_int_equal(size, 7);
    assert_false(image_min_bytes_per_row(BGRA, LINEAR, &limits, most, &row));
    assert_false(image_min_bytes_per_row(BGRA, GOLDFISH, &limits, 1, &row));
    assert_int_equal(row, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c165_min_bytes_per_row),
        cmocka_unit_test(c167_transaction_elimination),
        cmocka_unit_test(c169_afbc),
        cmocka_unit_test(c171_ten_bit_rgb),
        cmocka_unit_test(linear_sizes_of_every_format),
        cmocka_unit_test(planes_of_linear_images),
        cmocka_unit_test(intel_tiles),
        cmocka_unit_test(planes_lie_within_the_image),
        cmocka_unit_test(numbers_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
