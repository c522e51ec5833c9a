/* solver_explain(): the conflict is a minimal one, the right one, and told in names. */
#include "scene.h"

#include "base/strbuf.h"
#include "solver/explain.h"

/* What is expected of a member: who, which field, and a part of the detail. */
struct expected {
    int participant;
    const char *field;
    const char *detail;
};

static void explain(const struct solver_problem *problem, bool every,
                    struct solver_explanation *ret)
{
    assert_int_equal(solver_explain(problem, every, ret), 0);
}

static void expect_conflict(const struct solver_conflict *conflict, const struct expected *expected,
                            size_t count)
{
    assert_true(conflict->minimal);
    for (size_t i = 0; i < conflict->member_count && i < count; i++) {
        const struct solver_member *member = &conflict->members[i];
        assert_int_equal(member->participant, expected[i].participant);
        assert_string_equal(member->field, expected[i].field);
        if (strstr(member->detail, expected[i].detail) == NULL) {
            fail_msg("wanted \"%s\" in the detail, got \"%s\"", expected[i].detail, member->detail);
        }
    }
    assert_int_equal(conflict->member_count, count);
}

static void expect(const struct scene *s, const struct expected *expected, size_t count)
{
    const struct solver_problem problem = {
        .participants = s->participants,
        .participant_count = s->count,
        .environment = &s->environment,
    };
    struct solver_explanation explanation;
    explain(&problem, false, &explanation);
    assert_int_equal(explanation.error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_int_equal(explanation.conflict_count, 1);
    assert_null(explanation.conflicts[0].selected);
    expect_conflict(&explanation.conflicts[0], expected, count);
    solver_explanation_deinit(&explanation);
}

#define EXPECT(s, ...)                                                                             \
    expect((s), (const struct expected[]){__VA_ARGS__},                                            \
           sizeof((const struct expected[]){__VA_ARGS__}) / sizeof(struct expected))

static void a_success_has_nothing_to_explain(void **state)
{
    struct scene s;
    struct solver_explanation explanation;
    (void)state;
    scene_init(&s);
    scene_p_cpu(&s, 1, 4096, 4096);
    const struct solver_problem problem = {
        .participants = s.participants, .participant_count = 1, .environment = &s.environment};
    explain(&problem, true, &explanation);
    assert_int_equal(explanation.error, 0);
    assert_int_equal(explanation.conflict_count, 0);
    solver_explanation_deinit(&explanation);
}

/* Two conflicts with the same count: the last participant is spared. */
static void the_last_participant_is_dropped_first(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *first = scene_p_cpu(&s, 1, 4096, 8192);
    SYSMEM_SET(first, min_buffer_count, 5);
    constraints_t *second = scene_cpu(&s);
    SYSMEM_SET(second, max_buffer_count, 3);
    constraints_t *third = scene_cpu(&s);
    SYSMEM_SET(third, max_buffer_count, 2);
    EXPECT(&s, {0, "min_buffer_count", "wanted min_buffer_count 5, got max_buffer_count 3"},
           {1, "max_buffer_count", "wanted max_buffer_count 3, got min_buffer_count 5"});
}

static void every_summand_of_a_sum_is_a_member(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_p_cpu(&s, 2, 4096, 8192);
    constraints_t *other = scene_p_cpu(&s, 2, 4096, 8192);
    SYSMEM_SET(other, max_buffer_count, 3);
    EXPECT(&s, {0, "min_buffer_count_for_camping", "got min_buffer_count_for_camping 2"},
           {1, "min_buffer_count_for_camping", "max_buffer_count 3"},
           {1, "max_buffer_count", "wanted max_buffer_count 3"});
}

/* Each of them is needed: without any one the sum is what is allowed. */
static void members_beyond_the_most_are_counted(void **state)
{
    enum { COUNT = SOLVER_MAX_MEMBERS + 44 };
    static constraints_t camping = {.has = {.usage = true}};
    static constraints_t limited;
    struct solver_participant participants[COUNT];
    struct scene s;
    struct solver_explanation explanation;
    (void)state;
    scene_init(&s);
    SYSMEM_SET(&camping.usage, cpu, SYSMEM_CPU_USAGE_READ);
    SYSMEM_SET(&camping, min_buffer_count_for_camping, 1);
    limited = camping;
    SYSMEM_SET(&limited, max_buffer_count, COUNT - 1);
    for (size_t i = 0; i < COUNT; i++) {
        participants[i] = (struct solver_participant){
            .constraints = i + 1 < COUNT ? &camping : &limited,
        };
    }
    const struct solver_problem problem = {
        .participants = participants, .participant_count = COUNT, .environment = &s.environment};
    SYSMEM_SET(scene_memory(&limited), min_size_bytes, 1);
    explain(&problem, false, &explanation);
    const struct solver_conflict *conflict = explanation.conflicts;
    assert_true(conflict->minimal);
    assert_int_equal(conflict->member_count, SOLVER_MAX_MEMBERS);
    assert_int_equal(conflict->omitted, COUNT + 1 - SOLVER_MAX_MEMBERS);
    assert_non_null(strstr(conflict->members[0].detail, "got min_buffer_count_for_camping 1; "));
    assert_non_null(strstr(conflict->members[0].detail, " and 296 more"));
    solver_explanation_deinit(&explanation);
}

static void who_contradicts_himself_is_alone(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_p_cpu(&s, 1, 4096, 8192);
    scene_sizes(scene_cpu(&s), 8192, 4096);
    EXPECT(&s, {1, "buffer_memory_constraints.min_size_bytes", "got max_size_bytes 4096"},
           {1, "buffer_memory_constraints.max_size_bytes", "got min_size_bytes 8192"});
}

static void a_value_that_is_wrong_by_itself(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *first = scene_p_cpu(&s, 1, 4096, 8192);
    SYSMEM_SET(first, max_buffer_count, 0);
    EXPECT(&s, {0, "max_buffer_count", "wanted at least 1 or unset, got 0"});
}

static void a_missing_usage_is_unset(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_p_cpu(&s, 1, 4096, 8192);
    constraints_t *first = scene_empty(&s);
    SYSMEM_SET(first, max_buffer_count, 7);
    EXPECT(&s, {1, "usage", "got no usage"});
}

static void formats_come_before_what_hangs_on_them(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *camera = scene_p_cpu(&s, 1, 4096, UINT64_MAX);
    image_t *taken = scene_image(&s, camera, NV12, LINEAR, REC709);
    SYSMEM_SET(taken, min_size, SIZE(640, 480));
    constraints_t *display = scene_cpu(&s);
    image_t *shown = scene_image(&s, display, RGBA, LINEAR, SRGB);
    SYSMEM_SET(shown, max_size, SIZE(320, 240));
    scene_image(&s, display, BGRA, LINEAR, SRGB);
    EXPECT(&s,
           {0, "image_format_constraints[0].pixel_format",
            "wanted pixel_format NV12 LINEAR, got image_format_constraints R8G8B8A8 LINEAR, "
            "B8G8R8A8 LINEAR"},
           {1, "image_format_constraints", "got pixel_format NV12 LINEAR"});
}

static void color_spaces_of_the_one_common_format(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_image(&s, scene_p_cpu(&s, 1, 4096, UINT64_MAX), NV12, LINEAR, REC709);
    scene_image(&s, scene_cpu(&s), NV12, LINEAR, SYSMEM_COLOR_SPACE_REC601_PAL);
    EXPECT(&s,
           {0, "image_format_constraints[0].color_spaces",
            "wanted color_spaces REC709, got color_spaces REC601_PAL"},
           {1, "image_format_constraints[0].color_spaces", "got color_spaces REC709"});
}

static void a_default_is_told_from_an_exclusion(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *device = scene_empty(&s);
    device->has.usage = true;
    SYSMEM_SET(&device->usage, vulkan, SYSMEM_VULKAN_IMAGE_USAGE_SAMPLED);
    SYSMEM_SET(device, min_buffer_count, 1);
    SYSMEM_SET(scene_memory(device), min_size_bytes, 4096);
    SYSMEM_SET(scene_memory(device), cpu_domain_supported, false);
    constraints_t *program = scene_cpu(&s);
    EXPECT(&s, {0, "buffer_memory_constraints.cpu_domain_supported", "usage CPU_USAGE_READ_OFTEN"},
           {1, "usage",
            "which with ram_domain_supported and inaccessible_domain_supported unset excludes "
            "all domains but CPU"});
    SYSMEM_SET(scene_memory(program), ram_domain_supported, false);
    EXPECT(
        &s, {0, "buffer_memory_constraints.cpu_domain_supported", "wanted cpu_domain_supported"},
        {1, "usage", "with inaccessible_domain_supported unset excludes the INACCESSIBLE domain"},
        {1, "buffer_memory_constraints.ram_domain_supported", "wanted ram_domain_supported false"});
}

static void a_heap_that_nobody_has(void **state)
{
    static const struct sysmem_heap heap = {.heap_type = "nowhere", .has = {.heap_type = true}};
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *dreamer = scene_p_cpu(&s, 1, 4096, 8192);
    SYSMEM_SET_VECTOR(scene_memory(dreamer), permitted_heaps, &heap, 1);
    EXPECT(&s, {0, "buffer_memory_constraints.permitted_heaps", "nowhere (not there)"});
}

static void a_heap_that_is_absent(void **state)
{
    static const struct sysmem_heap heap = {.heap_type = "test.AWAY", .has = {.heap_type = true}};
    static const struct solver_heap heaps[] = {
        {.heap = {.heap_type = "test.AWAY", .has = {.heap_type = true}},
         .cpu_supported = true,
         .ram_supported = true,
         .inaccessible_supported = true,
         .absent_reason = "its device is away"},
        {.heap = {.heap_type = SYSMEM_HEAP_TYPE_SYSTEM_RAM, .has = {.heap_type = true}},
         .cpu_supported = true,
         .ram_supported = true,
         .inaccessible_supported = true         },
    };
    struct scene s;
    (void)state;
    scene_init(&s);
    s.environment.heaps = heaps;
    s.environment.heap_count = 2;
    constraints_t *dreamer = scene_p_cpu(&s, 1, 4096, 8192);
    SYSMEM_SET_VECTOR(scene_memory(dreamer), permitted_heaps, &heap, 1);
    EXPECT(&s, {0, "buffer_memory_constraints.permitted_heaps",
                "test.AWAY (absent: its device is away)"});
    EXPECT(&s, {0, "buffer_memory_constraints.permitted_heaps",
                "heap test.AWAY is absent: its device is away"});
}

/* What ends a search is told after the combinations that failed before, if those are asked for. */
static void secure_memory_that_is_lost(void **state)
{
    static const struct solver_group group = {.child_count = 2};
    struct scene s;
    (void)state;
    scene_init(&s);
    s.environment.secure = SOLVER_SECURE_LOST;
    scene_domains(scene_p_cpu(&s, 1, 4096, 8192), false, false, false);
    s.participants[0].group = 1;
    constraints_t *decoder = scene_p_cpu(&s, 1, 4096, 8192);
    s.participants[1].group = 1;
    s.participants[1].child = 1;
    SYSMEM_SET(scene_memory(decoder), secure_required, true);
    const struct solver_problem problem = {
        .participants = s.participants,
        .participant_count = 2,
        .groups = &group,
        .group_count = 1,
        .environment = &s.environment,
    };
    for (size_t before = 0; before < 2; before++) {
        struct solver_explanation explanation;
        explain(&problem, before == 1, &explanation);
        assert_int_equal(explanation.error, SYSMEM_ERROR_UNSPECIFIED);
        assert_int_equal(explanation.conflict_count, 1 + before);
        const struct solver_conflict *end = &explanation.conflicts[before];
        assert_int_equal(end->selected[0], 1);
        assert_int_equal(end->member_count, 1);
        assert_false(end->minimal); /* what else is wrong was not looked at */
        assert_int_equal(end->members[0].participant, 1);
        assert_string_equal(end->members[0].field, "buffer_memory_constraints.secure_required");
        assert_non_null(strstr(end->members[0].detail, "its driver is gone"));
        solver_explanation_deinit(&explanation);
    }
}

/* Whatever the format is going to be. */
static void a_color_space_that_no_image_has(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_image(&s, scene_p_cpu(&s, 1, 4096, 8192), ANY_FORMAT, LINEAR, 77);
    EXPECT(&s, {0, "image_format_constraints[0].color_spaces",
                "wanted color spaces that some image of the pixel format has"});
    scene_init(&s);
    scene_image(&s, scene_p_cpu(&s, 1, 4096, 8192), NV12, ANY_MOD, SRGB);
    EXPECT(&s, {0, "image_format_constraints[0].color_spaces", "got pixel_format NV12"},
           {0, "image_format_constraints[0].pixel_format", "got color_spaces SRGB"});
}

/* What is left open is only taken when there is nothing else: X_TILED costs more than memory
 * allows, and DO_NOT_CARE, which costs nothing, is not to hide that. */
static void what_is_open_is_no_way_out(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *first = scene_p_cpu(&s, 1, 1, 64);
    scene_image(&s, first, RGBA, X_TILED, SRGB);
    scene_image(&s, first, NV12, ANY_MOD, REC709);
    EXPECT(&s, {0, "buffer_memory_constraints.max_size_bytes", "got image_format_constraints"},
           {0, "image_format_constraints", "got max_size_bytes 64"});
}

static void nobody_is_to_blame(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *first = scene_cpu(&s);
    SYSMEM_SET(first, min_buffer_count, 1);
    EXPECT(&s, {-1, "", "wanted min_size_bytes, min_size or required_max_size"});
    scene_init(&s);
    constraints_t *second = scene_p_cpu(&s, 0, 4096, 8192);
    SYSMEM_SET(second, min_buffer_count, 2000);
    EXPECT(&s, {-1, "", "got the limit max_buffers 128"});
}

static void who_has_the_buffers_is_not_to_blame(void **state)
{
    struct scene s;
    struct solver_explanation explanation;
    (void)state;
    scene_init(&s);
    scene_p_cpu(&s, 2, 4096, 8192);
    const struct solver_problem first = {
        .participants = s.participants, .participant_count = 1, .environment = &s.environment};
    solver_choose(&first, NULL, &s.outcome);
    assert_int_equal(s.outcome.error, 0);
    s.participants[0].settled = true;
    constraints_t *late = scene_cpu(&s);
    SYSMEM_SET(late, min_buffer_count_for_camping, 1);
    SYSMEM_SET(late, min_buffer_count, 1);
    const struct solver_problem then = {
        .participants = s.participants,
        .participant_count = 2,
        .environment = &s.environment,
        .existing = &s.outcome.settings,
        .existing_count = s.outcome.buffer_count,
    };
    explain(&then, false, &explanation);
    const struct expected expected = {1, "min_buffer_count_for_camping",
                                      "the 2 buffers that exist"};
    assert_int_equal(explanation.conflict_count, 1);
    expect_conflict(&explanation.conflicts[0], &expected, 1);
    solver_explanation_deinit(&explanation);
}

/* The buffers were made for somebody who has gone: whoever comes, the settings are others. */
static void what_exists_is_in_the_way_by_itself(void **state)
{
    struct scene s;
    struct solver_explanation explanation;
    (void)state;
    scene_init(&s);
    scene_p_cpu(&s, 2, 4096, 8192);
    const struct solver_problem first = {
        .participants = s.participants, .participant_count = 1, .environment = &s.environment};
    solver_choose(&first, NULL, &s.outcome);
    s.participants[0].constraints = NULL;
    scene_p_cpu(&s, 1, 8192, 8192);
    const struct solver_problem then = {
        .participants = s.participants,
        .participant_count = 2,
        .environment = &s.environment,
        .existing = &s.outcome.settings,
        .existing_count = s.outcome.buffer_count,
    };
    const struct expected expected = {-1, "", "wanted"};
    explain(&then, false, &explanation);
    assert_int_equal(explanation.conflict_count, 1);
    expect_conflict(&explanation.conflicts[0], &expected, 1);
    solver_explanation_deinit(&explanation);
}

/* One group with two children: the first fails at the count, the second at once. */
static void the_attempt_that_got_furthest(void **state)
{
    struct scene s;
    struct solver_explanation explanation;
    const struct solver_group group = {.child_count = 2};
    (void)state;
    scene_init(&s);
    constraints_t *first = scene_p_cpu(&s, 1, 4096, 8192);
    SYSMEM_SET(first, min_buffer_count, 9);
    constraints_t *second = scene_cpu(&s);
    SYSMEM_SET(second, max_buffer_count, 0);
    s.participants[1].group = 1;
    s.participants[1].child = 0;
    constraints_t *third = scene_cpu(&s);
    SYSMEM_SET(third, max_buffer_count, 4);
    s.participants[2].group = 1;
    s.participants[2].child = 1;
    const struct solver_problem problem = {
        .participants = s.participants,
        .participant_count = 3,
        .groups = &group,
        .group_count = 1,
        .environment = &s.environment,
    };
    const struct expected of_first[] = {
        {1, "max_buffer_count", "got 0"}
    };
    const struct expected of_second[] = {
        {0, "min_buffer_count", "max_buffer_count 4"},
        {2, "max_buffer_count", "min_buffer_count 9"}
    };
    explain(&problem, false, &explanation);
    assert_int_equal(explanation.conflict_count, 1);
    assert_int_equal(explanation.conflicts[0].selected[0], 1);
    expect_conflict(&explanation.conflicts[0], of_second, 2);
    solver_explanation_deinit(&explanation);
    explain(&problem, true, &explanation);
    assert_int_equal(explanation.conflict_count, 2);
    assert_int_equal(explanation.conflicts[0].selected[0], 0);
    expect_conflict(&explanation.conflicts[0], of_first, 1);
    expect_conflict(&explanation.conflicts[1], of_second, 2);
    solver_explanation_deinit(&explanation);
}

static void too_many_combinations_are_nobodys(void **state)
{
    struct scene s;
    struct solver_explanation explanation;
    const struct solver_group group = {.child_count = 3};
    (void)state;
    scene_init(&s);
    s.environment.limits.max_group_combinations = 2;
    constraints_t *first = scene_p_cpu(&s, 1, 4096, 8192);
    SYSMEM_SET(first, max_buffer_count, 0);
    const struct solver_problem problem = {
        .participants = s.participants,
        .participant_count = 1,
        .groups = &group,
        .group_count = 1,
        .environment = &s.environment,
    };
    const struct expected expected = {-1, "", "max_group_combinations 2"};
    explain(&problem, false, &explanation);
    assert_int_equal(explanation.error, SYSMEM_ERROR_TOO_MANY_GROUP_CHILD_COMBINATIONS);
    assert_int_equal(explanation.conflict_count, 1);
    expect_conflict(&explanation.conflicts[0], &expected, 1);
    solver_explanation_deinit(&explanation);
    explain(&problem, true, &explanation);
    assert_int_equal(explanation.conflict_count, 3);
    assert_string_equal(explanation.conflicts[1].members[0].field, "max_buffer_count");
    expect_conflict(&explanation.conflicts[2], &expected, 1);
    solver_explanation_deinit(&explanation);
}

/* Two of very many are to blame: they are found by halves, in no time. */
static void two_of_a_thousand(void **state)
{
    enum { MANY = 1000 };
    static struct solver_participant participants[MANY];
    static constraints_t constraints[MANY];
    struct scene s;
    struct solver_explanation explanation;
    (void)state;
    scene_init(&s);
    for (size_t i = 0; i < MANY; i++) {
        constraints[i].has.usage = true;
        SYSMEM_SET(&constraints[i].usage, cpu, CPU_RW);
        SYSMEM_SET(&constraints[i], min_buffer_count, 1);
        SYSMEM_SET(scene_memory(&constraints[i]), min_size_bytes, 4096);
        participants[i].constraints = &constraints[i];
    }
    SYSMEM_SET(&constraints[700], min_buffer_count, 9);
    SYSMEM_SET(&constraints[900], min_buffer_count, 9);
    SYSMEM_SET(&constraints[300], max_buffer_count, 4);
    SYSMEM_SET(&constraints[301], max_buffer_count, 3);
    const struct solver_problem problem = {
        .participants = participants,
        .participant_count = MANY,
        .environment = &s.environment,
    };
    const struct expected expected[] = {
        {300, "max_buffer_count", "min_buffer_count 9"},
        {700, "min_buffer_count", "max_buffer_count 4"}
    };
    explain(&problem, false, &explanation);
    assert_int_equal(explanation.conflict_count, 1);
    expect_conflict(&explanation.conflicts[0], expected, 2);
    solver_explanation_deinit(&explanation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_success_has_nothing_to_explain),
        cmocka_unit_test(the_last_participant_is_dropped_first),
        cmocka_unit_test(every_summand_of_a_sum_is_a_member),
        cmocka_unit_test(members_beyond_the_most_are_counted),
        cmocka_unit_test(who_contradicts_himself_is_alone),
        cmocka_unit_test(a_value_that_is_wrong_by_itself),
        cmocka_unit_test(a_missing_usage_is_unset),
        cmocka_unit_test(formats_come_before_what_hangs_on_them),
        cmocka_unit_test(color_spaces_of_the_one_common_format),
        cmocka_unit_test(a_default_is_told_from_an_exclusion),
        cmocka_unit_test(a_heap_that_nobody_has),
        cmocka_unit_test(a_heap_that_is_absent),
        cmocka_unit_test(secure_memory_that_is_lost),
        cmocka_unit_test(a_color_space_that_no_image_has),
        cmocka_unit_test(what_is_open_is_no_way_out),
        cmocka_unit_test(nobody_is_to_blame),
        cmocka_unit_test(who_has_the_buffers_is_not_to_blame),
        cmocka_unit_test(what_exists_is_in_the_way_by_itself),
        cmocka_unit_test(the_attempt_that_got_furthest),
        cmocka_unit_test(too_many_combinations_are_nobodys),
        cmocka_unit_test(two_of_a_thousand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
