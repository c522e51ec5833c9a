/* How large buffers become, and how large they may.
 * Source: spec/fuchsia.sysmem2.txt, TABLES, BufferMemoryConstraints, ImageFormatConstraints. */
#include "negotiation.h"
#include "wishes.h"

/* The size that one participant with this one image gets, and the image that comes out. */
static uint64_t size_with(struct stage *stage, const struct sysmem_image_format_constraints *image,
                          struct sysmem_image_format_constraints *ret_image)
{
    const struct sysmem_buffer_collection_constraints wish = image_wish(image, 1);
    struct negotiation n;
    negotiate(&n, stage->allocator, &wish, 1);
    assert_allocated(&n, 1);
    const struct sysmem_buffer_collection_info *result = result_of(&n, 0);
    uint64_t size = result->settings.buffer_settings.size_bytes;
    assert_true(size_of_vmo(result->buffers[0].vmo) == (size + PAGE - 1) / PAGE * PAGE);
    *ret_image = *image_result(&n);
    ret_image->color_spaces = NULL; /* dies with the result */
    negotiation_close(&n);
    return size;
}

static void refuse_image(struct stage *stage, const struct sysmem_image_format_constraints *image)
{
    const struct sysmem_buffer_collection_constraints wish = image_wish(image, 1);
    expect(stage->allocator, &wish, 1, 0);
}

static void c021_required_max_size(void **state)
{
    struct sysmem_image_format_constraints result;
    struct sysmem_image_format_constraints image =
        image_of(SYSMEM_PIXEL_FORMAT_NV12, rec709, 256, 256);
    SYSMEM_SET(&image, max_size, (struct sysmem_size){UINT32_MAX, UINT32_MAX});
    SYSMEM_SET(&image, min_bytes_per_row, 256);
    SYSMEM_SET(&image, max_bytes_per_row, UINT32_MAX);
    SYSMEM_SET(&image, max_width_times_height, UINT32_MAX);
    SYSMEM_SET(&image, size_alignment, (struct sysmem_size){1, 1});
    SYSMEM_SET(&image, display_rect_alignment, (struct sysmem_size){1, 1});
    SYSMEM_SET(&image, bytes_per_row_divisor, 1);
    SYSMEM_SET(&image, start_offset_divisor, 1);
    SYSMEM_SET(&image, required_max_size, (struct sysmem_size){512, 1024});
    assert_true(size_with(*state, &image, &result) == UINT64_C(512) * 1024 * 3 / 2);
    assert_true(result.has.required_max_size);
    assert_int_equal(result.required_max_size.width, 512);
    assert_int_equal(result.required_max_size.height, 1024);
}

static void c025_min_bytes_per_row_honours_the_divisor(void **state)
{
    struct sysmem_image_format_constraints result;
    struct sysmem_image_format_constraints image =
        image_of(SYSMEM_PIXEL_FORMAT_R8G8B8A8, srgb, 254, 256);
    SYSMEM_SET(&image, min_bytes_per_row, 256);
    SYSMEM_SET(&image, bytes_per_row_divisor, 64);
    assert_true(size_with(*state, &image, &result) == UINT64_C(1024) * 256);
    assert_true(result.has.min_bytes_per_row);
    assert_int_equal(result.min_bytes_per_row, 1024);
    assert_int_equal(result.bytes_per_row_divisor, 64);
}

static void c041_mostly_default_image_constraints(void **state)
{
    struct sysmem_image_format_constraints result;
    struct sysmem_image_format_constraints image =
        image_of_any_size(SYSMEM_PIXEL_FORMAT_NV12, rec709);
    SYSMEM_SET(&image, required_max_size, (struct sysmem_size){512, 1024});
    assert_true(size_with(*state, &image, &result) == UINT64_C(512) * 1024 * 3 / 2);
    assert_true(result.has.max_width_times_height);
    assert_true(result.max_width_times_height == UINT32_MAX);
    assert_int_equal(result.size_alignment.width, 2); /* the format's own */
}

static void c045_no_minimum_size_at_all_fails(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, 0, 0);
    expect(stage->allocator, &wish, 1, 0);
    SYSMEM_SET(&wish.buffer_memory_constraints, min_size_bytes, 0);
    SYSMEM_SET_VECTOR(&wish, image_format_constraints, NULL, 0);
    expect(stage->allocator, &wish, 1, 0);
    struct sysmem_image_format_constraints image =
        image_of(SYSMEM_PIXEL_FORMAT_R8G8B8A8, srgb, 0, 64); /* half a size is none */
    refuse_image(stage, &image);
    wish.buffer_memory_constraints.min_size_bytes = 1;
    expect(stage->allocator, &wish, 1, 1);
}

static void c047_required_min_size_with_a_zero_fails(void **state)
{
    struct stage *stage = *state;
    struct sysmem_image_format_constraints result;
    struct sysmem_image_format_constraints image =
        image_of(SYSMEM_PIXEL_FORMAT_R8G8B8A8, srgb, 1, 1);
    SYSMEM_SET(&image, required_min_size, (struct sysmem_size){0, 1});
    refuse_image(stage, &image);
    image.required_min_size = (struct sysmem_size){1, 0};
    refuse_image(stage, &image);
    image.required_min_size = (struct sysmem_size){1, 1};
    assert_true(size_with(stage, &image, &result) == 4);
    image.min_size = (struct sysmem_size){2, 2}; /* smaller than what is allowed at all */
    refuse_image(stage, &image);
}

static void c049_the_same_image_twice_by_one_participant_fails(void **state)
{
    struct stage *stage = *state;
    struct sysmem_image_format_constraints images[2];
    images[0] = image_of(SYSMEM_PIXEL_FORMAT_NV12, rec709, 64, 64);
    images[1] = images[0];
    struct sysmem_buffer_collection_constraints wish = image_wish(images, 2);
    expect(stage->allocator, &wish, 1, 0);
    images[1].pixel_format = SYSMEM_PIXEL_FORMAT_I420;
    expect(stage->allocator, &wish, 1, 1);
}

static void a_size_is_exact_and_its_vmo_whole_pages(void **state)
{
    struct stage *stage = *state;
    const struct sysmem_buffer_collection_constraints wishes[] = {
        cpu_constraints(1, 64 * KIB - 1, 0), cpu_constraints(1, 1, 64 * KIB - 1)};
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, 2);
    assert_allocated(&n, 2);
    assert_true(result_of(&n, 0)->settings.buffer_settings.size_bytes == 64 * KIB - 1);
    assert_true(size_of_vmo(result_of(&n, 1)->buffers[1].vmo) == 64 * KIB);
    negotiation_close(&n);
    const struct sysmem_buffer_collection_constraints contrary[] = {
        cpu_constraints(1, PAGE, 0), cpu_constraints(1, 1, PAGE - 1)};
    expect(stage->allocator, contrary, 2, 0);
}

static void an_image_larger_than_the_maximum_fails(void **state)
{
    struct stage *stage = *state;
    struct sysmem_image_format_constraints image =
        image_of(SYSMEM_PIXEL_FORMAT_R8G8B8A8, srgb, 64, 64);
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, 0, 64 * 64 * 4);
    SYSMEM_SET_VECTOR(&wish, image_format_constraints, &image, 1);
    expect(stage->allocator, &wish, 1, 1);
    SYSMEM_SET(&wish.buffer_memory_constraints, max_size_bytes, 64 * 64 * 4 - 1);
    expect(stage->allocator, &wish, 1, 0);
}

static void c043_min_buffer_count_far_above_the_limit(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(0, PAGE, 0);
    SYSMEM_SET(&wish, min_buffer_count, (uint32_t)(1024 * MIB / PAGE));
    expect(stage->allocator, &wish, 1, 0);
    assert_still_serves(stage);
}

static void a_collection_has_at_most_128_buffers(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wishes[2] = {cpu_constraints(127, PAGE, 0),
                                                             cpu_constraints(1, PAGE, 0)};
    expect(stage->allocator, wishes, 2, 128);
    wishes[1] = cpu_constraints(2, PAGE, 0);
    expect(stage->allocator, wishes, 2, 0);
}

static void a_buffer_has_at_most_256_mib(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, 256 * MIB, 0);
    expect(stage->allocator, &wish, 1, 1);
    static const uint64_t too_large[] = {256 * MIB + 1, UINT64_C(1) << 32,
                                         (UINT64_C(1) << 32) + 4096, UINT64_MAX};
    for (size_t i = 0; i < sizeof(too_large) / sizeof(too_large[0]); i++) {
        wish = cpu_constraints(1, too_large[i], 0);
        expect(stage->allocator, &wish, 1, 0);
    }
    assert_still_serves(stage);
}

static void a_collection_has_at_most_1_gib(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(4, 256 * MIB, 0);
    expect(stage->allocator, &wish, 1, 4);
    wish = cpu_constraints(5, 256 * MIB, 0);
    expect(stage->allocator, &wish, 1, 0);
    wish = cpu_constraints(128, 8 * MIB, 0);
    expect(stage->allocator, &wish, 1, 128);
    wish = cpu_constraints(128, 8 * MIB + 1, 0); /* pages do not count, bytes do */
    expect(stage->allocator, &wish, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c021_required_max_size),
        CASE(c025_min_bytes_per_row_honours_the_divisor),
        CASE(c041_mostly_default_image_constraints),
        CASE(c043_min_buffer_count_far_above_the_limit),
        CASE(c045_no_minimum_size_at_all_fails),
        CASE(c047_required_min_size_with_a_zero_fails),
        CASE(c049_the_same_image_twice_by_one_participant_fails),
        CASE(a_size_is_exact_and_its_vmo_whole_pages),
        CASE(an_image_larger_than_the_maximum_fails),
        CASE(a_collection_has_at_most_128_buffers),
        cmocka_unit_test_setup_teardown(a_buffer_has_at_most_256_mib, stage_open_lazy, stage_close),
        cmocka_unit_test_setup_teardown(a_collection_has_at_most_1_gib, stage_open_lazy,
                                        stage_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
