#include "scene.h"

#include "solver/crowd.h"

/* A crowd of a scene's participants, and one group of two children. */
struct gathering {
    struct scene scene;
    struct solver_problem problem;
    struct arena arena;
    struct work work;
    struct crowd crowd;
};

static const struct solver_group group = {.child_count = 2};

static void start(struct gathering *g)
{
    g->problem = (struct solver_problem){
        .participants = g->scene.participants,
        .participant_count = g->scene.count,
        .groups = &group,
        .group_count = 1,
        .environment = &g->scene.environment,
    };
    arena_init(&g->arena, SIZE_MAX);
    g->work = (struct work){
        .environment = &g->scene.environment,
        .arena = &g->arena,
        .outcome = &g->scene.outcome,
        .participant = WORK_NOBODY,
        .entry = -1,
    };
    assert_true(crowd_init(&g->work, &g->problem, &g->crowd));
}

/* Puts the participant that was added last under the group. */
static void put_under(struct scene *s, uint32_t child)
{
    s->participants[s->count - 1].group = 1;
    s->participants[s->count - 1].child = child;
}

static void only_those_selected_are_present(void **state)
{
    static struct gathering g;
    (void)state;
    scene_init(&g.scene);
    scene_p_cpu(&g.scene, 1, 4096, 4096);
    put_under(&g.scene, 0);
    scene_p_cpu(&g.scene, 1, 4096, 4096);
    g.scene.participants[g.scene.count++].constraints = NULL;
    scene_p_cpu(&g.scene, 1, 4096, 4096);
    put_under(&g.scene, 1);
    start(&g);
    assert_true(crowd_gather(&g.work, &g.crowd, &(uint32_t){0}));
    assert_int_equal(g.crowd.present_count, 2);
    assert_int_equal(g.crowd.present[0]->participant, 0);
    assert_int_equal(g.crowd.present[1]->participant, 1);
    assert_true(crowd_gather(&g.work, &g.crowd, &(uint32_t){1}));
    assert_int_equal(g.crowd.present_count, 2);
    assert_int_equal(g.crowd.present[0]->participant, 1);
    assert_int_equal(g.crowd.present[1]->participant, 3);
    assert_true(crowd_gather(&g.work, &g.crowd, &(uint32_t){SOLVER_HIDDEN}));
    assert_int_equal(g.crowd.present_count, 1);
    arena_clear(&g.arena);
}

static void each_is_read_once(void **state)
{
    static struct gathering g;
    (void)state;
    scene_init(&g.scene);
    scene_simple(&g.scene, RGBA, LINEAR, SRGB);
    start(&g);
    assert_true(crowd_gather(&g.work, &g.crowd, &(uint32_t){0}));
    size_t used = g.arena.used;
    const struct demand *demand = g.crowd.present[0];
    assert_true(crowd_gather(&g.work, &g.crowd, &(uint32_t){1}));
    assert_int_equal(g.arena.used, used);
    assert_ptr_equal(g.crowd.present[0], demand);
    arena_clear(&g.arena);
}

/* Also what is read while a later attempt has an arena of its own. */
static void what_is_read_outlives_the_attempt(void **state)
{
    static struct gathering g;
    struct arena attempt;
    (void)state;
    scene_init(&g.scene);
    scene_simple(&g.scene, RGBA, LINEAR, SRGB);
    start(&g);
    arena_init(&attempt, 0);
    g.work.arena = &attempt;
    assert_true(crowd_gather(&g.work, &g.crowd, &(uint32_t){0}));
    assert_ptr_equal(g.work.arena, &attempt);
    assert_int_equal(attempt.used, 0);
    assert_int_equal(g.crowd.present[0]->formats.count, 1);
    arena_clear(&g.arena);
}

static void a_refusal_is_repeated(void **state)
{
    static struct gathering g;
    (void)state;
    scene_init(&g.scene);
    scene_p_cpu(&g.scene, 1, 4096, 4096);
    constraints_t *broken = scene_p_cpu(&g.scene, 1, 4096, 4096);
    SYSMEM_SET(broken, max_buffer_count, 0);
    put_under(&g.scene, 1);
    start(&g);
    assert_true(crowd_gather(&g.work, &g.crowd, &(uint32_t){0}));
    for (int i = 0; i < 2; i++) {
        g.scene.outcome.reason_count = 0;
        assert_false(crowd_gather(&g.work, &g.crowd, &(uint32_t){1}));
        assert_int_equal(g.scene.outcome.reason_count, 1);
        assert_int_equal(g.scene.outcome.reasons[0].participant, 1);
        assert_string_equal(g.scene.outcome.reasons[0].field, "max_buffer_count");
        assert_int_equal(g.work.participant, WORK_NOBODY);
    }
    arena_clear(&g.arena);
}

/* A size from someone who is not selected is of no use. */
static void someone_present_gives_a_size(void **state)
{
    static struct gathering g;
    (void)state;
    scene_init(&g.scene);
    scene_cpu(&g.scene);
    scene_p_cpu(&g.scene, 1, 4096, 4096);
    put_under(&g.scene, 1);
    start(&g);
    assert_false(crowd_gather(&g.work, &g.crowd, &(uint32_t){0}));
    assert_int_equal(g.scene.outcome.reason_count, 1);
    assert_int_equal(g.scene.outcome.reasons[0].participant, -1);
    assert_true(crowd_gather(&g.work, &g.crowd, &(uint32_t){1}));
    arena_clear(&g.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_those_selected_are_present),
        cmocka_unit_test(each_is_read_once),
        cmocka_unit_test(what_is_read_outlives_the_attempt),
        cmocka_unit_test(a_refusal_is_repeated),
        cmocka_unit_test(someone_present_gives_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
