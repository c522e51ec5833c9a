#include "server/link.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/map.h"
#include "server/closer.h"
#include "server/server_end.h"
#include "wire/codec.h"

/* As for requests (dispatch.c): the largest legal answer stays far below this. */
#define ANSWER_BUDGET ((size_t)4 << 20)

struct pending {
    struct list link; /* in calls of its link, in the order in which they were made */
    struct link *of;
    const struct model_method *method;
    uint32_t txid;
    uint64_t answers; /* of the link, when it was made */
    struct alarm deadline;
    void (*answered)(void *arg, const struct link_answer *answer); /* NULL: it is late, and was
                                                                    * answered without the peer */
    void *arg;
};

struct link {
    struct list all; /* in server->links */
    struct server *server;
    struct binding *binding; /* NULL: the channel is closed */
    uid_t uid;               /* whose it is */
    const struct link_ops *ops;
    void *owner;        /* NULL: nobody wants to hear of the end */
    struct list calls;  /* struct pending */
    struct map by_txid; /* the same */
    size_t late;        /* of those */
    uint64_t answers;   /* that the peer has given */
    uint32_t last_txid;
    struct alarm end; /* rings when the channel is closed, once for each call and once more */
};

/* --- calls --- */

static void pending_free(struct pending *pending)
{
    struct link *link = pending->of;
    alarm_cancel(&pending->deadline);
    list_remove(&pending->link);
    (void)map_take(&link->by_txid, pending->txid);
    link->late -= pending->answered == NULL ? 1 : 0;
    free(pending);
}

static void on_deadline(struct alarm *alarm)
{
    struct pending *pending = container_of(alarm, struct pending, deadline);
    struct link *link = pending->of;
    void (*answered)(void *, const struct link_answer *) = pending->answered;
    bool is_silent = pending->answers == link->answers;
    pending->answered = NULL;
    link->late++;
    log_begin_cause(link->binding->uid);
    log_warning("%s: %s: no answer within the deadline", binding_describe(link->binding),
                pending->method->name);
    log_end_cause();
    answered(pending->arg, &(struct link_answer){.status = -ETIMEDOUT, .is_silent = is_silent});
    bool is_dead = link->late > (is_silent ? LINK_MAX_LATE : LINK_MOST_LATE);
    if (is_dead && link->binding != NULL) {
        binding_fail(link->binding, "too many calls that are not answered");
    }
}

/* A call that waits for its answer from here on; NULL: no memory. */
static struct pending *pending_new(struct link *link, const struct link_call *call)
{
    struct pending *pending = calloc(1, sizeof(*pending));
    if (pending == NULL) {
        return NULL;
    }
    do {
        link->last_txid++;
    } while (link->last_txid == 0 || map_get(&link->by_txid, link->last_txid) != NULL);
    *pending = (struct pending){
        .of = link,
        .method = model_method_by_name(link->binding->protocol, call->method),
        .txid = link->last_txid,
        .answers = link->answers,
        .answered = call->answered,
        .arg = call->arg,
    };
    assert(pending->method != NULL && pending->method->two_way);
    alarm_init(&pending->deadline, on_deadline);
    if (!map_put(&link->by_txid, pending->txid, pending)) {
        free(pending);
        return NULL;
    }
    list_append(&link->calls, &pending->link);
    return pending;
}

/* What cannot be asked. Its descriptors may be the last ones of large buffers. */
static void drop(struct link *link, struct message *message)
{
    closer_close_rest(link->uid, message);
    message_clear(message);
}

int link_call(struct link *link, const struct link_call *call, struct message *message)
{
    struct message empty;
    if (message == NULL) {
        message_init(&empty, 0, 0);
        message = &empty;
    }
    struct pending *pending = link->binding == NULL ? NULL : pending_new(link, call);
    if (pending == NULL) {
        drop(link, message);
        return link->binding == NULL ? -EPIPE : -ENOMEM;
    }
    message->ordinal = pending->method->ordinal;
    message->txid = pending->txid;
    alarm_set(&link->server->alarms, &pending->deadline, uv_hrtime() + call->timeout_ns);
    int failed = -ENOMEM;
    if (codec_encode(pending->method->request, call->request, message) == CODEC_OK) {
        failed = binding_request(link->binding, message);
    } else {
        drop(link, message);
    }
    if (failed != 0) {
        pending_free(pending);
    }
    return failed;
}

/* --- the end --- */

static void link_free(struct link *link)
{
    assert(link->binding == NULL && list_is_empty(&link->calls));
    list_remove(&link->all);
    alarm_cancel(&link->end);
    map_deinit(&link->by_txid);
    free(link);
}

/* One step of what follows the channel's end. False: that was the last, and the link is gone. */
static bool end_step(struct link *link)
{
    if (!list_is_empty(&link->calls)) {
        struct pending *pending = container_of(link->calls.next, struct pending, link);
        void (*answered)(void *, const struct link_answer *) = pending->answered;
        void *arg = pending->arg;
        pending_free(pending);
        if (answered != NULL) {
            answered(arg, &(struct link_answer){.status = -EPIPE});
        }
        return true;
    }
    if (link->owner != NULL) {
        link->ops->closed(link->owner);
    }
    link_free(link);
    return false;
}

static void on_end(struct alarm *alarm)
{
    struct link *link = container_of(alarm, struct link, end);
    struct alarms *alarms = &link->server->alarms;
    if (end_step(link)) {
        alarm_set(alarms, alarm, alarm->due_ns);
    }
}

void link_lost(struct link *link)
{
    assert(link->binding != NULL);
    link->binding = NULL;
    /* What waits for an answer hears of the end instead, one at a time: there may be many. */
    list_for_each (it, &link->calls) {
        alarm_cancel(&container_of(it, struct pending, link)->deadline);
    }
    alarm_set(&link->server->alarms, &link->end, uv_hrtime());
}

void link_close(struct link *link, const char *why)
{
    link->owner = NULL;
    if (link->binding == NULL) {
        return;
    }
    if (why != NULL) {
        binding_fail(link->binding, why);
    } else {
        binding_close(link->binding);
    }
}

void link_end_all(struct server *server)
{
    list_for_each_safe (it, next, &server->links) {
        struct link *link = container_of(it, struct link, all);
        while (end_step(link)) {
        }
    }
}

/* --- what the peer says --- */

/* NULL, or what the peer did wrong. */
static const char *take_answer(struct pending *pending, struct message *message,
                               struct arena *arena)
{
    const struct model_method *method = pending->method;
    size_t size = method->response == NULL ? 1 : method->response->size;
    void *response = arena_alloc(arena, size);
    struct codec_result result = {0};
    const char *why = "no memory to decode its answer";
    if (response == NULL ||
        codec_decode_result(method, message, arena, &result, response, &why) != CODEC_OK) {
        return why == NULL ? "an answer that cannot be decoded" : why;
    }
    if (result.framework_err != 0) {
        return "it says that it does not know a method which it has to have";
    }
    const struct link_answer answer = {
        .err = result.err,
        .failure = result.failure,
        .response = result.err == 0 && method->response != NULL ? response : NULL,
        .message = message,
    };
    void (*answered)(void *, const struct link_answer *) = pending->answered;
    void *arg = pending->arg;
    pending->of->answers++;
    pending_free(pending);
    if (answered != NULL) {
        answered(arg, &answer);
    }
    return NULL;
}

static const char *take_event(struct link *link, const struct model_method *method,
                              struct message *message, struct arena *arena)
{
    void *table = arena_alloc(arena, method->request->size);
    const char *why = "no memory to decode its event";
    if (table == NULL || codec_decode(method->request, message, arena, table, &why) != CODEC_OK) {
        return why == NULL ? "an event that cannot be decoded" : why;
    }
    return link->owner == NULL ? NULL : link->ops->event(link->owner, method, table, message);
}

static const char *take(struct link *link, struct message *message, struct arena *arena)
{
    const struct model_method *method =
        model_method_find(link->binding->protocol, message->ordinal);
    if (method == NULL) {
        return "a message of a method that its protocol does not have";
    }
    if (message->txid == 0) {
        return method->two_way ? "an answer without a transaction id"
                               : take_event(link, method, message, arena);
    }
    struct pending *pending = map_get(&link->by_txid, message->txid);
    if (pending == NULL) {
        return "an answer to what it was not asked";
    }
    return pending->method == method ? take_answer(pending, message, arena)
                                     : "an answer of another method than it was asked";
}

void link_take(struct link *link, struct message *message)
{
    struct binding *binding = link->binding;
    struct arena arena;
    arena_init(&arena, ANSWER_BUDGET);
    const char *why = closer_is_choked(binding->uid)
                          ? "too many descriptors of a wrong kind, sent by its uid, hang in close()"
                          : take(link, message, &arena);
    closer_close_rest(binding->uid, message);
    if (why != NULL) {
        binding_fail(binding, why); /* harmless if it is closed already */
    }
    arena_clear(&arena);
}

/* --- the beginning --- */

/* The last descriptor of a buffer, perhaps. */
static void close_attached(struct stream *stream, int fd)
{
    closer_close(container_of(stream, struct binding, stream)->uid, fd);
}

struct link *link_new(struct binding *from, enum model_protocol protocol, int fd,
                      const char **ret_why)
{
    struct server *server = from->server;
    struct binding *binding = server_end_park(from, protocol, fd, ret_why);
    if (binding == NULL) {
        return NULL;
    }
    struct link *link = calloc(1, sizeof(*link));
    if (link == NULL) {
        *ret_why = "no memory";
        binding_close(binding);
        return NULL;
    }
    link->server = server;
    link->binding = binding;
    link->uid = binding->uid;
    list_init(&link->calls);
    list_append(&server->links, &link->all);
    alarm_init(&link->end, on_end);
    binding->caller = link;
    binding->stream.close_attached = close_attached;
    return link;
}

void link_begin(struct link *link, const struct link_ops *ops, void *owner)
{
    assert(link->ops == NULL && link->binding != NULL);
    link->ops = ops;
    link->owner = owner;
    binding_watch(link->binding);
}

const struct binding *link_binding(const struct link *link)
{
    return link->binding;
}
