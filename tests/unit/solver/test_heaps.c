#include "scene.h"

#define GPU   "test.GPU"
#define OTHER "test.OTHER"
#define ALIAS "test.GPU_OLD_NAME"
#define RAM   SYSMEM_HEAP_TYPE_SYSTEM_RAM
#define LISTS "buffer_memory_constraints.permitted_heaps"

static const char *const aliases[] = {"test.NOT_ME", ALIAS};
static const struct solver_heap heaps[] = {
    {{GPU, 3, {true, true}},    false, false, true, false, aliases, 2, NULL},
    {{OTHER, 0, {true, false}}, true,  false, true, false, NULL,    0, NULL},
    {{RAM, 0, {true, true}},    true,  true,  true, false, NULL,    0, NULL},
};

static void init(struct scene *s)
{
    scene_init(s);
    s->environment.heaps = heaps;
    s->environment.heap_count = 3;
}

/* The conformance cases' heapc. */
static constraints_t *add(struct scene *s, const struct sysmem_heap *list, size_t count,
                          bool ram_cpu, bool inaccessible)
{
    constraints_t *c = scene_empty(s);
    c->has.usage = true;
    SYSMEM_SET(&c->usage, display, SYSMEM_DISPLAY_USAGE_LAYER);
    SYSMEM_SET(c, min_buffer_count, 1);
    scene_sizes(c, 4096, 4096);
    scene_domains(c, ram_cpu, ram_cpu, inaccessible);
    c->buffer_memory_constraints.permitted_heaps = list;
    c->buffer_memory_constraints.permitted_heaps_count = count;
    c->buffer_memory_constraints.has.permitted_heaps = count > 0;
    return c;
}

static void expect(struct scene *s, const char *type, uint64_t id)
{
    scene_succeeds(s);
    assert_string_equal(scene_settings(s)->heap.heap_type, type);
    assert_true(scene_settings(s)->heap.has.id);
    assert_int_equal(scene_settings(s)->heap.id, id);
}

/* What the first child of the group asks for fails; what the second one asks for does not. */
static void c115_heap_conflict(void **state)
{
    static const struct sysmem_heap gpu = {
        GPU, 3, {true, true}
    };
    struct scene s;
    (void)state;
    init(&s);
    add(&s, NULL, 0, true, false);
    add(&s, &gpu, 1, true, true);
    scene_fails(&s, -1, NULL);
    s.environment.heap_count = 0;
    scene_fails(&s, -1, NULL);
    init(&s);
    add(&s, NULL, 0, true, false);
    add(&s, NULL, 0, true, false);
    expect(&s, RAM, 0);
}

static void system_ram_wins_wherever_it_is_listed(void **state)
{
    static const struct sysmem_heap list[] = {
        {OTHER, 0, {true, true} },
        {RAM,   0, {true, false}}
    };
    struct scene s;
    (void)state;
    init(&s);
    add(&s, list, 2, true, true);
    expect(&s, RAM, 0);
    add(&s, list, 1, true, true);
    expect(&s, OTHER, 0);
    add(&s, &list[1], 1, true, true);
    scene_fails(&s, 2, LISTS);
}

static void ids_and_aliases_count(void **state)
{
    static const struct sysmem_heap by_name[] = {
        {GPU, 3, {true, true}}
    };
    static const struct sysmem_heap by_alias[] = {
        {ALIAS, 3, {true, true}}
    };
    static const struct sysmem_heap wrong_id[] = {
        {GPU, 0, {true, false}}
    };
    struct scene s;
    (void)state;
    init(&s);
    add(&s, by_alias, 1, false, true);
    expect(&s, GPU, 3);
    add(&s, by_name, 1, false, true);
    expect(&s, GPU, 3);
    add(&s, wrong_id, 1, false, true);
    scene_fails(&s, 2, LISTS);
}

/* The first listed heap with a common domain; the last one takes the place of what others exclude.
 */
static void order_of_the_list(void **state)
{
    static const struct sysmem_heap list[] = {
        {"test.UNKNOWN", 0, {true, true}},
        {OTHER,          0, {true, true}},
        {GPU,            3, {true, true}}
    };
    struct scene s;
    (void)state;
    init(&s);
    add(&s, list, 3, false, true);
    expect(&s, OTHER, 0);
    add(&s, &list[1], 2, false, true);
    expect(&s, GPU, 3);
}

static void lists_that_say_nothing(void **state)
{
    static const struct sysmem_heap nameless = {
        NULL, 1, {false, true}
    };
    struct scene s;
    (void)state;
    init(&s);
    constraints_t *c = add(&s, &nameless, 1, true, true);
    scene_fails(&s, 0, LISTS);
    c->buffer_memory_constraints.permitted_heaps_count = 0;
    scene_fails(&s, 0, LISTS);
    c->buffer_memory_constraints.has.permitted_heaps = false;
    expect(&s, RAM, 0);
    s.environment.heap_count = 2; /* no system RAM: the first heap that has a domain */
    expect(&s, GPU, 3);
}

/* A display reads RAM, whatever the heap says of itself; everybody else gets what the heap has. */
static void domains_of_a_heap(void **state)
{
    static const struct sysmem_heap other = {
        OTHER, 0, {true, true}
    };
    struct scene s;
    (void)state;
    init(&s);
    constraints_t *c = add(&s, &other, 1, true, true); /* which has no RAM domain */
    scene_succeeds(&s);
    assert_int_equal(scene_settings(&s)->coherency_domain, SYSMEM_COHERENCY_DOMAIN_RAM);
    c->usage.has.display = false;
    SYSMEM_SET(&c->usage, vulkan, 1);
    scene_succeeds(&s);
    assert_int_equal(scene_settings(&s)->coherency_domain, SYSMEM_COHERENCY_DOMAIN_CPU);
    scene_domains(c, false, true, true);
    scene_succeeds(&s);
    assert_int_equal(scene_settings(&s)->coherency_domain, SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE);
    scene_domains(c, false, true, false);
    assert_int_equal(scene_solve(&s), SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
}

/* No heap of system RAM is contiguous by itself, whatever its id; what other heaps are is theirs.
 */
static void contiguous_system_ram_of_any_id(void **state)
{
    static const struct solver_heap more[] = {
        {{RAM, 0, {true, true}}, true, true, true, false, NULL, 0, NULL},
        {{RAM, 7, {true, true}}, true, true, true, false, NULL, 0, NULL},
        {{GPU, 3, {true, true}}, true, true, true, false, NULL, 0, NULL},
    };
    static const struct sysmem_heap listed[] = {
        {RAM, 7, {true, true}},
        {GPU, 3, {true, true}},
    };
    struct scene s;
    (void)state;
    init(&s);
    s.environment.heaps = more;
    constraints_t *c = add(&s, &listed[0], 1, true, true);
    expect(&s, RAM, 7);
    SYSMEM_SET(scene_memory(c), physically_contiguous_required, true);
    scene_fails(&s, 0, "buffer_memory_constraints.physically_contiguous_required");
    s.environment.contiguous_supported = true;
    expect(&s, RAM, 7);
    assert_true(scene_settings(&s)->is_physically_contiguous);
    s.environment.contiguous_supported = false;
    SYSMEM_SET_VECTOR(scene_memory(c), permitted_heaps, &listed[1], 1);
    expect(&s, GPU, 3);
    assert_true(scene_settings(&s)->is_physically_contiguous);
}

/* Others are chosen instead, and where there is none it is told why. */
static void absent_heaps_are_not_chosen(void **state)
{
    static const struct sysmem_heap list[] = {
        {OTHER, 0, {true, true}},
        {GPU,   3, {true, true}}
    };
    struct solver_heap some[3];
    struct scene s;
    (void)state;
    init(&s);
    memcpy(some, heaps, sizeof(some));
    s.environment.heaps = some;
    some[1].absent_reason = "its device is away";
    add(&s, list, 2, false, true);
    expect(&s, GPU, 3);
    some[0].absent_reason = "nobody has plugged it in";
    scene_fails(&s, -1, NULL);
    assert_non_null(strstr(s.outcome.reasons[0].detail,
                           "got none; heap test.GPU 3 is absent: nobody has plugged it in"));
    some[1].absent_reason = NULL;
    expect(&s, OTHER, 0);
}

static void absent_system_ram_is_not_chosen(void **state)
{
    struct solver_heap some[3];
    struct scene s;
    (void)state;
    init(&s);
    memcpy(some, heaps, sizeof(some));
    s.environment.heaps = some;
    some[2].absent_reason = "there is no memory at all";
    add(&s, NULL, 0, true, false);
    expect(&s, OTHER, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_heaps_are_not_chosen),
        cmocka_unit_test(absent_system_ram_is_not_chosen),
        cmocka_unit_test(c115_heap_conflict),
        cmocka_unit_test(system_ram_wins_wherever_it_is_listed),
        cmocka_unit_test(ids_and_aliases_count),
        cmocka_unit_test(order_of_the_list),
        cmocka_unit_test(lists_that_say_nothing),
        cmocka_unit_test(domains_of_a_heap),
        cmocka_unit_test(contiguous_system_ram_of_any_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
