/* The calls of a channel that have no answer yet, and the threads that sleep until theirs has. All
 * under the channel's lock. */
#ifndef CLIENT_PENDING_H
#define CLIENT_PENDING_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

#include "base/list.h"
#include "client/channel.h"

/* An outstanding call. With `done` it is on the heap, else on the stack of the thread that waits in
 * channel_call(). */
struct call {
    struct list link;
    uint32_t txid;
    const struct model_method *method;
    channel_done_fn done;
    void *arg;
    struct channel_reply *reply; /* where the waiting thread wants it */
    bool delivering;             /* in its `done` just now */
};

struct pending {
    struct list calls; /* oldest first: that is where replies mostly belong */
    struct list waiters;
    uint32_t last_txid;
};

void pending_init(struct pending *pending);

/* A number that no outstanding call has; not 0. */
uint32_t pending_new_txid(struct pending *pending);

/* Links a call that has its txid. Unlink with list_remove(). */
void pending_add(struct pending *pending, struct call *call);

/* The call with this number, or NULL. */
struct call *pending_find(const struct pending *pending, uint32_t txid);

/* The oldest call whose callback is not running, or NULL. */
struct call *pending_first(const struct pending *pending);

/* Sleeps, without the lock, until somebody wakes those who wait for `txid` or passes the role of
 * the reader on. False: the deadline is past. */
bool pending_sleep(struct pending *pending, uint32_t txid, pthread_mutex_t *lock,
                   zx_time_t deadline);

/* The call is complete. */
void pending_wake(struct pending *pending, uint32_t txid);

/* Nobody reads: wakes one thread that may. */
void pending_pass_role(struct pending *pending);

#endif
