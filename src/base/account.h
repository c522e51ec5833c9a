/* What each uid uses of the daemon, and how much it may. Whatever a client can make grow is charged
 * to an account before it grows. Not thread-safe: the loop's thread only. */
#ifndef BASE_ACCOUNT_H
#define BASE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/map.h"

enum account_kind {
    ACCOUNT_CONNECTIONS,
    ACCOUNT_NODES,
    ACCOUNT_COLLECTIONS,
    ACCOUNT_BUFFER_BYTES,
    ACCOUNT_DESCRIPTORS,
    ACCOUNT_MESSAGE_BYTES, /* of what clients sent and of what they have not read */
    ACCOUNT_KINDS,
};

struct account;

struct accounts {
    struct map by_uid;
    uint64_t limits[ACCOUNT_KINDS];
    /* Called before descriptors are refused: gives back what is charged and not used any more.
     * NULL: there is nothing like that. */
    void (*relieve)(struct account *account);
};

struct account {
    struct accounts *accounts;
    uid_t uid;
    uint32_t references;
    uint64_t used[ACCOUNT_KINDS];
};

/* The account of a uid, with one reference more; NULL: no memory. */
struct account *account_ref(struct accounts *accounts, uid_t uid);

/* Drops a reference; the last one, with nothing charged, frees the account. NULL is fine. Returns
 * NULL. */
struct account *account_unref(struct account *account);

/* Charges; false: that would be over the limit, and nothing is charged. */
bool account_charge(struct account *account, enum account_kind kind, uint64_t amount);

/* What a charge of `amount` wanted, and what is allowed, in the config's words. Valid until the
 * next call. */
const char *account_refusal(const struct account *account, enum account_kind kind, uint64_t amount);

/* Changes a charge from *charged to `amount`. False: that would be over the limit, and nothing is
 * changed. */
bool account_recharge(struct account *account, enum account_kind kind, uint64_t *charged,
                      uint64_t amount);

/* Gives back what was charged. */
void account_discharge(struct account *account, enum account_kind kind, uint64_t amount);

/* Frees the table; all accounts have been given back. */
void accounts_deinit(struct accounts *accounts);

#endif
