/* Where a result comes from: of those who are still there, and those of whom nothing is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/allocated.h"

#define COUNT 4

static struct model_debug_collection collection_of(struct model_debug_node nodes[COUNT])
{
    struct model_debug_collection collection = {0};
    for (size_t i = 0; i < COUNT; i++) {
        nodes[i] = (struct model_debug_node){0};
        SYSMEM_SET(&nodes[i], koid, 70 + i);
        SYSMEM_SET(&nodes[i], has_constraints, true);
        SYSMEM_SET(&nodes[i], flags, MODEL_DEBUG_NODE_FLAG_ALLOCATED);
        SYSMEM_SET(&nodes[i].constraints, min_buffer_count_for_camping, (uint32_t)i + 1);
        nodes[i].has.constraints = true;
    }
    SYSMEM_SET(&nodes[0], client_name, "camera");
    nodes[2].flags = 0; /* attached, and not there yet */
    nodes[3].has.constraints = false;
    nodes[3].constraints_left_out = true;
    SYSMEM_SET_VECTOR(&collection, nodes, nodes, COUNT);
    SYSMEM_SET(&collection, buffer_count, 7);
    SYSMEM_SET(&collection.settings.buffer_settings, size_bytes, 4096);
    collection.settings.has.buffer_settings = true;
    collection.has.settings = true;
    return collection;
}

static const json_t *origin_of(const json_t *told, const char *field)
{
    const json_t *origins = json_object_get(json_object_get(told, "ok"), "origins");
    for (size_t i = 0; i < json_array_size(origins); i++) {
        const json_t *origin = json_array_get(origins, i);
        if (strcmp(json_string_value(json_object_get(origin, "field")), field) == 0) {
            return origin;
        }
    }
    fail_msg("no origin of %s", field);
    return NULL;
}

static const char *participant_at(const json_t *origin, size_t i)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(origin, "sources"), i), "participant"));
}

static void each_value_has_its_sources(void **state)
{
    (void)state;
    struct model_debug_node nodes[COUNT];
    const struct model_debug_collection collection = collection_of(nodes);
    json_t *told = allocated_explain(&collection);
    const json_t *count = origin_of(told, "buffer_count");
    assert_string_equal(json_string_value(json_object_get(count, "value")), "7");
    assert_int_equal(json_array_size(json_object_get(count, "sources")), 2);
    assert_string_equal(participant_at(count, 0), "camera");
    assert_string_equal(participant_at(count, 1), "node 71");
    (void)origin_of(told, "buffer_settings.size_bytes");
    assert_int_equal(json_integer_value(json_object_get(told, "left")), 1);
    json_decref(told);
}

static void who_has_left_is_counted(void **state)
{
    (void)state;
    struct model_debug_node nodes[COUNT];
    struct model_debug_participant participants[3] = {0};
    struct model_debug_collection collection = collection_of(nodes);
    nodes[3].constraints_left_out = false; /* it has set none */
    json_t *told = allocated_explain(&collection);
    assert_null(json_object_get(told, "left"));
    json_decref(told);
    SYSMEM_SET(&participants[0], left, true);
    SYSMEM_SET(&participants[2], left, true);
    SYSMEM_SET_VECTOR(&collection, participants, participants, 3);
    told = allocated_explain(&collection);
    assert_int_equal(json_integer_value(json_object_get(told, "left")), 2);
    json_decref(told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_has_its_sources),
        cmocka_unit_test(who_has_left_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
