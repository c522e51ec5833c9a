/* The limits of the interface, and how what breaks them is named. */
#include "model/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/types.h>

#include "model/requests.h"
#include "model/tables.h"

static void assert_check(const struct model_type *type, const void *table, enum model_check want,
                         const char *reason)
{
    struct strbuf buf = {0};
    assert_int_equal(model_check(type, table, &buf), want);
    assert_int_equal(model_check(type, table, NULL), want);
    assert_string_equal(strbuf_text(&buf), reason);
    strbuf_deinit(&buf);
}

static void what_is_too_long_is_named_by_its_path(void **state)
{
    (void)state;
    static struct sysmem_heap heaps[65];
    static char text[130];
    struct sysmem_buffer_collection_constraints table = {0};
    memset(text, 'x', 129);
    for (size_t i = 0; i < 65; i++) {
        SYSMEM_SET(&heaps[i], id, i);
    }
    SYSMEM_SET_VECTOR(&table.buffer_memory_constraints, permitted_heaps, heaps, 64);
    table.has.buffer_memory_constraints = true;
    assert_check(&model_type_buffer_collection_constraints, &table, MODEL_CHECK_OK, "");
    table.buffer_memory_constraints.permitted_heaps_count = 65;
    assert_check(&model_type_buffer_collection_constraints, &table, MODEL_CHECK_TOO_LONG,
                 "buffer_memory_constraints.permitted_heaps has 65 items, at most 64 are allowed");
    table.buffer_memory_constraints.permitted_heaps_count = 4;
    SYSMEM_SET(&heaps[3], heap_type, text + 1);
    assert_check(&model_type_buffer_collection_constraints, &table, MODEL_CHECK_OK, "");
    SYSMEM_SET(&heaps[3], heap_type, text);
    assert_check(&model_type_buffer_collection_constraints, &table, MODEL_CHECK_TOO_LONG,
                 "buffer_memory_constraints.permitted_heaps[3].heap_type has 129 bytes, at most "
                 "128 are allowed");
    table.has.buffer_memory_constraints = false;
    assert_check(&model_type_buffer_collection_constraints, &table, MODEL_CHECK_OK, "");
}

static void what_is_not_utf8_is_named(void **state)
{
    (void)state;
    struct model_allocator_set_debug_client_info_request info = {0};
    SYSMEM_SET(&info, name, "caf\xe9");
    assert_check(&model_type_allocator_set_debug_client_info_request, &info, MODEL_CHECK_NOT_UTF8,
                 "name is not UTF-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_too_long_is_named_by_its_path),
        cmocka_unit_test(what_is_not_utf8_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
