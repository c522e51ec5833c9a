#include "base/account.h"

#include <assert.h>
#include <stdio.h>
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

static bool has_room(const struct account *account, enum account_kind kind, uint64_t amount)
{
    uint64_t limit = account->accounts->limits[kind];
    return account->used[kind] <= limit && amount <= limit - account->used[kind];
}

bool account_charge(struct account *account, enum account_kind kind, uint64_t amount)
{
    struct accounts *accounts = account->accounts;
    if (!has_room(account, kind, amount)) {
        if (kind != ACCOUNT_DESCRIPTORS || accounts->relieve == NULL) {
            return false;
        }
        accounts->relieve(account);
        if (!has_room(account, kind, amount)) {
            return false;
        }
    }
    account->used[kind] += amount;
    return true;
}

const char *account_refusal(const struct account *account, enum account_kind kind, uint64_t amount)
{
    static const char *const limits[ACCOUNT_KINDS] = {
        /* docs/config.md */
        [ACCOUNT_CONNECTIONS] = "max_connections_per_uid",
        [ACCOUNT_NODES] = "max_nodes_per_uid",
        [ACCOUNT_COLLECTIONS] = "max_collections_per_uid",
        [ACCOUNT_BUFFER_BYTES] = "max_bytes_per_uid",
        [ACCOUNT_DESCRIPTORS] = "max_descriptors_per_uid",
        [ACCOUNT_MESSAGE_BYTES] = "max_message_bytes_per_uid",
    };
    static char text[128];
    (void)snprintf(text, sizeof(text), "%s: wanted %llu more, but uid %u has %llu of %llu",
                   limits[kind], (unsigned long long)amount, (unsigned)account->uid,
                   (unsigned long long)account->used[kind],
                   (unsigned long long)account->accounts->limits[kind]);
    return text;
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
