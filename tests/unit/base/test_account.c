#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/account.h"

static void charges_up_to_the_limit(void **state)
{
    (void)state;
    struct accounts accounts = {
        .limits = {[ACCOUNT_NODES] = 3, [ACCOUNT_BUFFER_BYTES] = UINT64_MAX}
    };
    struct account *account = account_ref(&accounts, 1000);
    assert_true(account_charge(account, ACCOUNT_NODES, 2));
    assert_false(account_charge(account, ACCOUNT_NODES, 2));
    assert_string_equal(account_refusal(account, ACCOUNT_NODES, 2),
                        "max_nodes_per_uid: wanted 2 more, but uid 1000 has 2 of 3");
    assert_int_equal(account->used[ACCOUNT_NODES], 2);
    assert_true(account_charge(account, ACCOUNT_NODES, 1));
    assert_false(account_charge(account, ACCOUNT_CONNECTIONS, 1)); /* limit 0: none at all */
    assert_true(account_charge(account, ACCOUNT_BUFFER_BYTES, UINT64_MAX));
    assert_false(account_charge(account, ACCOUNT_BUFFER_BYTES, 1)); /* does not wrap */
    account_discharge(account, ACCOUNT_NODES, 3);
    account_discharge(account, ACCOUNT_BUFFER_BYTES, UINT64_MAX);
    (void)account_unref(account);
    accounts_deinit(&accounts);
}

static void one_account_for_each_uid(void **state)
{
    (void)state;
    struct accounts accounts = {.limits = {[ACCOUNT_NODES] = 1}};
    struct account *a = account_ref(&accounts, 1);
    struct account *b = account_ref(&accounts, 2);
    assert_ptr_equal(account_ref(&accounts, 1), a);
    assert_true(account_charge(a, ACCOUNT_NODES, 1));
    assert_true(account_charge(b, ACCOUNT_NODES, 1));
    account_discharge(a, ACCOUNT_NODES, 1);
    account_discharge(b, ACCOUNT_NODES, 1);
    (void)account_unref(a);
    (void)account_unref(a);
    (void)account_unref(b);
    assert_int_equal(accounts.by_uid.count, 0);
    accounts_deinit(&accounts);
}

static void a_charge_changes_within_the_limit(void **state)
{
    (void)state;
    struct accounts accounts = {.limits = {[ACCOUNT_MESSAGE_BYTES] = 10}};
    struct account *account = account_ref(&accounts, 1);
    uint64_t charged = 0;
    assert_true(account_recharge(account, ACCOUNT_MESSAGE_BYTES, &charged, 7));
    assert_true(account_recharge(account, ACCOUNT_MESSAGE_BYTES, &charged, 10));
    assert_false(account_recharge(account, ACCOUNT_MESSAGE_BYTES, &charged, 11));
    assert_int_equal(charged, 10);
    assert_true(account_recharge(account, ACCOUNT_MESSAGE_BYTES, &charged, 4));
    assert_int_equal(account->used[ACCOUNT_MESSAGE_BYTES], 4);
    assert_true(account_recharge(account, ACCOUNT_MESSAGE_BYTES, &charged, 0));
    assert_int_equal(account->used[ACCOUNT_MESSAGE_BYTES], 0);
    (void)account_unref(account);
    accounts_deinit(&accounts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charges_up_to_the_limit),
        cmocka_unit_test(one_account_for_each_uid),
        cmocka_unit_test(a_charge_changes_within_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
