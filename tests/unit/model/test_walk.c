/* Walks over tables: copies that live by themselves, equality field by field, handles in order. */
#include "model/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/types.h>

#include "../../support/fill_table.h"
#include "model/requests.h"
#include "model/tables.h"

#define BUDGET ((size_t)4 << 20)

static void a_copy_is_equal_and_lives_by_itself(void **state)
{
    (void)state;
    size_t count;
    const struct model_type *const *types = model_types(&count);
    for (size_t i = 0; i < 4 * count; i++) {
        const struct model_type *type = types[i % count];
        struct arena from;
        struct arena to;
        arena_init(&from, BUDGET);
        arena_init(&to, BUDGET);
        struct fill fill = {.arena = &from, .state = i + 1, .everything = i < count};
        struct fill again = fill;
        void *original = arena_alloc(&from, type->size);
        void *copy = arena_alloc(&to, type->size);
        fill_table(&fill, type, original);
        assert_true(model_copy(type, original, copy, &to));
        assert_true(model_equal(type, original, copy));
        arena_clear(&from); /* a copy that still pointed there would be found by the sanitizer */
        original = arena_alloc(&from, type->size);
        fill_table(&again, type, original);
        assert_true(model_equal(type, original, copy));
        arena_clear(&from);
        arena_clear(&to);
    }
}

static void a_copy_says_when_memory_is_short(void **state)
{
    (void)state;
    struct sysmem_heap heap = {0};
    struct sysmem_heap copy;
    struct arena arena;
    arena_init(&arena, 16);
    SYSMEM_SET(&heap, heap_type, "more than sixteen bytes");
    assert_false(model_copy(&model_type_heap, &heap, &copy, &arena));
    arena_clear(&arena);
}

/* Unsets one field of a full table, or changes its value, and expects the difference to be seen. */
static void each_field_counts(void **state)
{
    (void)state;
    size_t count;
    const struct model_type *const *types = model_types(&count);
    struct arena arena;
    arena_init(&arena, BUDGET);
    for (size_t i = 0; i < count; i++) {
        const struct model_type *type = types[i];
        struct fill fill = {.arena = &arena, .state = 99, .everything = true};
        unsigned char *a = arena_alloc(&arena, type->size);
        unsigned char *b = arena_alloc(&arena, type->size);
        fill_table(&fill, type, a);
        for (size_t j = 0; j < type->field_count; j++) {
            const struct model_field *field = &type->fields[j];
            memcpy(b, a, type->size);
            if (field->has_offset != MODEL_ALWAYS) {
                b[field->has_offset] = false;
                assert_false(model_equal(type, a, b));
                memcpy(b, a, type->size);
            }
            if (field->vector) {
                struct model_items items = model_field_items(field, b);
                model_field_set_vector(field, b, items.first, items.count - 1);
            } else if (field->kind == MODEL_TABLE || field->kind == MODEL_STRING) {
                continue;
            } else {
                b[field->offset] ^= 1;
            }
            assert_false(model_equal(type, a, b));
        }
    }
    arena_clear(&arena);
}

static void unset_fields_do_not_count(void **state)
{
    (void)state;
    struct sysmem_heap a = {.heap_type = "not set", .id = 1};
    struct sysmem_heap b = {0};
    assert_true(model_equal(&model_type_heap, &a, &b));
    SYSMEM_SET(&a, heap_type, "x");
    SYSMEM_SET(&b, heap_type, "y");
    assert_false(model_equal(&model_type_heap, &a, &b));
}

static void number_handle(void *arg, const struct model_field *field, zx_handle_t *handle)
{
    uint32_t *next = arg;
    assert_int_equal(field->kind, MODEL_HANDLE);
    assert_int_equal(*handle, *next);
    *handle += 1000;
    (*next)++;
}

static void handles_are_visited_in_order_and_may_change(void **state)
{
    (void)state;
    struct sysmem_vmo_buffer buffers[2] = {0};
    struct model_collection_wait_for_all_buffers_allocated_response response = {0};
    uint32_t next = 1;
    SYSMEM_SET(&buffers[0], vmo, 1);
    SYSMEM_SET(&buffers[0], close_weak_asap, 2);
    SYSMEM_SET(&buffers[1], vmo, 3);
    buffers[1].close_weak_asap = 77; /* not set */
    SYSMEM_SET_VECTOR(&response.buffer_collection_info, buffers, buffers, 2);
    response.has.buffer_collection_info = true;
    model_visit_handles(&model_type_collection_wait_for_all_buffers_allocated_response, &response,
                        number_handle, &next);
    assert_int_equal(next, 4);
    assert_int_equal(buffers[0].close_weak_asap, 1002);
    assert_int_equal(buffers[1].vmo, 1003);
    assert_int_equal(buffers[1].close_weak_asap, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_equal_and_lives_by_itself),
        cmocka_unit_test(a_copy_says_when_memory_is_short),
        cmocka_unit_test(each_field_counts),
        cmocka_unit_test(unset_fields_do_not_count),
        cmocka_unit_test(handles_are_visited_in_order_and_may_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
