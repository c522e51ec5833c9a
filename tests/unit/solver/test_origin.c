/* solver_origins(): each value of a result with all that it was made of. */
#include "scene.h"

#include "solver/origin.h"

struct told {
    struct scene scene;
    struct solver_origins origins;
};

static void tell(struct told *t)
{
    scene_succeeds(&t->scene);
    const struct solver_problem problem = {
        .participants = t->scene.participants,
        .participant_count = t->scene.count,
        .environment = &t->scene.environment,
    };
    assert_int_equal(solver_origins(&problem, NULL, &t->scene.outcome, &t->origins), 0);
}

static const struct solver_origin *origin_of(const struct told *t, const char *field)
{
    for (size_t i = 0; i < t->origins.count; i++) {
        if (strcmp(t->origins.list[i].field, field) == 0) {
            return &t->origins.list[i];
        }
    }
    fail_msg("no origin of %s", field);
    return NULL;
}

static void expect_source(const struct solver_origin *origin, size_t index, int participant,
                          const char *text)
{
    assert_true(index < origin->source_count);
    assert_int_equal(origin->sources[index].participant, participant);
    assert_string_equal(origin->sources[index].text, text);
}

static void counts_are_added_up_from_everybody(void **state)
{
    static struct told t;
    (void)state;
    scene_init(&t.scene);
    scene_p_cpu(&t.scene, 2, 4096, 8192);
    constraints_t *other = scene_p_cpu(&t.scene, 1, 6000, 8192);
    SYSMEM_SET(other, max_buffer_count, 9);
    tell(&t);
    const struct solver_origin *count = origin_of(&t, "buffer_count");
    assert_string_equal(count->value, "3");
    assert_int_equal(count->source_count, 3);
    expect_source(count, 0, 0, "min_buffer_count_for_camping 2");
    expect_source(count, 1, 1, "min_buffer_count_for_camping 1");
    expect_source(count, 2, 1, "max_buffer_count 9");
    const struct solver_origin *size = origin_of(&t, "buffer_settings.size_bytes");
    assert_string_equal(size->value, "6000");
    expect_source(size, 0, 0, "min_size_bytes 4096");
    expect_source(size, 2, 1, "min_size_bytes 6000");
    solver_origins_deinit(&t.origins);
}

static void only_entries_of_the_chosen_format_count(void **state)
{
    static struct told t;
    (void)state;
    scene_init(&t.scene);
    image_t *gpu = scene_simple(&t.scene, RGBA, LINEAR, SRGB);
    SYSMEM_SET(gpu, bytes_per_row_divisor, 256);
    constraints_t *camera = scene_cpu(&t.scene);
    image_t *other = scene_image(&t.scene, camera, NV12, LINEAR, REC709);
    SYSMEM_SET(other, bytes_per_row_divisor, 4096);
    image_t *common = scene_image(&t.scene, camera, RGBA, LINEAR, SRGB);
    SYSMEM_SET(common, bytes_per_row_divisor, 64);
    tell(&t);
    const struct solver_origin *divisor =
        origin_of(&t, "image_format_constraints.bytes_per_row_divisor");
    assert_string_equal(divisor->value, "256");
    assert_int_equal(divisor->source_count, 2);
    expect_source(divisor, 0, 0, "256");
    expect_source(divisor, 1, 1, "64");
    const struct solver_origin *format = origin_of(&t, "image_format_constraints.pixel_format");
    assert_string_equal(format->value, "R8G8B8A8");
    expect_source(format, 0, 0, "R8G8B8A8 LINEAR");
    expect_source(format, 1, 1, "NV12 LINEAR, R8G8B8A8 LINEAR");
    solver_origins_deinit(&t.origins);
}

static void what_was_rounded_tells_by_whom(void **state)
{
    static struct told t;
    (void)state;
    scene_init(&t.scene);
    image_t *camera = scene_simple(&t.scene, RGBA, LINEAR, SRGB);
    SYSMEM_SET(camera, min_size, ((struct sysmem_size){50, 50}));
    SYSMEM_SET(camera, max_size, ((struct sysmem_size){4096, 4096}));
    image_t *gpu = scene_simple(&t.scene, RGBA, LINEAR, SRGB);
    SYSMEM_SET(gpu, min_size, ((struct sysmem_size){1, 1}));
    SYSMEM_SET(gpu, size_alignment, ((struct sysmem_size){64, 1}));
    SYSMEM_SET(gpu, bytes_per_row_divisor, 512);
    tell(&t);
    const struct solver_origin *size = origin_of(&t, "image_format_constraints.min_size");
    assert_string_equal(size->value, "64x50");
    assert_int_equal(size->source_count, 3);
    expect_source(size, 0, 0, "50x50");
    expect_source(size, 1, 1, "1x1");
    expect_source(size, 2, 1, "size_alignment 64x1");
    const struct solver_origin *most = origin_of(&t, "image_format_constraints.max_size");
    assert_int_equal(most->source_count, 1);
    expect_source(most, 0, 0, "4096x4096");
    const struct solver_origin *row = origin_of(&t, "image_format_constraints.min_bytes_per_row");
    assert_string_equal(row->value, "512");
    assert_int_equal(row->source_count, 5);
    expect_source(row, 0, 0, "min_size 50x50");
    expect_source(row, 1, 1, "min_size 1x1");
    expect_source(row, 2, 1, "size_alignment 64x1");
    expect_source(row, 3, 1, "bytes_per_row_divisor 512");
    expect_source(row, 4, -1, "what the pixel format needs by itself");
    solver_origins_deinit(&t.origins);
}

static void secure_memory_decides_about_the_domain(void **state)
{
    static const struct solver_heap heap = {
        .heap = {.has = {.heap_type = true, .id = true},
                 .heap_type = "fuchsia.amlogic.platform.sysmem.heap.HEAP_TYPE.SECURE"},
        .inaccessible_supported = true,
        .secure = true,
    };
    static struct told t;
    (void)state;
    scene_init(&t.scene);
    t.scene.environment.heaps = &heap;
    t.scene.environment.heap_count = 1;
    constraints_t *decoder = scene_empty(&t.scene);
    SYSMEM_SET(decoder, min_buffer_count, 1);
    decoder->has.usage = true;
    SYSMEM_SET(&decoder->usage, video, SYSMEM_VIDEO_USAGE_HW_DECODER);
    SYSMEM_SET(scene_memory(decoder), min_size_bytes, 1);
    SYSMEM_SET(scene_memory(decoder), secure_required, true);
    tell(&t);
    const struct solver_origin *domain = origin_of(&t, "buffer_settings.coherency_domain");
    assert_string_equal(domain->value, "INACCESSIBLE");
    assert_int_equal(domain->source_count, 2);
    expect_source(domain, 1, 0, "secure_required true");
    solver_origins_deinit(&t.origins);
}

static void defaults_are_nobodys(void **state)
{
    static struct told t;
    (void)state;
    scene_init(&t.scene);
    constraints_t *c = scene_cpu(&t.scene);
    SYSMEM_SET(c, min_buffer_count, 1);
    SYSMEM_SET(scene_memory(c), min_size_bytes, 1);
    tell(&t);
    const struct solver_origin *heap = origin_of(&t, "buffer_settings.heap");
    assert_string_equal(heap->value, SYSMEM_HEAP_TYPE_SYSTEM_RAM);
    assert_int_equal(heap->source_count, 1);
    expect_source(heap, 0, -1, "nobody asked: the default");
    const struct solver_origin *domain = origin_of(&t, "buffer_settings.coherency_domain");
    assert_string_equal(domain->value, "CPU");
    expect_source(domain, 0, 0,
                  "usage CPU_USAGE_READ_OFTEN|CPU_USAGE_WRITE_OFTEN, which with "
                  "ram_domain_supported and inaccessible_domain_supported unset excludes all "
                  "domains but CPU");
    solver_origins_deinit(&t.origins);
}

static void every_field_of_the_result_has_an_origin(void **state)
{
    static struct told t;
    (void)state;
    scene_init(&t.scene);
    scene_simple(&t.scene, NV12, LINEAR, REC709);
    tell(&t);
    /* the count, 5 of the memory, 15 of the image: no alpha, no list of pairs */
    assert_int_equal(t.origins.count, 1 + 5 + 15);
    for (size_t i = 0; i < t.origins.count; i++) {
        assert_true(t.origins.list[i].source_count > 0);
        assert_true(t.origins.list[i].value[0] != '\0');
    }
    solver_origins_deinit(&t.origins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_added_up_from_everybody),
        cmocka_unit_test(only_entries_of_the_chosen_format_count),
        cmocka_unit_test(what_was_rounded_tells_by_whom),
        cmocka_unit_test(secure_memory_decides_about_the_domain),
        cmocka_unit_test(defaults_are_nobodys),
        cmocka_unit_test(every_field_of_the_result_has_an_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
