#include "client/pending.h"

#include "client/deadline.h"

/* A sleeping thread. */
struct waiter {
    struct list link;
    uint32_t txid;
    pthread_cond_t wake;
};

void pending_init(struct pending *pending)
{
    list_init(&pending->calls);
    list_init(&pending->waiters);
    pending->last_txid = 0;
}

uint32_t pending_new_txid(struct pending *pending)
{
    do {
        pending->last_txid++;
    } while (pending->last_txid == 0 || pending_find(pending, pending->last_txid) != NULL);
    return pending->last_txid;
}

void pending_add(struct pending *pending, struct call *call)
{
    list_append(&pending->calls, &call->link);
}

struct call *pending_find(const struct pending *pending, uint32_t txid)
{
    list_for_each (link, &pending->calls) {
        struct call *call = container_of(link, struct call, link);
        if (call->txid == txid) {
            return call;
        }
    }
    return NULL;
}

struct call *pending_first(const struct pending *pending)
{
    list_for_each (link, &pending->calls) {
        struct call *call = container_of(link, struct call, link);
        if (!call->delivering) {
            return call;
        }
    }
    return NULL;
}

bool pending_sleep(struct pending *pending, uint32_t txid, pthread_mutex_t *lock,
                   zx_time_t deadline)
{
    struct waiter waiter = {.txid = txid};
    (void)pthread_cond_init(&waiter.wake, NULL);
    list_append(&pending->waiters, &waiter.link);
    bool in_time = deadline_cond_wait(&waiter.wake, lock, deadline);
    list_remove(&waiter.link);
    (void)pthread_cond_destroy(&waiter.wake);
    return in_time;
}

void pending_wake(struct pending *pending, uint32_t txid)
{
    list_for_each (link, &pending->waiters) {
        struct waiter *waiter = container_of(link, struct waiter, link);
        if (waiter->txid == txid) {
            (void)pthread_cond_signal(&waiter->wake);
        }
    }
}

/* One whose own call is in its callback would not read: it waits for that callback. */
void pending_pass_role(struct pending *pending)
{
    list_for_each (link, &pending->waiters) {
        struct waiter *waiter = container_of(link, struct waiter, link);
        const struct call *call = pending_find(pending, waiter->txid);
        if (call != NULL && !call->delivering) {
            (void)pthread_cond_signal(&waiter->wake);
            return;
        }
    }
}
