/* What a tracer is told of an aggregation. */
#include "scene.h"

#include <stdio.h>

struct log {
    struct scene scene;
    struct solver_tracer tracer;
    struct solver_step steps[64];
    char texts[64][160];
    size_t count;
};

static void note(void *arg, const struct solver_step *step)
{
    struct log *log = arg;
    assert_true(log->count < 64);
    (void)snprintf(log->texts[log->count], sizeof(log->texts[0]), "%s", step->text);
    log->steps[log->count++] = *step;
}

static uint32_t solve(struct log *log)
{
    log->tracer = (struct solver_tracer){note, log};
    const struct solver_problem problem = {
        .participants = log->scene.participants,
        .participant_count = log->scene.count,
        .environment = &log->scene.environment,
        .tracer = &log->tracer,
    };
    solver_choose(&problem, NULL, &log->scene.outcome);
    return log->scene.outcome.error;
}

static void expect(const struct log *log, enum solver_step_kind kind, int participant,
                   const char *text)
{
    for (size_t i = 0; i < log->count; i++) {
        if (log->steps[i].kind == kind && log->steps[i].participant == participant &&
            strcmp(log->texts[i], text) == 0) {
            return;
        }
    }
    for (size_t i = 0; i < log->count; i++) {
        print_message("%d %d %s\n", log->steps[i].kind, log->steps[i].participant, log->texts[i]);
    }
    fail_msg("no step \"%s\"", text);
}

static void each_format_is_kept_or_dropped_by_somebody(void **state)
{
    static struct log log;
    (void)state;
    scene_init(&log.scene);
    scene_simple(&log.scene, NV12, LINEAR, REC709);
    scene_image(&log.scene, &log.scene.constraints[0], RGBA, LINEAR, SRGB);
    scene_image(&log.scene, &log.scene.constraints[0], BGRA, LINEAR, SRGB);
    constraints_t *other = scene_cpu(&log.scene);
    scene_image(&log.scene, other, NV12, LINEAR, SYSMEM_COLOR_SPACE_REC601_PAL);
    scene_image(&log.scene, other, RGBA, LINEAR, SRGB);
    assert_int_equal(solve(&log), 0);
    expect(&log, SOLVER_STEP_ATTEMPT, -1, "everybody takes part");
    expect(&log, SOLVER_STEP_READ, 0, "3 formats, 0 heaps");
    expect(&log, SOLVER_STEP_FORMAT_DROPPED, 1, "NV12 LINEAR: color_spaces exclude each other");
    expect(&log, SOLVER_STEP_FORMAT_KEPT, 1, "R8G8B8A8 LINEAR");
    expect(&log, SOLVER_STEP_FORMAT_DROPPED, 1,
           "B8G8R8A8 LINEAR: not among the participant's formats");
    expect(&log, SOLVER_STEP_FORMAT_COST, -1, "R8G8B8A8 LINEAR: no cost is configured");
    expect(&log, SOLVER_STEP_CHOSEN, -1, "R8G8B8A8 LINEAR, color space SRGB");
    expect(&log, SOLVER_STEP_CHOSEN, -1, "buffer_count 1");
    expect(&log, SOLVER_STEP_CHOSEN, -1, "size_bytes 4");
}

static void a_format_that_nobody_dropped_may_be_of_no_use(void **state)
{
    static struct log log;
    (void)state;
    scene_init(&log.scene);
    image_t *large = scene_simple(&log.scene, RGBA, LINEAR, SRGB);
    SYSMEM_SET(large, min_size, SIZE(640, 64));
    image_t *small = scene_image(&log.scene, scene_cpu(&log.scene), RGBA, LINEAR, SRGB);
    SYSMEM_SET(small, max_size, SIZE(320, 64));
    assert_int_equal(solve(&log), SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    expect(&log, SOLVER_STEP_FORMAT_KEPT, 1, "R8G8B8A8 LINEAR");
    expect(&log, SOLVER_STEP_FORMAT_DROPPED, -1,
           "R8G8B8A8 LINEAR: min_size 640 exceeds max_size 320");
    assert_int_equal(log.steps[log.count - 1].kind, SOLVER_STEP_REFUSED);
}

static void nobody_need_watch(void **state)
{
    static struct log log;
    static struct scene alone;
    (void)state;
    scene_init(&alone);
    scene_init(&log.scene);
    scene_p_cpu(&alone, 1, 4096, 8192);
    scene_p_cpu(&log.scene, 1, 4096, 8192);
    assert_int_equal(scene_solve(&alone), solve(&log));
    assert_int_equal(scene_settings(&alone)->size_bytes, scene_settings(&log.scene)->size_bytes);
    assert_true(log.count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_is_kept_or_dropped_by_somebody),
        cmocka_unit_test(a_format_that_nobody_dropped_may_be_of_no_use),
        cmocka_unit_test(nobody_need_watch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
