#include "scene.h"

static void sums_and_maxima(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    for (uint32_t i = 1; i <= 2; i++) {
        constraints_t *c = scene_p_cpu(&s, i, 4096, 4096);
        SYSMEM_SET(c, min_buffer_count_for_dedicated_slack, 2);
        SYSMEM_SET(c, min_buffer_count_for_shared_slack, 3 * i);
        SYSMEM_SET(c, max_buffer_count, 12 + i);
    }
    scene_succeeds(&s);
    assert_int_equal(s.outcome.buffer_count, 3 + 4 + 6);
    s.environment.force_zero_slack = true;
    scene_succeeds(&s);
    assert_int_equal(s.outcome.buffer_count, 3);
    s.environment.force_zero_slack = false;
    SYSMEM_SET(&s.constraints[0], max_buffer_count, 12);
    scene_fails(&s, 0, "max_buffer_count");
}

static void sums_beyond_32_bits(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_p_cpu(&s, UINT32_MAX, 4096, 4096);
    scene_p_cpu(&s, 2, 4096, 4096); /* together 1, if the sum were to wrap */
    scene_fails(&s, -1, NULL);
    SYSMEM_SET(&s.constraints[1], max_buffer_count, 100);
    scene_fails(&s, 1, "max_buffer_count");
}

static void explicit_zero_is_an_error(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_p_cpu(&s, 0, 4096, 4096);
    scene_fails(&s, -1, NULL); /* nobody needs a buffer */
    SYSMEM_SET(c, max_buffer_count, 0);
    scene_fails(&s, 0, "max_buffer_count");
    SYSMEM_SET(c, max_buffer_count, 3);
    SYSMEM_SET(c, min_buffer_count, 4);
    scene_fails(&s, 0, "min_buffer_count");
    SYSMEM_SET(c, min_buffer_count, 3);
    scene_succeeds(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_maxima),
        cmocka_unit_test(sums_beyond_32_bits),
        cmocka_unit_test(explicit_zero_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
