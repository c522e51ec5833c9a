#include "server/dispatch.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "server/closer.h"
#include "wire/codec.h"

/* The largest ordinals: of the interface's protocols, and of the project's own, which begin at
 * 1000. */
#define ORDINALS     32
#define OWN_FIRST    1000
#define OWN_ORDINALS 4

/* A message of MESSAGE_MAX_BYTES unpacks to more than it is; the largest legal one stays far below
 * this. */
#define REQUEST_BUDGET ((size_t)4 << 20)

static const struct handler *handlers[MODEL_PROTOCOL_COUNT][ORDINALS + OWN_ORDINALS];

static const struct handler **handler_slot(enum model_protocol protocol, uint32_t ordinal)
{
    if (ordinal < ORDINALS) {
        return &handlers[protocol][ordinal];
    }
    if (ordinal >= OWN_FIRST && ordinal < OWN_FIRST + OWN_ORDINALS) {
        return &handlers[protocol][ORDINALS + ordinal - OWN_FIRST];
    }
    return NULL;
}

static void add_handlers(const struct handler *rows)
{
    for (const struct handler *row = rows; row->method != NULL; row++) {
        const struct model_method *method = model_method_by_name(row->protocol, row->method);
        assert(method != NULL);
        const struct handler **slot = handler_slot(row->protocol, method->ordinal);
        assert(slot != NULL && *slot == NULL);
        *slot = row;
    }
}

void dispatch_init(void)
{
    memset(handlers, 0, sizeof(handlers));
    add_handlers(allocator_handlers);
    add_handlers(node_handlers);
    add_handlers(token_handlers);
    add_handlers(collection_handlers);
    add_handlers(group_handlers);
    add_handlers(debug_handlers);
    add_handlers(registry_handlers);
}

const char *request_refuse(struct request *request, const char *format, ...)
{
    int len = snprintf(request->reason, sizeof(request->reason), "%s: ", request->method->name);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(request->reason + len, sizeof(request->reason) - (size_t)len, format, args);
    va_end(args);
    return request->reason;
}

const char *request_lacks(struct request *request, const char *field)
{
    return request_refuse(request, "the required field %s is not set", field);
}

int request_take_eventpair(struct request *request, uint32_t slot, const char **ret_why)
{
    int fd = message_take_fd(request->message, slot);
    if (socket_is_channel_end(fd)) {
        return fd;
    }
    closer_close(request->binding->uid, fd);
    *ret_why = request_refuse(request, "wanted an eventpair, got another kind of descriptor");
    return -1;
}

void request_reply(struct request *request, uint32_t err, const void *response)
{
    struct message message;
    message_init(&message, request->method->ordinal, request->message->txid);
    binding_reply(request->binding, request->method, err, response, &message);
}

/* What every method of a node wants, before its handler is asked. */
static const char *check_state(struct request *request, const struct handler *handler)
{
    const struct binding *binding = request->binding;
    if (closer_is_choked(binding->uid)) {
        return request_refuse(
            request, "too many descriptors of a wrong kind, sent by uid %u, hang in close()",
            (unsigned)binding->uid);
    }
    if (request->method->two_way != (request->message->txid != 0)) {
        return request_refuse(request, request->method->two_way
                                           ? "a two-way call without a transaction id"
                                           : "a one-way call with a transaction id");
    }
    if (binding->node != NULL && binding->node->released && !handler->after_release) {
        return request_refuse(request, "nothing but closing may follow Release");
    }
    return NULL;
}

static const char *decode(struct request *request)
{
    const struct model_type *type = request->method->request;
    if (type == NULL) {
        return request->message->body_len == 0 && request->message->attachment_count == 0
                   ? NULL
                   : request_refuse(request,
                                    "wanted an empty body, got %zu bytes and %zu descriptors",
                                    request->message->body_len, request->message->attachment_count);
    }
    request->table = arena_alloc(&request->arena, type->size);
    if (request->table == NULL) {
        return request_refuse(request, "no memory to decode it");
    }
    const char *why = NULL;
    enum codec_status status =
        codec_decode(type, request->message, &request->arena, request->table, &why);
    if (status == CODEC_OK) {
        return NULL;
    }
    return request_refuse(request, "%s",
                          status == CODEC_NO_MEMORY ? "unpacks to more than the budget"
                          : why == NULL             ? "cannot be decoded"
                                                    : why);
}

void dispatch(struct binding *binding, struct message *message)
{
    const struct model_method *method = model_method_find(binding->protocol, message->ordinal);
    const struct handler *const *slot = handler_slot(binding->protocol, message->ordinal);
    if (method == NULL || slot == NULL || *slot == NULL) {
        char why[96];
        (void)snprintf(why, sizeof(why), "unknown method %u of %s", message->ordinal,
                       model_protocol_name(binding->protocol));
        closer_close_rest(binding->uid, message);
        binding_fail(binding, why);
        return;
    }
    struct request request = {.binding = binding, .method = method, .message = message};
    arena_init(&request.arena, REQUEST_BUDGET);
    const char *why = check_state(&request, *slot);
    if (why == NULL) {
        why = decode(&request);
    }
    if (why == NULL) {
        why = (*slot)->handle(&request);
    }
    closer_close_rest(binding->uid, message);
    if (why != NULL) {
        binding_fail(binding, why);
    }
    arena_clear(&request.arena);
}
