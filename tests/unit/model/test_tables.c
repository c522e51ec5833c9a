/* The description of types is complete and agrees with itself. */
#include "model/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "model/method.h"

/* Fields of the project's own have numbers from here on. */
#define OWN_NUMBERS 1001

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
            if (field->number < OWN_NUMBERS) {
                assert_int_equal(field->number, j + 1);
            } else { /* behind the others, in ascending order */
                assert_true(field->number > types[i]->fields[j == 0 ? 0 : j - 1].number);
            }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_found_by_name),
        cmocka_unit_test(rows_agree_with_themselves),
        cmocka_unit_test(no_type_contains_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
