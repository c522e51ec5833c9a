#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collection/uid_counts.h"

static bool has(const struct uid_counts *counts, uid_t uid)
{
    for (int i = 0; i < UID_COUNTS_MAX; i++) {
        if (counts->uids[i].nodes > 0 && counts->uids[i].uid == uid) {
            return true;
        }
    }
    return false;
}

static void a_uid_is_there_as_long_as_its_nodes(void **state)
{
    (void)state;
    struct uid_counts counts = {0};
    assert_false(has(&counts, 0));
    uid_counts_add(&counts, 0);
    uid_counts_add(&counts, 0);
    uid_counts_add(&counts, 7);
    uid_counts_remove(&counts, 0);
    assert_true(has(&counts, 0) && has(&counts, 7));
    uid_counts_remove(&counts, 0);
    assert_false(has(&counts, 0));
    assert_true(has(&counts, 7));
    assert_true(uid_counts_are_complete(&counts));
}

static void more_uids_than_places(void **state)
{
    (void)state;
    struct uid_counts counts = {0};
    for (uid_t uid = 1; uid <= UID_COUNTS_MAX; uid++) {
        uid_counts_add(&counts, uid);
    }
    assert_true(uid_counts_are_complete(&counts));
    uid_counts_add(&counts, 100);
    assert_false(uid_counts_are_complete(&counts));
    uid_counts_remove(&counts, 1);
    uid_counts_add(&counts, 100); /* as before: nothing says which of the others it was */
    uid_counts_remove(&counts, 100);
    assert_false(uid_counts_are_complete(&counts));
    uid_counts_remove(&counts, 100);
    assert_true(uid_counts_are_complete(&counts));
    assert_false(has(&counts, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uid_is_there_as_long_as_its_nodes),
        cmocka_unit_test(more_uids_than_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
