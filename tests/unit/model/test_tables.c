/* The description itself: types, methods and names are complete and consistent. */
#include "model/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/format.h>
#include <sysmem/types.h>
#include <zircon/rights.h>

#include "model/method.h"
#include "model/names.h"

static void types_are_found_by_name(void **state)
{
    (void)state;
    size_t count;
    const struct model_type *const *types = model_types(&count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(model_type_find(types[i]->name), types[i]);
    }
    assert_null(model_type_find("NoSuchType"));
}

static void rows_agree_with_themselves(void **state)
{
    (void)state;
    size_t count;
    const struct model_type *const *types = model_types(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < types[i]->field_count; j++) {
            const struct model_field *field = &types[i]->fields[j];
            assert_int_equal(field->number, j + 1);
            assert_ptr_equal(model_field_find(types[i], field->name), field);
            assert_true(field->offset < types[i]->size);
            assert_int_equal(field->kind == MODEL_TABLE, field->type != NULL);
            assert_int_equal(field->kind == MODEL_HANDLE, field->handle != MODEL_HANDLE_NONE);
            bool end = field->handle == MODEL_HANDLE_CLIENT_END ||
                       field->handle == MODEL_HANDLE_SERVER_END;
            assert_int_equal(end, field->protocol != MODEL_PROTOCOL_NONE);
            assert_true(field->kind != MODEL_STRING || field->max_count > 0);
        }
        assert_null(model_field_find(types[i], "no_such_field"));
    }
}

/* A type stands behind the types that it contains, so none contains itself. */
static void no_type_contains_itself(void **state)
{
    (void)state;
    size_t count;
    const struct model_type *const *types = model_types(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < types[i]->field_count; j++) {
            const struct model_type *inner = types[i]->fields[j].type;
            bool earlier = inner == NULL;
            for (size_t k = 0; k < i && !earlier; k++) {
                earlier = types[k] == inner;
            }
            if (!earlier) {
                fail_msg("%s stands before %s, which it contains", types[i]->name, inner->name);
            }
        }
    }
}

static void methods_are_found_by_number_and_name(void **state)
{
    (void)state;
    size_t count;
    const struct model_method *methods = model_methods(&count);
    for (size_t i = 0; i < count; i++) {
        const struct model_method *method = &methods[i];
        assert_ptr_equal(model_method_find(method->protocol, method->ordinal), method);
        assert_ptr_equal(model_method_by_name(method->protocol, method->name), method);
        assert_true(method->two_way || (!method->fallible && method->response == NULL));
        if (i > 0 && methods[i - 1].protocol == method->protocol) {
            assert_true(methods[i - 1].ordinal < method->ordinal);
        }
    }
    assert_null(model_method_find(MODEL_PROTOCOL_TOKEN, 17));
    assert_null(model_method_find(MODEL_PROTOCOL_ALLOCATOR, 0));
    assert_null(model_method_by_name(MODEL_PROTOCOL_TOKEN, "SetConstraints"));
}

static void the_nodes_own_methods_are_in_every_node_protocol(void **state)
{
    (void)state;
    static const char *const names[] = {
        "AttachNodeTracking",
        "GetBufferCollectionId",
        "GetNodeRef",
        "IsAlternateFor",
        "Release",
        "SetDebugClientInfo",
        "SetName",
        "SetVerboseLogging",
        "SetWeak",
        "SetDebugTimeoutLogDeadline",
        "SetWeakOk",
        "Sync",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct model_method *token = model_method_by_name(MODEL_PROTOCOL_TOKEN, names[i]);
        const struct model_method *group = model_method_by_name(MODEL_PROTOCOL_GROUP, names[i]);
        const struct model_method *collection =
            model_method_by_name(MODEL_PROTOCOL_COLLECTION, names[i]);
        if (token == NULL || group == NULL || collection == NULL) {
            fail_msg("%s is missing", names[i]);
            return;
        }
        assert_ptr_equal(token->request, group->request);
        assert_ptr_equal(token->request, collection->request);
        assert_ptr_equal(token->response, collection->response);
        assert_int_equal(token->two_way, collection->two_way);
        assert_int_equal(token->fallible, group->fallible);
    }
}

static void protocols_have_names(void **state)
{
    (void)state;
    for (int i = MODEL_PROTOCOL_NONE + 1; i < MODEL_PROTOCOL_COUNT; i++) {
        enum model_protocol protocol = (enum model_protocol)i;
        assert_int_equal(model_protocol_by_name(model_protocol_name(protocol)), protocol);
    }
    assert_int_equal(model_protocol_by_name("none"), MODEL_PROTOCOL_NONE);
    assert_int_equal(model_protocol_by_name("Node"), MODEL_PROTOCOL_NONE);
}

static void names_and_values_find_each_other(void **state)
{
    (void)state;
    uint64_t value = 5;
    assert_string_equal(model_name_of(&model_pixel_format_names, SYSMEM_PIXEL_FORMAT_NV12), "NV12");
    assert_string_equal(
        model_name_of(&model_pixel_format_modifier_names, UINT64_C(0x0800000000000001)),
        "ARM_AFBC_16X16");
    assert_null(model_name_of(&model_pixel_format_names, 2));
    assert_true(model_value_of(&model_rights_names, "SAME_RIGHTS", &value));
    assert_int_equal(value, ZX_RIGHT_SAME_RIGHTS);
    assert_false(model_value_of(&model_rights_names, "same_rights", &value));
    assert_int_equal(value, ZX_RIGHT_SAME_RIGHTS);
    assert_true(model_value_of(&model_coherency_domain_names, "INACCESSIBLE", &value));
    assert_int_equal(value, SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE);
}

static void bits_are_single_and_ascend(void **state)
{
    (void)state;
    static const struct model_names *const masks[] = {
        &model_rights_names,       &model_none_usage_names,    &model_cpu_usage_names,
        &model_vulkan_usage_names, &model_display_usage_names, &model_video_usage_names,
    };
    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        uint64_t last = 0;
        assert_true(masks[i]->bits);
        for (size_t j = 0; j < masks[i]->count; j++) {
            uint64_t bit = masks[i]->names[j].value;
            assert_true(bit > last && (bit & (bit - 1)) == 0);
            last = bit;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_found_by_name),
        cmocka_unit_test(rows_agree_with_themselves),
        cmocka_unit_test(no_type_contains_itself),
        cmocka_unit_test(methods_are_found_by_number_and_name),
        cmocka_unit_test(the_nodes_own_methods_are_in_every_node_protocol),
        cmocka_unit_test(protocols_have_names),
        cmocka_unit_test(names_and_values_find_each_other),
        cmocka_unit_test(bits_are_single_and_ascend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
