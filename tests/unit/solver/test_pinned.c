#include "scene.h"

#include "solver/pinned.h"

/* What was decided for somebody holds for the buffers that came of it, and for nothing else. */
static void buffers_agree_with_what_they_came_of(void **state)
{
    struct scene s;
    constraints_t pinned;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_empty(&s);
    SYSMEM_SET(&c->usage, cpu, CPU_RW);
    c->has.usage = true;
    SYSMEM_SET(c, min_buffer_count_for_camping, 3);
    SYSMEM_SET(&c->buffer_memory_constraints, min_size_bytes, 4096);
    SYSMEM_SET(&c->buffer_memory_constraints, cpu_domain_supported, true);
    c->has.buffer_memory_constraints = true;
    solver_solve(s.participants, s.count, &s.environment, &s.outcome);
    assert_int_equal(s.outcome.error, 0);
    const struct sysmem_single_buffer_settings settings = s.outcome.settings;

    solver_pin(&settings, s.outcome.buffer_count, &pinned);
    s.participants[s.count++].constraints = &pinned;
    solver_solve(s.participants, s.count, &s.environment, &s.outcome);
    assert_int_equal(s.outcome.error, 0);
    assert_int_equal(s.outcome.buffer_count, 3);
    assert_int_equal(s.outcome.settings.buffer_settings.size_bytes, 4096);

    c->min_buffer_count_for_camping = 4;
    solver_solve(s.participants, s.count, &s.environment, &s.outcome);
    assert_int_equal(s.outcome.error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    c->min_buffer_count_for_camping = 3;
    c->buffer_memory_constraints.min_size_bytes = 4097;
    solver_solve(s.participants, s.count, &s.environment, &s.outcome);
    assert_int_equal(s.outcome.error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
}

static void images_are_pinned_too(void **state)
{
    struct sysmem_single_buffer_settings settings = {0};
    constraints_t pinned;
    (void)state;
    solver_pin(&settings, 1, &pinned);
    assert_false(pinned.has.image_format_constraints);
    SYSMEM_SET(&settings.image_format_constraints, pixel_format, NV12);
    settings.has.image_format_constraints = true;
    solver_pin(&settings, 1, &pinned);
    assert_int_equal(pinned.image_format_constraints_count, 1);
    assert_int_equal(pinned.image_format_constraints[0].pixel_format, NV12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_agree_with_what_they_came_of),
        cmocka_unit_test(images_are_pinned_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
