#include "cli/exec_async.h"

#include <stdlib.h>

struct async_call *async_new(struct list *all, json_t *id, struct channel *channel)
{
    struct async_call *async = calloc(1, sizeof(*async));
    if (async == NULL) {
        return NULL;
    }
    async->id = json_incref(id);
    async->channel = channel;
    list_append(all, &async->link);
    return async;
}

void async_done(void *arg, struct channel_reply *reply)
{
    struct async_call *async = arg;
    async->answered = true;
    async->channel = NULL;
    async->reply = *reply;
}

struct async_call *async_find(const struct list *all, const json_t *id)
{
    list_for_each (it, all) {
        struct async_call *async = container_of(it, struct async_call, link);
        if (json_equal(async->id, id)) {
            return async;
        }
    }
    return NULL;
}

bool async_any_on(const struct list *all, const struct channel *channel)
{
    list_for_each (it, all) {
        if (container_of(it, struct async_call, link)->channel == channel) {
            return true;
        }
    }
    return false;
}

void async_free(struct async_call *async)
{
    list_remove(&async->link);
    if (async->answered) {
        channel_reply_clear(&async->reply);
    }
    json_decref(async->id);
    free(async);
}

void async_free_all(struct list *all)
{
    while (!list_is_empty(all)) {
        async_free(container_of(all->next, struct async_call, link));
    }
}
