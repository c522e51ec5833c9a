/* Names of statuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sysmem/error.h>

static void statuses_have_names(void **state)
{
    (void)state;
    assert_string_equal(sysmem_status_name(0), "ZX_OK");
    assert_string_equal(sysmem_status_name(ZX_ERR_PEER_CLOSED), "ZX_ERR_PEER_CLOSED");
    assert_string_equal(sysmem_status_name(SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY),
                        "CONSTRAINTS_INTERSECTION_EMPTY");
    assert_string_equal(sysmem_status_name(SYSMEM_ERROR_TOO_MANY_GROUP_CHILD_COMBINATIONS),
                        "TOO_MANY_GROUP_CHILD_COMBINATIONS");
    assert_string_equal(sysmem_status_name(-12345), "unknown error");
    assert_string_equal(sysmem_status_name(12345), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
