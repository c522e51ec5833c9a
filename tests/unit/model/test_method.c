/* The table of methods. Ordinals are compared with the interface by tests/check/constants. */
#include "model/method.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods_are_found_by_number_and_name),
        cmocka_unit_test(the_nodes_own_methods_are_in_every_node_protocol),
        cmocka_unit_test(protocols_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
