#include "scene.h"

#define KIB 1024u

static void expect_plain(const struct scene *s, uint32_t buffers, uint64_t size, uint32_t domain)
{
    const struct sysmem_buffer_memory_settings *b = scene_settings(s);
    assert_int_equal(s->outcome.buffer_count, buffers);
    assert_true(b->has.size_bytes && b->has.is_physically_contiguous && b->has.is_secure &&
                b->has.coherency_domain && b->has.heap);
    assert_int_equal(b->size_bytes, size);
    assert_int_equal(b->coherency_domain, domain);
    assert_false(b->is_physically_contiguous);
    assert_false(b->is_secure);
    assert_string_equal(b->heap.heap_type, SYSMEM_HEAP_TYPE_SYSTEM_RAM);
    assert_true(b->heap.has.id);
    assert_int_equal(b->heap.id, 0);
}

static void c003_one_participant(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_p_cpu(&s, 3, 64 * KIB, 128 * KIB);
    scene_succeeds(&s);
    expect_plain(&s, 3, 65536, SYSMEM_COHERENCY_DOMAIN_CPU);
    assert_false(s.outcome.settings.has.image_format_constraints);
}

static void c007_min_buffer_count_beats_camping(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_p_cpu(&s, 3, 64 * KIB, 128 * KIB);
    SYSMEM_SET(c, min_buffer_count, 5);
    scene_succeeds(&s);
    assert_int_equal(s.outcome.buffer_count, 5);
}

static void c009_display_prefers_ram(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_p_cpu(&s, 3, 64 * KIB, 128 * KIB);
    SYSMEM_SET(&c->usage, display, SYSMEM_DISPLAY_USAGE_LAYER);
    scene_domains(c, true, true, false);
    scene_succeeds(&s);
    expect_plain(&s, 3, 65536, SYSMEM_COHERENCY_DOMAIN_RAM);
    assert_false(s.outcome.settings.has.image_format_constraints);
}

/* The conformance cases' NV12c. */
static void add_nv12c(struct scene *s, constraints_t *c, uint32_t width, uint32_t height)
{
    image_t *image = scene_image(s, c, NV12, LINEAR, REC709);
    SYSMEM_SET(image, min_size, SIZE(width, height));
    SYSMEM_SET(image, max_size, SIZE(UINT32_MAX, UINT32_MAX));
    SYSMEM_SET(image, min_bytes_per_row, 256);
    SYSMEM_SET(image, max_bytes_per_row, UINT32_MAX);
    SYSMEM_SET(image, max_width_times_height, UINT32_MAX);
    SYSMEM_SET(image, size_alignment, SIZE(2, 2));
    SYSMEM_SET(image, bytes_per_row_divisor, 2);
    SYSMEM_SET(image, start_offset_divisor, 2);
    SYSMEM_SET(image, display_rect_alignment, SIZE(1, 1));
}

static void c011_three_participants_camping_adds_up(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    add_nv12c(&s, scene_p_cpu(&s, 3, 64 * KIB, 393216), 256, 256);
    add_nv12c(&s, scene_p_cpu(&s, 3, 64 * KIB, 393216), 512, 512);
    scene_empty(&s);
    scene_succeeds(&s);
    expect_plain(&s, 6, 393216, SYSMEM_COHERENCY_DOMAIN_CPU);
    const image_t *image = scene_result(&s);
    assert_int_equal(image->pixel_format, NV12);
    assert_int_equal(image->min_size.width, 512);
    assert_int_equal(image->min_bytes_per_row, 512);
}

static void c013_color_space_ranking(void **state)
{
    static const uint32_t first[] = {SYSMEM_COLOR_SPACE_REC601_PAL_FULL_RANGE, REC709,
                                     SYSMEM_COLOR_SPACE_REC601_PAL};
    static const uint32_t second[] = {SYSMEM_COLOR_SPACE_REC601_PAL_FULL_RANGE, REC709};
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *a = scene_simple(&s, NV12, LINEAR, 0);
    image_t *b = scene_simple(&s, NV12, LINEAR, 0);
    SYSMEM_SET_VECTOR(a, color_spaces, first, 3);
    SYSMEM_SET_VECTOR(b, color_spaces, second, 2);
    scene_succeeds(&s);
    assert_int_equal(s.outcome.buffer_count, 2);
    assert_int_equal(scene_result(&s)->color_spaces_count, 1);
    assert_int_equal(scene_result(&s)->color_spaces[0], REC709);
    assert_int_equal(s.outcome.color_space, REC709);
}

static void c019_cpu_usage_with_only_the_inaccessible_domain(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_domains(scene_p_cpu(&s, 1, 4096, 4096), false, false, true);
    scene_fails(&s, 0, "buffer_memory_constraints.cpu_domain_supported");
}

static image_t *plain_nv12(struct scene *s)
{
    constraints_t *c = scene_cpu(s);
    SYSMEM_SET(c, min_buffer_count_for_camping, 1);
    return scene_image(s, c, NV12, LINEAR, REC709);
}

static void c021_required_max_size(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = plain_nv12(&s);
    SYSMEM_SET(image, min_size, SIZE(256, 256));
    SYSMEM_SET(image, max_size, SIZE(UINT32_MAX, UINT32_MAX));
    SYSMEM_SET(image, min_bytes_per_row, 256);
    SYSMEM_SET(image, size_alignment, SIZE(1, 1));
    SYSMEM_SET(image, required_max_size, SIZE(512, 1024));
    scene_succeeds(&s);
    assert_int_equal(scene_result(&s)->required_max_size.width, 512);
    assert_int_equal(scene_result(&s)->required_max_size.height, 1024);
    assert_int_equal(scene_settings(&s)->size_bytes, 786432);
}

static void c025_min_bytes_per_row_honours_the_divisor(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = scene_simple(&s, RGBA, LINEAR, SRGB);
    SYSMEM_SET(image, min_size, SIZE(254, 256));
    SYSMEM_SET(image, min_bytes_per_row, 256);
    SYSMEM_SET(image, bytes_per_row_divisor, 64);
    scene_succeeds(&s);
    assert_int_equal(scene_result(&s)->min_bytes_per_row, 1024);
}

static void c027_contiguous_system_ram(void **state)
{
    static const struct sysmem_heap ram = {
        SYSMEM_HEAP_TYPE_SYSTEM_RAM, 0, {true, true}
    };
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_empty(&s);
    c->has.usage = true;
    SYSMEM_SET(&c->usage, vulkan, SYSMEM_VULKAN_IMAGE_USAGE_TRANSFER_DST);
    SYSMEM_SET(c, min_buffer_count_for_camping, 1);
    scene_sizes(c, 4096, 4096);
    scene_domains(c, true, false, false);
    SYSMEM_SET(scene_memory(c), physically_contiguous_required, true);
    SYSMEM_SET_VECTOR(scene_memory(c), permitted_heaps, &ram, 1);
    scene_fails(&s, 0, "buffer_memory_constraints.physically_contiguous_required");
    s.environment.contiguous_supported = true;
    scene_succeeds(&s);
    assert_int_equal(s.outcome.buffer_count, 1);
    assert_int_equal(scene_settings(&s)->coherency_domain, SYSMEM_COHERENCY_DOMAIN_CPU);
    assert_true(scene_settings(&s)->is_physically_contiguous);
    assert_string_equal(scene_settings(&s)->heap.heap_type, SYSMEM_HEAP_TYPE_SYSTEM_RAM);
}

static void c029_nobody_uses_the_buffers(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_p_cpu(&s, 3, 64 * KIB, 128 * KIB);
    c->usage = (struct sysmem_buffer_usage){.none = SYSMEM_NONE_USAGE, .has = {.none = true}};
    SYSMEM_SET(c, min_buffer_count, 5);
    scene_fails(&s, -1, NULL);
}

static void c031_one_real_usage_is_enough(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *a = scene_p_cpu(&s, 3, 64 * KIB, 393216);
    constraints_t *b = scene_p_cpu(&s, 3, 64 * KIB, 393216);
    a->usage = (struct sysmem_buffer_usage){.none = SYSMEM_NONE_USAGE, .has = {.none = true}};
    b->usage = (struct sysmem_buffer_usage){.vulkan = 2, .has = {.vulkan = true}};
    scene_succeeds(&s);
    assert_int_equal(s.outcome.buffer_count, 6);
}

static void c039_cpu_and_inaccessible_offered(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_domains(scene_p_cpu(&s, 3, 64 * KIB, 128 * KIB), true, false, true);
    scene_succeeds(&s);
    expect_plain(&s, 3, 65536, SYSMEM_COHERENCY_DOMAIN_CPU);
}

static void c041_mostly_default_image_constraints(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = plain_nv12(&s);
    image->has.pixel_format_modifier = false;
    SYSMEM_SET(image, required_max_size, SIZE(512, 1024));
    scene_succeeds(&s);
    assert_int_equal(scene_settings(&s)->size_bytes, 786432);
    assert_int_equal(scene_result(&s)->pixel_format_modifier, LINEAR);
    assert_int_equal(scene_result(&s)->max_width_times_height, UINT32_MAX);
    assert_int_equal(scene_result(&s)->required_min_size.width, UINT32_MAX);
}

static void c043_min_buffer_count_above_the_limit(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_cpu(&s);
    SYSMEM_SET(c, min_buffer_count, 262144);
    SYSMEM_SET(scene_memory(c), min_size_bytes, 4096);
    SYSMEM_SET(scene_memory(c), cpu_domain_supported, true);
    scene_fails(&s, -1, NULL);
    SYSMEM_SET(c, min_buffer_count, 128);
    scene_succeeds(&s);
    SYSMEM_SET(c, min_buffer_count, 129);
    scene_fails(&s, -1, NULL);
}

static void c045_nobody_gives_a_size(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_p_cpu(&s, 3, 0, 128 * KIB);
    SYSMEM_SET_VECTOR(c, image_format_constraints, NULL, 0);
    scene_fails(&s, -1, NULL);
    image_t *image = scene_image(&s, c, NV12, LINEAR, REC709);
    SYSMEM_SET(image, min_size, SIZE(2, 0));
    scene_fails(&s, -1, NULL);
}

static void c047_required_min_size_zero(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = scene_simple(&s, NV12, LINEAR, REC709);
    SYSMEM_SET(image, required_min_size, SIZE(0, 64));
    scene_fails(&s, 0, "image_format_constraints[0].required_min_size");
    SYSMEM_SET(image, required_min_size, SIZE(64, 63));
    scene_fails(&s, 0, "image_format_constraints[0].min_size");
    SYSMEM_SET(image, required_min_size, SIZE(64, 64));
    scene_succeeds(&s);
}

static void c049_the_same_entry_twice(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_simple(&s, NV12, LINEAR, REC709);
    scene_succeeds(&s);
    image_t *again = scene_image(&s, &s.constraints[0], NV12, LINEAR, REC709);
    SYSMEM_SET(again, min_size, SIZE(64, 64));
    scene_fails(&s, 0, "image_format_constraints[1].pixel_format");
}

static void c117_conflict_of_sizes(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_p_cpu(&s, 1, 4096, 4096);
    scene_succeeds(&s);
    scene_p_cpu(&s, 1, 8192, 8192);
    scene_fails(&s, 0, "buffer_memory_constraints.max_size_bytes");
    assert_int_equal(s.outcome.reason_count, 2);
    assert_int_equal(s.outcome.reasons[1].participant, 1);
    assert_string_equal(s.outcome.reasons[1].field, "buffer_memory_constraints.min_size_bytes");
}

static void participants_without_constraints_do_not_count(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_empty(&s);
    s.participants[0].constraints = NULL;
    scene_p_cpu(&s, 2, 4096, 4096);
    scene_succeeds(&s);
    assert_int_equal(s.outcome.buffer_count, 2);
    SYSMEM_SET(&s.constraints[1], max_buffer_count, 0);
    scene_fails(&s, 1, "max_buffer_count");
    s.count = 1;
    scene_fails(&s, -1, NULL);
    s.count = 0;
    scene_fails(&s, -1, NULL);
}

static void limits_of_the_environment(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_p_cpu(&s, 4, UINT64_C(256) << 20, UINT64_MAX);
    scene_succeeds(&s);
    SYSMEM_SET(c, min_buffer_count_for_camping, 5); /* above 1 GiB in all */
    scene_fails(&s, -1, NULL);
    SYSMEM_SET(c, min_buffer_count_for_camping, 1);
    SYSMEM_SET(scene_memory(c), min_size_bytes, (UINT64_C(256) << 20) + 1);
    scene_fails(&s, -1, NULL);
    SYSMEM_SET(scene_memory(c), min_size_bytes, UINT64_MAX);
    scene_fails(&s, -1, NULL);
    s.environment.limits.max_buffer_bytes = UINT64_MAX;
    SYSMEM_SET(c, min_buffer_count_for_camping, 3); /* the product doesn't fit in 64 bits */
    scene_fails(&s, -1, NULL);
    SYSMEM_SET(scene_memory(c), min_size_bytes, 8192);
    s.environment.limits.max_allocation_size = 8191;
    scene_fails(&s, -1, NULL);
    s.environment.limits.max_allocation_size = 8192;
    scene_succeeds(&s);
}

static void too_many_participants_for_memory(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    solver_solve(s.participants, SIZE_MAX, &s.environment, &s.outcome);
    assert_int_equal(s.outcome.error, SYSMEM_ERROR_NO_MEMORY);
    assert_int_equal(s.outcome.reason_count, 1);
}

static void an_outcome_may_be_used_again(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    memset(&s.outcome, 0xa5, sizeof(s.outcome));
    scene_simple(&s, NV12, LINEAR, REC709);
    scene_succeeds(&s);
    assert_int_equal(s.outcome.reason_count, 0);
    s.count = 0;
    scene_fails(&s, -1, NULL);
    assert_int_equal(s.outcome.buffer_count, 0);
    assert_false(s.outcome.settings.has.buffer_settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c003_one_participant),
        cmocka_unit_test(c007_min_buffer_count_beats_camping),
        cmocka_unit_test(c009_display_prefers_ram),
        cmocka_unit_test(c011_three_participants_camping_adds_up),
        cmocka_unit_test(c013_color_space_ranking),
        cmocka_unit_test(c019_cpu_usage_with_only_the_inaccessible_domain),
        cmocka_unit_test(c021_required_max_size),
        cmocka_unit_test(c025_min_bytes_per_row_honours_the_divisor),
        cmocka_unit_test(c027_contiguous_system_ram),
        cmocka_unit_test(c029_nobody_uses_the_buffers),
        cmocka_unit_test(c031_one_real_usage_is_enough),
        cmocka_unit_test(c039_cpu_and_inaccessible_offered),
        cmocka_unit_test(c041_mostly_default_image_constraints),
        cmocka_unit_test(c043_min_buffer_count_above_the_limit),
        cmocka_unit_test(c045_nobody_gives_a_size),
        cmocka_unit_test(c047_required_min_size_zero),
        cmocka_unit_test(c049_the_same_entry_twice),
        cmocka_unit_test(c117_conflict_of_sizes),
        cmocka_unit_test(participants_without_constraints_do_not_count),
        cmocka_unit_test(limits_of_the_environment),
        cmocka_unit_test(too_many_participants_for_memory),
        cmocka_unit_test(an_outcome_may_be_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
