#include "scene.h"

#include "solver/demand.h"

static void who_gives_a_size(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_cpu(&s);
    assert_false(demand_gives_size(c));
    scene_sizes(c, 0, 4096);
    assert_false(demand_gives_size(c));
    scene_sizes(c, 1, 4096);
    assert_true(demand_gives_size(c));
    c = scene_cpu(&s);
    image_t *image = scene_image(&s, c, RGBA, LINEAR, SRGB);
    assert_false(demand_gives_size(c));
    SYSMEM_SET(image, min_size, SIZE(16, 0));
    SYSMEM_SET(image, required_max_size, SIZE(0, 16));
    assert_false(demand_gives_size(c));
    SYSMEM_SET(image, required_max_size, SIZE(1, 16));
    assert_true(demand_gives_size(c));
    SYSMEM_SET(image, required_max_size, SIZE(1, 0));
    SYSMEM_SET(image, min_size, SIZE(16, 1));
    assert_true(demand_gives_size(c));
}

static void read_one(struct work *work, const struct scene *s, int participant, struct demand *ret)
{
    work->participant = participant;
    assert_true(demand_read(work, s->participants[participant].constraints, ret));
    assert_int_equal(ret->participant, participant);
}

/* A demand is folded into any number of totals. */
static void folding_leaves_the_other_as_it_is(void **state)
{
    static struct scene s;
    static const struct sysmem_heap heaps[] = {
        {SYSMEM_HEAP_TYPE_SYSTEM_RAM, 0, {true, true}},
        {"test.HEAP_TYPE.OTHER",      0, {true, true}},
    };
    struct arena arena;
    struct work work = {
        .environment = &s.environment, .arena = &arena, .outcome = &s.outcome, .entry = -1};
    struct demand demands[2] = {0};
    struct demand total;
    (void)state;
    scene_init(&s);
    image_t *image = scene_simple(&s, RGBA, LINEAR, SRGB);
    SYSMEM_SET(image, min_size, SIZE(16, 16));
    scene_simple(&s, RGBA, LINEAR, SRGB);
    SYSMEM_SET_VECTOR(scene_memory(&s.constraints[0]), permitted_heaps, heaps, 2);
    SYSMEM_SET_VECTOR(scene_memory(&s.constraints[1]), permitted_heaps, &heaps[1], 1);
    arena_init(&arena, SIZE_MAX);
    for (int i = 0; i < 2; i++) {
        read_one(&work, &s, i, &demands[i]);
    }
    demand_init(&total);
    assert_true(demand_fold(&work, &total, &demands[0]));
    assert_true(demand_fold(&work, &total, &demands[1]));
    assert_int_equal(total.memory.heaps.count, 1);
    assert_string_equal(total.memory.heaps.refs[0].type, heaps[1].heap_type);
    assert_int_equal(total.formats.entries[0].min_size.width, 64);
    assert_int_equal(demands[0].memory.heaps.count, 2);
    assert_string_equal(demands[0].memory.heaps.refs[0].type, heaps[0].heap_type);
    assert_int_equal(demands[0].formats.entries[0].min_size.width, 16);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_gives_a_size),
        cmocka_unit_test(folding_leaves_the_other_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
