#include "base/account.h"

#include <assert.h>
#include <stdlib.h>

struct account *account_ref(struct accounts *accounts, uid_t uid)
{
    struct account *account = map_get(&accounts->by_uid, uid);
    if (account == NULL) {
        account = calloc(1, sizeof(*account));
        if (account == NULL) {
            return NULL;
        }
        account->accounts = accounts;
        account->uid = uid;
        if (!map_put(&accounts->by_uid, uid, account)) {
            free(account);
            return NULL;
        }
    }
    account->references++;
    return account;
}

struct account *account_unref(struct account *account)
{
    if (account == NULL) {
        return NULL;
    }
    assert(account->references > 0);
    if (--account->references == 0) {
        for (int kind = 0; kind < ACCOUNT_KINDS; kind++) {
            assert(account->used[kind] == 0);
        }
        (void)map_take(&account->accounts->by_uid, account->uid);
        free(account);
    }
    return NULL;
}

bool account_charge(struct account *account, enum account_kind kind, uint64_t amount)
{
    uint64_t limit = account->accounts->limits[kind];
    if (account->used[kind] > limit || amount > limit - account->used[kind]) {
        return false;
    }
    account->used[kind] += amount;
    return true;
}

bool account_recharge(struct account *account, enum account_kind kind, uint64_t *charged,
                      uint64_t amount)
{
    if (amount > *charged && !account_charge(account, kind, amount - *charged)) {
        return false;
    }
    if (amount < *charged) {
        account_discharge(account, kind, *charged - amount);
    }
    *charged = amount;
    return true;
}

void account_discharge(struct account *account, enum account_kind kind, uint64_t amount)
{
    assert(account->used[kind] >= amount);
    account->used[kind] -= amount;
}

void accounts_deinit(struct accounts *accounts)
{
    assert(accounts->by_uid.count == 0);
    map_deinit(&accounts->by_uid);
}
