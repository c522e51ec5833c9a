#include "scene.h"

#include "solver/aggregate.h"
#include "solver/crowd.h"
#include "solver/work.h"

static void add_wishes(struct scene *s)
{
    static const struct sysmem_heap ram = {
        SYSMEM_HEAP_TYPE_SYSTEM_RAM, 0, {true, true}
    };
    scene_simple(s, RGBA, ANY_MOD, SRGB);
    scene_simple(s, ANY_FORMAT, X_TILED, SRGB);
    scene_image(s, &s->constraints[0], BGRA, ANY_MOD, SRGB);
    for (size_t i = 0; i < 2; i++) {
        SYSMEM_SET_VECTOR(scene_memory(&s->constraints[i]), permitted_heaps, &ram, 1);
    }
}

static bool build(struct work *work, const struct scene *s, struct crowd *crowd,
                  struct aggregate *ret)
{
    const struct solver_problem problem = {
        .participants = s->participants,
        .participant_count = s->count,
        .environment = &s->environment,
    };
    return crowd_init(work, &problem, crowd) && crowd_gather(work, crowd, NULL) &&
           aggregate_build(work, crowd->present, crowd->present_count, ret);
}

/* Whichever allocation fails, the answer is that there was no memory. */
static void every_allocation_may_fail(void **state)
{
    static struct scene s;
    bool succeeded = false;
    (void)state;
    scene_init(&s);
    add_wishes(&s);
    for (size_t budget = 0; !succeeded; budget += 16) {
        struct arena arena;
        struct crowd crowd;
        struct work work = {
            .environment = &s.environment,
            .arena = &arena,
            .outcome = &s.outcome,
            .participant = WORK_NOBODY,
            .entry = -1,
        };
        struct aggregate aggregate;
        s.outcome.reason_count = 0;
        arena_init(&arena, budget);
        succeeded = build(&work, &s, &crowd, &aggregate);
        assert_int_equal(work.no_memory, !succeeded);
        assert_int_equal(s.outcome.reason_count, succeeded ? 0 : 1);
        assert_true(budget < (1u << 20));
        arena_clear(&arena);
    }
}

static void who_is_behind_a_value(void **state)
{
    static struct scene s;
    (void)state;
    scene_init(&s);
    scene_p_cpu(&s, 1, 4096, 65536);
    scene_p_cpu(&s, 1, 8192, 32768);
    scene_p_cpu(&s, 1, 1024, UINT64_MAX);
    image_t *image = scene_image(&s, &s.constraints[2], ANY_FORMAT, LINEAR, SRGB);
    SYSMEM_SET(image, min_size, SIZE(16, 16));
    image = scene_image(&s, &s.constraints[0], RGBA, ANY_MOD, SRGB);
    SYSMEM_SET(image, min_size, SIZE(32, 4));
    struct arena arena;
    struct work work = {
        .environment = &s.environment, .arena = &arena, .outcome = &s.outcome, .entry = -1};
    struct crowd crowd;
    struct aggregate aggregate;
    arena_init(&arena, SIZE_MAX);
    assert_true(build(&work, &s, &crowd, &aggregate));
    assert_int_equal(aggregate.count, 3);
    blame_largest(&work, &aggregate, offsetof(struct demand, memory.min_size));
    assert_int_equal(work.participant, 1);
    blame_smallest(&work, &aggregate, offsetof(struct demand, memory.min_size));
    assert_int_equal(work.participant, 2);
    blame_flag(&work, &aggregate, offsetof(struct demand, memory.domains.cpu), true);
    assert_int_equal(work.participant, 0);
    const struct entry *entry = &aggregate.total.formats.entries[0];
    blame_entry(&work, &aggregate, entry, offsetof(struct entry, min_size.height), true);
    assert_int_equal(work.participant, 2);
    assert_int_equal(work.entry, 0);
    blame_nobody(&work);
    assert_int_equal(work.participant, WORK_NOBODY);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(who_is_behind_a_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
