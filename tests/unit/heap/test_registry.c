#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "heap/registry.h"

static unsigned heaps_freed;

static void count_free(struct heap *heap)
{
    (void)heap;
    heaps_freed++;
}

static const struct heap_ops ops = {.free = count_free};
static const char *const aliases[] = {"old.name", "older.name"};

static struct heap make_heap(const char *type, uint64_t id)
{
    return (struct heap){
        .ops = &ops,
        .id = {.heap_type = type, .id = id, .has = {.heap_type = true, .id = true}},
        .ready = true,
    };
}

static void found_by_type_and_id(void **state)
{
    (void)state;
    struct heap_registry registry = {0};
    struct heap first = make_heap("name", 0);
    struct heap second = make_heap("name", 1);
    assert_null(heap_registry_find(&registry, "name", 0));
    assert_int_equal(heap_registry_add(&registry, &first), 0);
    assert_int_equal(heap_registry_add(&registry, &second), 0);
    assert_ptr_equal(heap_registry_find(&registry, "name", 0), &first);
    assert_ptr_equal(heap_registry_find(&registry, "name", 1), &second);
    assert_null(heap_registry_find(&registry, "name", 2));
    assert_null(heap_registry_find(&registry, "nam", 0));
    heaps_freed = 0;
    heap_registry_deinit(&registry);
    assert_int_equal(heaps_freed, 2);
    assert_int_equal(registry.count, 0);
}

static void found_by_alias(void **state)
{
    (void)state;
    struct heap_registry registry = {0};
    struct heap heap = make_heap("name", 3);
    heap.aliases = aliases;
    heap.alias_count = 2;
    assert_int_equal(heap_registry_add(&registry, &heap), 0);
    assert_ptr_equal(heap_registry_find(&registry, "older.name", 3), &heap);
    assert_null(heap_registry_find(&registry, "older.name", 0));
    heap_registry_deinit(&registry);
}

static void names_are_unique(void **state)
{
    (void)state;
    struct heap_registry registry = {0};
    struct heap heap = make_heap("name", 0);
    heap.aliases = aliases;
    heap.alias_count = 2;
    assert_int_equal(heap_registry_add(&registry, &heap), 0);
    struct heap same = make_heap("name", 0);
    struct heap like_alias = make_heap("old.name", 0);
    struct heap with_alias = make_heap("other", 0);
    with_alias.aliases = aliases + 1;
    with_alias.alias_count = 1;
    assert_int_equal(heap_registry_add(&registry, &same), -EEXIST);
    assert_int_equal(heap_registry_add(&registry, &like_alias), -EEXIST);
    assert_int_equal(heap_registry_add(&registry, &with_alias), -EEXIST);
    assert_int_equal(registry.count, 1);
    heap_registry_deinit(&registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_by_type_and_id),
        cmocka_unit_test(found_by_alias),
        cmocka_unit_test(names_are_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
