/* Constraints with arbitrary contents: whatever comes of them, the daemon goes on. */
#include "model/tables.h"
#include "negotiation.h"
#include "support/fill_table.h"
#include "wishes.h"

#define ROUNDS 400

/* Any outcome is right; returns whether there are buffers. */
static bool try(struct stage *stage, const struct sysmem_buffer_collection_constraints *wish)
{
    struct sysmem_collection *collection =
        bind_token(stage->allocator, root_token(stage->allocator));
    struct sysmem_collection_info *info = NULL;
    sysmem_status_t status = sysmem_collection_set_constraints(collection, wish);
    if (status == 0) {
        status = sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info);
        assert_true(status == 0 || status == SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY ||
                    status == ZX_ERR_PEER_CLOSED); /* failed before the wait came */
    } else {
        assert_int_equal(status, ZX_ERR_INVALID_ARGS); /* text that is no UTF-8, at most */
    }
    sysmem_collection_info_free(info);
    sysmem_collection_free(collection);
    return status == 0;
}

static void c163_arbitrary_constraints(void **state)
{
    struct stage *stage = *state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct arena arena;
        arena_init(&arena, SIZE_MAX / 2);
        struct fill fill = {
            .arena = &arena, .state = seed * UINT64_C(0x9E3779B97F4A7C15), .everything = seed == 1};
        struct sysmem_buffer_collection_constraints wish;
        fill_table(&fill, &model_type_buffer_collection_constraints, &wish);
        (void)try(stage, &wish);
        arena_clear(&arena);
    }
    assert_still_serves(stage);
}

/* A sound image with some random fields in it. */
static struct sysmem_image_format_constraints spoil(struct fill *fill)
{
    static const uint32_t formats[] = {
        SYSMEM_PIXEL_FORMAT_R8G8B8A8, SYSMEM_PIXEL_FORMAT_NV12, SYSMEM_PIXEL_FORMAT_P010,
        SYSMEM_PIXEL_FORMAT_R8,       SYSMEM_PIXEL_FORMAT_I420, SYSMEM_PIXEL_FORMAT_DO_NOT_CARE};
    struct sysmem_image_format_constraints noise;
    fill_table(fill, &model_type_image_format_constraints, &noise);
    struct sysmem_image_format_constraints image =
        image_of(formats[fill_random(fill) % 6], passthrough, 16, 16);
    switch (fill_random(fill) % 6) {
    case 0:
        SYSMEM_SET(&image, size_alignment, noise.size_alignment);
        break;
    case 1:
        SYSMEM_SET(&image, bytes_per_row_divisor, noise.bytes_per_row_divisor);
        SYSMEM_SET(&image, min_bytes_per_row, noise.min_bytes_per_row);
        break;
    case 2:
        SYSMEM_SET(&image, required_max_size, noise.required_max_size);
        break;
    case 3:
        SYSMEM_SET(&image, min_size, noise.min_size);
        break;
    case 4:
        SYSMEM_SET(&image, pixel_format_modifier, noise.pixel_format_modifier);
        break;
    default:
        SYSMEM_SET(&image, max_width_times_height, noise.max_width_times_height);
        SYSMEM_SET(&image, start_offset_divisor, noise.start_offset_divisor);
        break;
    }
    return image;
}

static void c163_sound_constraints_with_random_numbers(void **state)
{
    struct stage *stage = *state;
    int fine = 0;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct arena arena;
        arena_init(&arena, SIZE_MAX / 2);
        struct fill fill = {.arena = &arena, .state = seed * UINT64_C(0xD1B54A32D192ED03)};
        const struct sysmem_image_format_constraints image = spoil(&fill);
        const struct sysmem_buffer_collection_constraints wish = image_wish(&image, 1);
        fine += try(stage, &wish) ? 1 : 0;
        arena_clear(&arena);
    }
    assert_in_range(fine, 1, ROUNDS - 1); /* they reach both outcomes */
    assert_still_serves(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(c163_arbitrary_constraints, stage_open_lazy, stage_close),
        cmocka_unit_test_setup_teardown(c163_sound_constraints_with_random_numbers, stage_open_lazy,
                                        stage_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
