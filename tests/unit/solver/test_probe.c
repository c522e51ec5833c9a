/* probe_reduce(): a minimal conflict if there is time, and what is left of it if there is not. */
#include "scene.h"

#include "solver/probe.h"

struct fixture {
    struct scene scene;
    struct solver_problem problem;
    struct arena arena;
    struct probe probe;
};

/* Two who disagree about the count, and one who has nothing to do with that. */
static void fixture_init(struct fixture *f)
{
    *f = (struct fixture){0};
    scene_init(&f->scene);
    constraints_t *first = scene_p_cpu(&f->scene, 1, 4096, 8192);
    constraints_t *second = scene_cpu(&f->scene);
    constraints_t *third = scene_cpu(&f->scene);
    SYSMEM_SET(first, min_buffer_count, 5);
    SYSMEM_SET(second, max_buffer_count, 3);
    SYSMEM_SET(third, min_buffer_count, 1);
    f->problem = (struct solver_problem){
        .participants = f->scene.participants,
        .participant_count = f->scene.count,
        .environment = &f->scene.environment,
    };
    arena_init(&f->arena, SIZE_MAX);
    assert_true(probe_init(&f->probe, &f->arena, &f->problem, NULL));
}

static void fixture_deinit(struct fixture *f)
{
    probe_deinit(&f->probe);
    arena_clear(&f->arena);
}

static void with_time_one_field_of_each_is_left(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    assert_false(probe_is_satisfied(&f.probe));
    assert_true(probe_reduce(&f.probe, UINT64_MAX));
    assert_int_equal(probe_kept(&f.probe), 2);
    assert_int_equal(f.probe.members[0].kept, 1);
    assert_int_equal(f.probe.members[1].kept, 1);
    assert_false(probe_is_satisfied(&f.probe));
    fixture_deinit(&f);
}

static void without_time_nothing_more_is_dropped(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    size_t all = probe_kept(&f.probe);
    assert_false(probe_is_satisfied(&f.probe));
    assert_true(f.probe.effort > 0);
    assert_false(probe_reduce(&f.probe, 0));
    assert_int_equal(probe_kept(&f.probe), all);
    fixture_deinit(&f);
}

/* One participant alone may have enough fields to use the time up. */
static void time_ends_within_a_participant(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    assert_false(probe_is_satisfied(&f.probe));
    uint64_t once = f.probe.effort;
    assert_false(probe_reduce(&f.probe, 4 * once)); /* three people, then some fields */
    assert_int_equal(f.probe.members[2].kept, 0);
    assert_true(probe_kept(&f.probe) > 2);
    assert_true(f.probe.effort <= 6 * once);
    assert_false(probe_is_satisfied(&f.probe));
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_time_one_field_of_each_is_left),
        cmocka_unit_test(without_time_nothing_more_is_dropped),
        cmocka_unit_test(time_ends_within_a_participant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
