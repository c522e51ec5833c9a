#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../fake_heap.h"
#include "collection/environment.h"

/* Two heaps, of which the second one is absent. */
static void make_heaps(struct heap_registry *registry, struct fake_heap heaps[2])
{
    static const char *const aliases[] = {"test.OLD", "test.OLDER"};
    *registry = (struct heap_registry){0};
    fake_heap_init(&heaps[0], "test.FIRST", 0);
    fake_heap_init(&heaps[1], "test.SECOND", 7);
    heaps[0].heap.aliases = aliases;
    heaps[0].heap.alias_count = 2;
    heaps[0].heap.properties.ram_supported = false;
    heaps[1].heap.properties.secure = true;
    heaps[1].heap.ready = false;
    heaps[1].heap.absent_reason = "its device is away";
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(heap_registry_add(registry, &heaps[i].heap), 0);
    }
}

static void says_of_heaps_what_they_say(void **state)
{
    (void)state;
    struct heap_registry registry;
    struct fake_heap heaps[2];
    struct solver_environment base;
    make_heaps(&registry, heaps);
    solver_environment_init(&base);
    base.limits.max_buffers = 3;
    struct environment *environment = environment_new(&base, &registry);
    const struct solver_environment *solver = &environment->solver;
    assert_int_equal(solver->heap_count, 2);
    assert_string_equal(solver->heaps[0].heap.heap_type, "test.FIRST");
    assert_true(solver->heaps[0].cpu_supported && solver->heaps[0].inaccessible_supported);
    assert_false(solver->heaps[0].ram_supported || solver->heaps[0].secure);
    assert_int_equal(solver->heaps[0].alias_count, 2);
    assert_string_equal(solver->heaps[0].aliases[1], "test.OLDER");
    assert_null(solver->heaps[0].absent_reason);
    assert_int_equal(solver->heaps[1].heap.id, 7);
    assert_true(solver->heaps[1].secure);
    assert_string_equal(solver->heaps[1].absent_reason, "its device is away");
    assert_int_equal(solver->limits.max_buffers, 3);
    assert_false(solver->contiguous_supported);
    environment_unref(environment);
    heap_registry_deinit(&registry);
}

/* Somebody may still work with it. */
static void outlives_the_heaps(void **state)
{
    (void)state;
    struct heap_registry registry = {0};
    struct fake_heap fake;
    struct solver_environment base;
    char type[] = "test.GOING";
    solver_environment_init(&base);
    fake_heap_init(&fake, type, 0);
    assert_int_equal(heap_registry_add(&registry, &fake.heap), 0);
    struct environment *environment = environment_new(&base, &registry);
    assert_ptr_equal(environment_ref(environment), environment);
    heap_registry_deinit(&registry);
    memset(type, 'x', sizeof(type) - 1);
    environment_unref(environment);
    assert_string_equal(environment->solver.heaps[0].heap.heap_type, "test.GOING");
    environment_unref(environment);
}

static void tells_how_it_is_with_secure_memory(void **state)
{
    (void)state;
    static const enum solver_secure wanted[] = {
        [HEAP_SECURE_NONE] = SOLVER_SECURE_AS_LISTED,
        [HEAP_SECURE_EXPECTED] = SOLVER_SECURE_EXPECTED,
        [HEAP_SECURE_READY] = SOLVER_SECURE_AS_LISTED,
        [HEAP_SECURE_LOST] = SOLVER_SECURE_LOST,
    };
    struct solver_environment base;
    solver_environment_init(&base);
    for (int secure = HEAP_SECURE_NONE; secure <= HEAP_SECURE_LOST; secure++) {
        struct heap_registry registry = {.secure = (enum heap_secure)secure};
        struct environment *environment = environment_new(&base, &registry);
        assert_int_equal(environment->solver.secure, wanted[secure]);
        assert_int_equal(environment->solver.heap_count, 0);
        environment_unref(environment);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_of_heaps_what_they_say),
        cmocka_unit_test(outlives_the_heaps),
        cmocka_unit_test(tells_how_it_is_with_secure_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
