#include "server/watch.h"

#include <assert.h>

#include "server/snapshot.h"

/* For the tables of one answer. */
#define BUDGET ((size_t)1 << 20)

const char *watch_begin(struct binding *binding, uint32_t txid, bool *ret_pending)
{
    struct event_log *events = &binding->server->events;
    if (!binding->follower.is_following) {
        struct snapshot_viewer viewer;
        snapshot_viewer_init(&viewer, binding);
        *ret_pending = false;
        return event_log_follow(events, &binding->follower, &viewer) ? NULL : "no memory";
    }
    if (!list_is_empty(&binding->watch)) {
        return "sent while one is pending";
    }
    binding->watch_txid = txid;
    list_append(&binding->server->watching, &binding->watch);
    *ret_pending = true;
    return NULL;
}

static void answer(struct binding *binding,
                   const struct model_debug_wait_for_change_response *response)
{
    const struct model_method *method = model_method_by_name(MODEL_PROTOCOL_DEBUG, "WaitForChange");
    struct message message;
    assert(method != NULL);
    list_remove(&binding->watch);
    message_init(&message, method->ordinal, binding->watch_txid);
    binding_reply(binding, method, 0, response, &message);
}

/* Answers with what the viewer may see; goes on waiting where that is nothing. */
static void look(struct binding *binding)
{
    const struct event_log *events = &binding->server->events;
    struct model_debug_wait_for_change_response response = {0};
    struct snapshot_viewer viewer;
    struct arena arena;
    snapshot_viewer_init(&viewer, binding);
    arena_init(&arena, BUDGET);
    if (!event_log_tell(events, &binding->follower, &viewer, &arena, &response)) {
        list_remove(&binding->watch);
        binding_fail(binding, "no memory to tell what happened");
    } else if (response.events_count > 0 || response.missed > 0) {
        answer(binding, &response);
    }
    arena_clear(&arena);
}

void watch_answer(struct server *server)
{
    list_for_each_safe (link, next, &server->watching) {
        struct binding *binding = container_of(link, struct binding, watch);
        if (binding->follower.seen < server->events.count) {
            look(binding);
        }
    }
}
