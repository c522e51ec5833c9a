/* Calls to the daemon: any method of any protocol, by its description. */
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/exec_answer.h"
#include "cli/exec_async.h"
#include "cli/exec_op.h"
#include "client/ends.h"
#include "client/handles.h"
#include "model/field.h"
#include "model/walk.h"
#include "json/json.h"

/* Handles in one request; no method takes as many. */
#define MAX_HANDLES 16

/* Of a request's tables, in bytes. */
#define MAX_REQUEST_BYTES ((size_t)16 << 20)

/* A call that is being prepared. */
struct call {
    struct exec *exec;
    const struct request *request;
    struct entry *on;
    enum model_protocol protocol;
    const struct model_method *method;
    struct arena arena;
    void *table;                      /* the request, of method->request; NULL: it is empty */
    struct entry *named[MAX_HANDLES]; /* what its handle fields name, by number less one */
    size_t named_count;
    const struct model_field *made; /* the server end for which a pair is made, or NULL */
    const char *as;                 /* the name of the pair's other end, NULL: a fresh one */
    zx_time_t deadline;
    bool is_async;
};

void exec_op_connect(struct exec *exec, const struct request *request)
{
    const char *as = NULL;
    if (!exec_as(exec, request, &as)) {
        return;
    }
    struct strbuf reason = {0};
    int fd = -1;
    sysmem_status_t status = daemon_connect(exec->socket_path, &fd, &reason);
    if (status == ZX_ERR_NO_MEMORY || status == ZX_ERR_NO_RESOURCES) {
        strbuf_deinit(&reason);
        (void)reply_status(request->reply, status);
        return;
    }
    if (status != 0) {
        if (!exec->reached && !exec->unreachable) {
            (void)fprintf(stderr, "sysmemctl: %s\n", strbuf_text(&reason));
        }
        exec->unreachable = true;
        reply_peer_closed(request->reply, strbuf_text(&reason));
        strbuf_deinit(&reason);
        return;
    }
    exec->reached = true;
    struct entry entry = {.kind = ENTRY_HANDLE, .protocol = MODEL_PROTOCOL_ALLOCATOR};
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_CHANNEL,
                                            .rights = ZX_DEFAULT_CHANNEL_RIGHTS};
    if (reply_status(request->reply, sysmem_handle_from_fd(fd, &info, &entry.handle))) {
        (void)exec_add(exec, request, as, &entry);
    }
}

/* --- What is called on what --- */

/* Whether a plain handle is a channel's. */
static bool is_channel(const struct entry *entry)
{
    zx_info_handle_basic_t info;
    return entry->kind == ENTRY_CHANNEL ||
           (zx_object_get_info(entry->handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
                               NULL) == ZX_OK &&
            info.type == ZX_OBJ_TYPE_CHANNEL);
}

/* Finds the object and the protocol that it is to speak. An end of a plain channel speaks any: a
 * token's if nothing else is said. */
static bool find_object(struct call *call)
{
    struct reply *reply = call->request->reply;
    call->on = exec_find_handle(call->exec, call->request, "on");
    if (call->on == NULL || !exec_protocol(call->request, &call->protocol)) {
        return false;
    }
    enum model_protocol own = call->on->protocol;
    if (!is_channel(call->on)) {
        return reply_usage(reply, "on: '%s' is not an object that can be called", call->on->name);
    }
    if (call->protocol == MODEL_PROTOCOL_NONE) {
        call->protocol = entry_is_object(call->on) ? own : MODEL_PROTOCOL_TOKEN;
    }
    if (entry_is_object(call->on) && own != call->protocol) {
        return reply_usage(reply, "on: '%s' is of %s, not of %s", call->on->name,
                           model_protocol_name(own), model_protocol_name(call->protocol));
    }
    if (call->on->kind == ENTRY_CHANNEL && call->on->spoken != call->protocol &&
        async_any_on(&call->exec->async_calls, call->on->channel)) {
        return reply_usage(reply, "on: calls of %s are pending on '%s'",
                           model_protocol_name(call->on->spoken), call->on->name);
    }
    return true;
}

static bool find_method(struct call *call)
{
    const char *name = NULL;
    if (!request_string(call->request, "method", &name)) {
        return false;
    }
    call->method = model_method_by_name(call->protocol, name);
    return call->method != NULL || reply_usage(call->request->reply, "method: %s has no '%s'",
                                               model_protocol_name(call->protocol), name);
}

static bool read_mode(struct call *call)
{
    const struct request *request = call->request;
    const json_t *id = json_object_get(request->object, "id");
    if (!request_deadline(request, &call->deadline) ||
        !request_flag(request, "async", &call->is_async)) {
        return false;
    }
    if (!call->is_async) {
        return true;
    }
    if (!call->method->two_way) {
        return reply_usage(request->reply, "async: %s has no answer", call->method->name);
    }
    if (id == NULL) {
        return reply_usage(request->reply, "async: nothing can await a call without an id");
    }
    return async_find(&call->exec->async_calls, id) == NULL ||
           reply_usage(request->reply, "async: a call with this id has not been awaited yet");
}

/* --- The request's table --- */

/* Turns a name in "args" into its number in call->named. */
static bool number_of_name(void *arg, const struct model_field *field, const char *name,
                           zx_handle_t *ret_handle, struct strbuf *error)
{
    struct call *call = arg;
    struct entry *entry = entry_find(&call->exec->names, name);
    if (entry == NULL || entry->kind == ENTRY_MAPPING) {
        strbuf_addf(error, "%s '", entry == NULL ? "there is no" : "a handle is wanted, not");
        strbuf_add_escaped(error, name);
        strbuf_addf(error, "'");
        return false;
    }
    enum model_protocol wanted = (enum model_protocol)field->protocol;
    if (entry_is_object(entry) &&
        (entry->protocol != wanted || field->handle != MODEL_HANDLE_CLIENT_END)) {
        strbuf_addf(error, "'%s' is an object of %s", name, model_protocol_name(entry->protocol));
        return false;
    }
    bool used = entry == call->on;
    for (size_t i = 0; i < call->named_count; i++) {
        used = used || call->named[i] == entry;
    }
    if (used || call->named_count == MAX_HANDLES) {
        strbuf_addf(error, used ? "'%s' is used twice" : "'%s' is one handle too many", name);
        return false;
    }
    call->named[call->named_count++] = entry;
    *ret_handle = (zx_handle_t)call->named_count;
    return true;
}

static bool read_args(struct call *call)
{
    const struct model_type *type = call->method->request;
    json_t *args = json_object_get(call->request->object, "args");
    struct reply *reply = call->request->reply;
    if (type == NULL) {
        return args == NULL || (json_is_object(args) && json_object_size(args) == 0) ||
               reply_usage(reply, "args: %s takes none", call->method->name);
    }
    call->table = arena_alloc(&call->arena, type->size);
    if (call->table == NULL) {
        return reply_status(reply, ZX_ERR_NO_MEMORY);
    }
    json_t *empty = json_object();
    struct strbuf error = {0};
    const struct json_handles handles = {.arg = call, .from_name = number_of_name};
    bool understood = json_to_table(type, args == NULL ? empty : args, &call->arena, &handles,
                                    call->table, &error);
    if (!understood) {
        (void)reply_usage(reply, "args: %s", strbuf_text(&error));
    }
    strbuf_deinit(&error);
    json_decref(empty);
    return understood;
}

/* Decides which server end is made, by what "args" and "omit" say. */
static bool read_server_end(struct call *call)
{
    const struct model_field *field = ends_made_by(call->method->request);
    const json_t *omit = json_object_get(call->request->object, "omit");
    struct reply *reply = call->request->reply;
    if (field == NULL && json_object_get(call->request->object, "as") != NULL) {
        return reply_usage(reply, "as: %s makes no object", call->method->name);
    }
    if (omit != NULL && !json_is_array(omit)) {
        return reply_usage(reply, "omit: wanted a list of names");
    }
    bool wanted = field != NULL && !model_field_is_set(field, call->table);
    for (size_t i = 0; i < json_array_size(omit); i++) {
        const char *name = json_string_value(json_array_get(omit, i));
        if (name == NULL || field == NULL || strcmp(name, field->name) != 0) {
            return reply_usage(reply, "omit: '%s' is not filled in by %s", name == NULL ? "" : name,
                               call->method->name);
        }
        wanted = false;
    }
    call->made = wanted ? field : NULL;
    return exec_as(call->exec, call->request, &call->as);
}

/* --- Carrying it out --- */

/* Puts the handle that a number stands for in its place; the name is gone. */
static void consume_handle(void *arg, const struct model_field *field, zx_handle_t *handle)
{
    (void)field;
    struct call *call = arg;
    struct entry *entry = call->named[*handle - 1];
    *handle = ZX_HANDLE_INVALID;
    (void)reply_status(call->request->reply, entry_take_handle(&call->exec->names, entry, handle));
}

/* Makes the pair, whose other end is in *ret, and consumes the handles. */
static bool fill_handles(struct call *call, zx_handle_t *ret)
{
    zx_handle_t server_end = ZX_HANDLE_INVALID;
    if (call->made != NULL &&
        !reply_status(call->request->reply, zx_channel_create(0, ret, &server_end))) {
        return false;
    }
    if (call->table == NULL) {
        return true;
    }
    model_visit_handles(call->method->request, call->table, consume_handle, call);
    if (call->made != NULL) {
        ends_set(call->made, call->table, server_end);
    }
    if (reply_failed(call->request->reply)) {
        handles_close(call->method->request, call->table);
        return false;
    }
    return true;
}

static void start_call(struct call *call)
{
    struct reply *reply = call->request->reply;
    json_t *id = json_object_get(call->request->object, "id");
    struct async_call *async = async_new(&call->exec->async_calls, id, call->on->channel);
    if (async == NULL) {
        handles_close(call->method->request, call->table);
        (void)reply_status(reply, ZX_ERR_NO_MEMORY);
        return;
    }
    sysmem_status_t status = channel_start(call->on->channel, call->method, call->table, async_done,
                                           async, &async->txid);
    if (!reply_call_status(reply, status)) {
        async_free(async);
        return;
    }
    reply_set(reply, "pending", json_true());
}

static void send_call(struct call *call)
{
    if (call->is_async) {
        start_call(call);
    } else if (call->method->two_way) {
        struct channel_reply answer;
        channel_call(call->on->channel, call->method, call->table, call->deadline, &answer);
        exec_answer(call->exec, call->request, &answer);
    } else {
        (void)reply_call_status(call->request->reply,
                                channel_send(call->on->channel, call->method, call->table));
    }
}

static void carry_out(struct call *call)
{
    struct reply *reply = call->request->reply;
    zx_handle_t client_end = ZX_HANDLE_INVALID;
    if (!reply_status(reply, entry_open_channel(&call->exec->names, call->on, call->protocol))) {
        return;
    }
    if (fill_handles(call, &client_end)) {
        send_call(call);
    }
    if (client_end == ZX_HANDLE_INVALID) {
        return;
    }
    /* Also where sending failed: what follows on that name then ends in peer_closed, as it would
     * have if the server had closed a moment later. Without a name nobody could follow. */
    if (reply_failed(reply) && call->as == NULL) {
        (void)zx_handle_close(client_end);
        return;
    }
    (void)exec_add(call->exec, call->request, call->as,
                   &(struct entry){.kind = ENTRY_HANDLE,
                                   .protocol = (enum model_protocol)call->made->protocol,
                                   .handle = client_end});
}

void exec_op_call(struct exec *exec, const struct request *request)
{
    struct call call = {.exec = exec, .request = request};
    arena_init(&call.arena, MAX_REQUEST_BYTES);
    if (find_object(&call) && find_method(&call) && read_mode(&call) && read_args(&call) &&
        read_server_end(&call)) {
        carry_out(&call);
    }
    arena_clear(&call.arena);
}

void exec_op_await(struct exec *exec, const struct request *request)
{
    const json_t *id = json_object_get(request->object, "on_id");
    zx_time_t deadline = 0;
    if (id == NULL) {
        (void)reply_usage(request->reply, "on_id is missing");
        return;
    }
    if (!request_deadline(request, &deadline)) {
        return;
    }
    struct async_call *async = async_find(&exec->async_calls, id);
    if (async == NULL) {
        (void)reply_usage(request->reply, "on_id: no call with this id is pending");
        return;
    }
    if (!async->answered) {
        sysmem_status_t status = channel_wait(async->channel, async->txid, deadline);
        if (!async->answered) {
            (void)reply_call_status(request->reply, status);
            return;
        }
    }
    exec_answer(exec, request, &async->reply);
    async->answered = false; /* the answer is cleared already */
    async_free(async);
}
