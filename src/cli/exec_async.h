/* Asynchronous calls of an `exec` session: started, perhaps answered, not awaited yet. */
#ifndef CLI_EXEC_ASYNC_H
#define CLI_EXEC_ASYNC_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/list.h"
#include "client/channel.h"

struct async_call {
    struct list link;
    json_t *id;              /* the request's */
    struct channel *channel; /* until it is answered */
    uint32_t txid;
    bool answered;
    struct channel_reply reply; /* when answered */
};

/* A new call that is to be started: pass async_done() and it to channel_start(). NULL: no memory.
 */
struct async_call *async_new(struct list *all, json_t *id, struct channel *channel);

/* A channel_done_fn for a struct async_call. */
void async_done(void *arg, struct channel_reply *reply);

/* The call of an id, or NULL. */
struct async_call *async_find(const struct list *all, const json_t *id);

/* Whether a channel has calls that are not answered. */
bool async_any_on(const struct list *all, const struct channel *channel);

/* Forgets a call that is answered or was never sent. */
void async_free(struct async_call *async);
void async_free_all(struct list *all);

#endif
