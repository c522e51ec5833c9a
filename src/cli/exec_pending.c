#include "cli/exec_pending.h"

#include <stdlib.h>

struct pending *pending_new(struct list *all, json_t *id, struct channel *channel)
{
    struct pending *pending = calloc(1, sizeof(*pending));
    if (pending == NULL) {
        return NULL;
    }
    pending->id = json_incref(id);
    pending->channel = channel;
    list_append(all, &pending->link);
    return pending;
}

void pending_done(void *arg, struct channel_reply *reply)
{
    struct pending *pending = arg;
    pending->answered = true;
    pending->channel = NULL;
    pending->reply = *reply;
}

struct pending *pending_find(const struct list *all, const json_t *id)
{
    list_for_each (it, all) {
        struct pending *pending = container_of(it, struct pending, link);
        if (json_equal(pending->id, id)) {
            return pending;
        }
    }
    return NULL;
}

bool pending_any_on(const struct list *all, const struct channel *channel)
{
    list_for_each (it, all) {
        if (container_of(it, struct pending, link)->channel == channel) {
            return true;
        }
    }
    return false;
}

void pending_free(struct pending *pending)
{
    list_remove(&pending->link);
    if (pending->answered) {
        channel_reply_clear(&pending->reply);
    }
    json_decref(pending->id);
    free(pending);
}

void pending_free_all(struct list *all)
{
    while (!list_is_empty(all)) {
        pending_free(container_of(all->next, struct pending, link));
    }
}
