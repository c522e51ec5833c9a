/* Names of statuses, and statuses of errno values. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/status.h"

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

static void errno_values_have_statuses(void **state)
{
    (void)state;
    assert_int_equal(status_of_errno(0), 0);
    assert_int_equal(status_of_errno(EMFILE), ZX_ERR_NO_RESOURCES);
    assert_int_equal(status_of_errno(ENOMEM), ZX_ERR_NO_MEMORY);
    assert_int_equal(status_of_errno(ECONNREFUSED), ZX_ERR_PEER_CLOSED);
    assert_int_equal(status_of_errno(ENOENT), ZX_ERR_NOT_FOUND);
    assert_int_equal(status_of_errno(EACCES), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(status_of_errno(EXDEV), ZX_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_have_names),
        cmocka_unit_test(errno_values_have_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
