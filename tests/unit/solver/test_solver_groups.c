/* solver_choose() with token groups. */
#include "scene.h"

#define KIB      1024u
#define SMALL    0
#define LARGE    1
#define MANY     192
#define PARTNERS 120

/* Participants that want 4 KiB or 8 KiB exactly, and the groups that they are under. */
struct choice {
    struct solver_environment environment;
    struct solver_participant participants[MANY];
    struct solver_group groups[MANY];
    constraints_t wishes[2];
    size_t participant_count;
    size_t group_count;
    uint32_t selected[MANY];
    struct solver_outcome outcome;
};

static void wish(constraints_t *c, uint64_t size)
{
    *c = (constraints_t){0};
    c->has.usage = true;
    SYSMEM_SET(&c->usage, cpu, CPU_RW);
    SYSMEM_SET(c, min_buffer_count_for_camping, 1);
    scene_sizes(c, size, size);
}

static void choice_init(struct choice *c)
{
    memset(c, 0, sizeof(*c));
    solver_environment_init(&c->environment);
    wish(&c->wishes[SMALL], 4 * KIB);
    wish(&c->wishes[LARGE], 8 * KIB);
    memset(c->selected, 0xAA, sizeof(c->selected));
}

static void add(struct choice *c, const constraints_t *wishes, int group, uint32_t child)
{
    c->participants[c->participant_count++] = (struct solver_participant){
        .constraints = wishes,
        .group = group,
        .child = child,
    };
}

/* Returns the group's number, as participants name it. */
static int add_group(struct choice *c, int parent, uint32_t parent_child, uint32_t child_count)
{
    c->groups[c->group_count++] = (struct solver_group){parent, parent_child, child_count};
    return (int)c->group_count;
}

static uint32_t choose(struct choice *c)
{
    const struct solver_problem problem = {
        .participants = c->participants,
        .participant_count = c->participant_count,
        .groups = c->groups,
        .group_count = c->group_count,
        .environment = &c->environment,
    };
    solver_choose(&problem, c->selected, &c->outcome);
    return c->outcome.error;
}

static void expect_size(const struct choice *c, uint64_t size)
{
    assert_int_equal(c->outcome.error, 0);
    assert_int_equal(c->outcome.reason_count, 0);
    assert_int_equal(c->outcome.settings.buffer_settings.size_bytes, size);
}

static void expect_untouched(const struct choice *c)
{
    for (size_t i = 0; i < c->group_count; i++) {
        assert_int_equal(c->selected[i], 0xAAAAAAAA);
    }
}

static void c065_the_first_child_is_preferred(void **state)
{
    static struct choice c;
    static const constraints_t empty;
    (void)state;
    choice_init(&c);
    int group = add_group(&c, 0, 0, 2);
    add(&c, &empty, 0, 0);
    add(&c, &c.wishes[SMALL], group, 0);
    add(&c, &c.wishes[LARGE], group, 1);
    assert_int_equal(choose(&c), 0);
    expect_size(&c, 4 * KIB);
    assert_int_equal(c.selected[0], 0);
    assert_int_equal(c.outcome.buffer_count, 1);
}

/* Each group's child 1 has the next group under it, and the last one's the only solution. */
static void make_chain(struct choice *c, uint32_t length)
{
    choice_init(c);
    add(c, &c->wishes[SMALL], 0, 0);
    for (uint32_t i = 0; i < length; i++) {
        int group = add_group(c, (int)i, i > 0 ? 1 : 0, 2);
        add(c, &c->wishes[LARGE], group, 0);
    }
    add(c, &c->wishes[SMALL], (int)length, 1);
}

static void c068_the_last_of_64_combinations(void **state)
{
    static struct choice c;
    (void)state;
    make_chain(&c, 63);
    assert_int_equal(choose(&c), 0);
    expect_size(&c, 4 * KIB);
    assert_int_equal(c.outcome.buffer_count, 2);
    for (size_t i = 0; i < c.group_count; i++) {
        assert_int_equal(c.selected[i], 1);
    }
}

static void expect_too_many(struct choice *c, const char *limit)
{
    assert_int_equal(choose(c), SYSMEM_ERROR_TOO_MANY_GROUP_CHILD_COMBINATIONS);
    assert_int_equal(c->outcome.reason_count, 1);
    assert_int_equal(c->outcome.reasons[0].participant, -1);
    assert_string_equal(c->outcome.reasons[0].field, "");
    assert_non_null(strstr(c->outcome.reasons[0].detail, limit));
    expect_untouched(c);
}

static void c068_one_combination_more(void **state)
{
    static struct choice c;
    (void)state;
    make_chain(&c, 64);
    expect_too_many(&c, "max_group_combinations 64");
    c.environment.limits.max_group_combinations = 65;
    assert_int_equal(choose(&c), 0);
    make_chain(&c, 63);
    c.environment.limits.max_group_combinations = 63;
    expect_too_many(&c, "max_group_combinations 63");
}

static void c069_64_groups_side_by_side(void **state)
{
    static struct choice c;
    (void)state;
    choice_init(&c);
    add(&c, &c.wishes[LARGE], 0, 0);
    for (int i = 0; i < 64; i++) {
        int group = add_group(&c, 0, 0, 2);
        add(&c, &c.wishes[SMALL], group, 0);
        add(&c, &c.wishes[SMALL], group, 1);
    }
    expect_too_many(&c, "max_group_combinations 64");
}

static void c071_a_conflict_without_groups(void **state)
{
    static struct choice c;
    static const constraints_t empty;
    (void)state;
    choice_init(&c);
    add(&c, &c.wishes[SMALL], 0, 0);
    add(&c, &c.wishes[LARGE], 0, 0);
    add(&c, &empty, 0, 0);
    assert_int_equal(choose(&c), SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    c.environment.limits.max_group_combinations = 0; /* the one combination is always tried */
    c.participant_count = 1;
    assert_int_equal(choose(&c), 0);
}

static void heap_wish(constraints_t *c, const struct sysmem_heap *heap, bool inaccessible)
{
    wish(c, 4 * KIB);
    scene_domains(c, true, true, inaccessible);
    if (heap != NULL) {
        SYSMEM_SET_VECTOR(scene_memory(c), permitted_heaps, heap, 1);
    }
}

static void c115_a_heap_conflict_moves_on(void **state)
{
    static const struct sysmem_heap gpu = {
        "fuchsia.goldfish.platform.sysmem.heap.HEAP_TYPE.DEVICE_LOCAL", 0, {true, false}
    };
    static const struct solver_heap heaps[] = {
        {.heap = {SYSMEM_HEAP_TYPE_SYSTEM_RAM, 0, {true, true}},
         .cpu_supported = true,
         .ram_supported = true,
         .inaccessible_supported = true},
        {.heap = {"fuchsia.goldfish.platform.sysmem.heap.HEAP_TYPE.DEVICE_LOCAL", 0, {true, true}},
         .inaccessible_supported = true},
    };
    static struct choice c;
    constraints_t wishes[3];
    (void)state;
    heap_wish(&wishes[0], NULL, false);
    heap_wish(&wishes[1], &gpu, true);
    heap_wish(&wishes[2], NULL, false);
    for (size_t known = 1; known <= 2; known++) { /* the heap may be unknown, too */
        choice_init(&c);
        c.environment.heaps = heaps;
        c.environment.heap_count = known;
        int group = add_group(&c, 0, 0, 2);
        add(&c, &wishes[0], 0, 0);
        add(&c, &wishes[1], group, 0);
        add(&c, &wishes[2], group, 1);
        assert_int_equal(choose(&c), 0);
        assert_int_equal(c.selected[0], 1);
        assert_string_equal(c.outcome.settings.buffer_settings.heap.heap_type,
                            SYSMEM_HEAP_TYPE_SYSTEM_RAM);
    }
}

/* Which of several solutions: the most significant group's first child counts most. */
static void c066_earlier_groups_have_priority(void **state)
{
    static struct choice c;
    (void)state;
    choice_init(&c);
    int first = add_group(&c, 0, 0, 2);
    int second = add_group(&c, 0, 0, 2);
    add(&c, &c.wishes[SMALL], first, 0);
    add(&c, &c.wishes[LARGE], first, 1);
    add(&c, &c.wishes[LARGE], second, 0);
    add(&c, &c.wishes[SMALL], second, 1);
    assert_int_equal(choose(&c), 0);
    expect_size(&c, 4 * KIB);
    assert_int_equal(c.selected[0], 0);
    assert_int_equal(c.selected[1], 1);
}

static void hidden_groups_are_told(void **state)
{
    static struct choice c;
    (void)state;
    choice_init(&c);
    add(&c, &c.wishes[SMALL], 0, 0);
    int outer = add_group(&c, 0, 0, 2);
    int inner = add_group(&c, outer, 0, 1);
    add(&c, &c.wishes[LARGE], outer, 0);
    add(&c, &c.wishes[SMALL], outer, 1);
    add(&c, &c.wishes[SMALL], inner, 0);
    assert_int_equal(choose(&c), 0);
    assert_int_equal(c.selected[0], 1);
    assert_int_equal(c.selected[1], SOLVER_HIDDEN);
    assert_int_equal(c.outcome.buffer_count, 2);
}

/* What many participants with long lists want is not folded 64 times. A single combination is
 * always tried, however long it takes. */
static void long_lists_end_the_search(void **state)
{
    static struct choice c;
    static struct sysmem_heap heaps[64];
    (void)state;
    choice_init(&c);
    for (size_t i = 0; i < 64; i++) {
        SYSMEM_SET(&heaps[i], heap_type, SYSMEM_HEAP_TYPE_SYSTEM_RAM);
        SYSMEM_SET(&heaps[i], id, i);
    }
    SYSMEM_SET_VECTOR(scene_memory(&c.wishes[SMALL]), permitted_heaps, heaps, 64);
    for (int i = 0; i < PARTNERS; i++) {
        add(&c, &c.wishes[SMALL], 0, 0);
    }
    assert_int_equal(choose(&c), 0);
    int group = add_group(&c, 0, 0, 64);
    for (uint32_t child = 0; child < 64; child++) {
        add(&c, &c.wishes[child < 60 ? LARGE : SMALL], group, child);
    }
    expect_too_many(&c, "no time for more");
    c.participants[PARTNERS + 1].constraints = &c.wishes[SMALL]; /* not all is lost */
    assert_int_equal(choose(&c), 0);
    assert_int_equal(c.selected[0], 1);
}

/* The reasons are those of the last combination, with indexes of the whole list. */
static void the_last_attempt_is_explained(void **state)
{
    static struct choice c;
    constraints_t broken;
    (void)state;
    choice_init(&c);
    wish(&broken, 4 * KIB);
    SYSMEM_SET(&broken, max_buffer_count, 0);
    int group = add_group(&c, 0, 0, 3);
    add(&c, &c.wishes[SMALL], 0, 0);
    add(&c, &c.wishes[LARGE], group, 0);
    add(&c, &c.wishes[LARGE], group, 1);
    add(&c, &c.wishes[SMALL], group, 2);
    add(&c, &broken, group, 2);
    assert_int_equal(choose(&c), SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_int_equal(c.outcome.reason_count, 1);
    assert_int_equal(c.outcome.reasons[0].participant, 4);
    assert_string_equal(c.outcome.reasons[0].field, "max_buffer_count");
    expect_untouched(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c065_the_first_child_is_preferred),
        cmocka_unit_test(c068_the_last_of_64_combinations),
        cmocka_unit_test(c068_one_combination_more),
        cmocka_unit_test(c069_64_groups_side_by_side),
        cmocka_unit_test(c071_a_conflict_without_groups),
        cmocka_unit_test(c115_a_heap_conflict_moves_on),
        cmocka_unit_test(c066_earlier_groups_have_priority),
        cmocka_unit_test(hidden_groups_are_told),
        cmocka_unit_test(long_lists_end_the_search),
        cmocka_unit_test(the_last_attempt_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
