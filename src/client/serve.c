#include "client/serve.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include <sysmem/failure.h>
#include <sysmem/types.h>

#include "client/channel.h"
#include "client/deadline.h"
#include "client/handles.h"
#include "wire/codec.h"

/* The largest request of an honest daemon takes a tenth of it. */
#define ARENA_BUDGET (4 * MESSAGE_MAX_BYTES)

struct serve {
    struct sysmem_channel channel; /* core NULL: its owner let go; guarded by the lock */
    pthread_mutex_t lock;
    size_t references; /* the owner's, each waiting call's, and while a callback runs */
    enum model_protocol protocol;
    const struct serve_ops *ops;
    void *arg;
};

static void unref(struct serve *serve)
{
    (void)pthread_mutex_lock(&serve->lock);
    bool last = --serve->references == 0;
    (void)pthread_mutex_unlock(&serve->lock);
    if (last) {
        (void)pthread_mutex_destroy(&serve->lock);
        free(serve);
    }
}

static struct serve *ref(struct serve *serve)
{
    (void)pthread_mutex_lock(&serve->lock);
    serve->references++;
    (void)pthread_mutex_unlock(&serve->lock);
    return serve;
}

/* --- Requests --- */

static struct serve_call *new_call(struct serve *serve, const struct model_method *method,
                                   uint32_t txid)
{
    struct serve_call *call = malloc(sizeof(*call));
    if (call != NULL) {
        *call = (struct serve_call){.serve = ref(serve), .method = method, .txid = txid};
    }
    return call;
}

/* Decodes a request into the arena. NULL: it is not understood, or there is no room for it. */
static void *decode(const struct model_method *method, struct message *message, struct arena *arena)
{
    const struct model_type *type = method->request;
    static char empty;
    if (type == NULL) {
        return &empty;
    }
    void *table = arena_alloc(arena, type->size);
    if (table == NULL || codec_decode(type, message, arena, table, NULL) != CODEC_OK) {
        return NULL;
    }
    (void)handles_take(type, table, message); /* what did not arrive is invalid */
    return table;
}

/* What answers nothing that is known is dropped: a newer daemon's, which does without. */
static void on_request(void *arg, struct message *message)
{
    struct serve *serve = ref(arg);
    const struct model_method *method = model_method_find(serve->protocol, message->ordinal);
    struct serve_call *call =
        method == NULL || !method->two_way ? NULL : new_call(serve, method, message->txid);
    if (call != NULL) {
        struct arena arena;
        arena_init(&arena, ARENA_BUDGET);
        serve->ops->request(serve->arg, call, decode(method, message, &arena));
        arena_clear(&arena);
    }
    message_clear(message);
    unref(serve);
}

static void on_closed(void *arg, sysmem_status_t why)
{
    struct serve *serve = ref(arg);
    if (serve->ops->closed != NULL) {
        serve->ops->closed(serve->arg, why);
    }
    unref(serve);
}

/* --- Life --- */

sysmem_status_t serve_new(int fd, enum model_protocol protocol, const struct serve_ops *ops,
                          void *arg, struct serve **ret)
{
    struct channel *core;
    sysmem_status_t status = channel_new(fd, protocol, &core);
    if (status != 0) {
        return status;
    }
    struct serve *serve = malloc(sizeof(*serve));
    if (serve == NULL) {
        channel_free(core);
        return ZX_ERR_NO_MEMORY;
    }
    *serve = (struct serve){
        .channel.core = core, .references = 1, .protocol = protocol, .ops = ops, .arg = arg};
    (void)pthread_mutex_init(&serve->lock, NULL);
    channel_on_request(core, on_request, serve);
    channel_on_closed(core, on_closed, serve);
    *ret = serve;
    return 0;
}

void serve_free(struct serve *serve)
{
    (void)pthread_mutex_lock(&serve->lock);
    struct channel *core = serve->channel.core;
    serve->channel.core = NULL;
    (void)pthread_mutex_unlock(&serve->lock);
    channel_free(core);
    unref(serve);
}

struct sysmem_channel *serve_channel(struct serve *serve)
{
    return &serve->channel;
}

sysmem_status_t serve_run(struct serve *serve, zx_time_t deadline)
{
    sysmem_status_t status = 0;
    short ready = POLLIN;
    (void)ref(serve);
    while (status == 0 && ready != 0) {
        struct sysmem_channel *channel = &serve->channel;
        zx_time_t timeout = sysmem_channel_get_timeout(channel);
        zx_time_t until = timeout < deadline ? timeout : deadline;
        ready = deadline_poll(sysmem_channel_get_fd(channel), sysmem_channel_get_events(channel),
                              until);
        if (until != deadline) {
            ready = POLLIN; /* not the caller's deadline: once more */
        }
        status = sysmem_channel_process(channel);
    }
    unref(serve);
    return status == 0 ? ZX_ERR_TIMED_OUT : status;
}

/* --- Sending --- */

sysmem_status_t serve_send(struct serve *serve, const char *event, void *table)
{
    const struct model_method *method = model_method_by_name(serve->protocol, event);
    assert(method != NULL);
    return channel_send(serve->channel.core, method, table);
}

/* Sends what was encoded, and ends the call. */
static sysmem_status_t finish(struct serve_call *call, enum codec_status encoded,
                              struct message *message)
{
    struct serve *serve = call->serve;
    sysmem_status_t status = ZX_ERR_PEER_CLOSED;
    (void)pthread_mutex_lock(&serve->lock);
    if (encoded != CODEC_OK) {
        status = encoded == CODEC_NO_MEMORY ? ZX_ERR_NO_MEMORY : ZX_ERR_INVALID_ARGS;
        message_clear(message);
    } else if (serve->channel.core == NULL) {
        message_clear(message);
    } else {
        status = channel_answer(serve->channel.core, message);
    }
    (void)pthread_mutex_unlock(&serve->lock);
    free(call);
    unref(serve);
    return status;
}

sysmem_status_t serve_answer_slots(struct serve_call *call, const void *response,
                                   struct message *message)
{
    message->ordinal = call->method->ordinal;
    message->txid = call->txid;
    return finish(call, codec_encode_result(call->method, 0, response, message), message);
}

sysmem_status_t serve_answer(struct serve_call *call, uint32_t err, void *response)
{
    struct message message;
    message_init(&message, call->method->ordinal, call->txid);
    return finish(call, codec_encode_result(call->method, err, response, &message), &message);
}

sysmem_status_t serve_refuse(struct serve_call *call, uint32_t err, const char *why)
{
    struct sysmem_reason told = {0};
    struct model_failure failure = {0};
    struct message message;
    if (why == NULL) {
        return serve_answer(call, err, NULL);
    }
    SYSMEM_SET(&told, detail, why);
    SYSMEM_SET_VECTOR(&failure, reasons, &told, 1);
    message_init(&message, call->method->ordinal, call->txid);
    return finish(call, codec_encode_failure(call->method, err, &failure, &message), &message);
}
