#include "cli/exec_answer.h"

#include "client/failure.h"
#include "model/walk.h"
#include "json/json.h"

struct naming {
    struct exec *exec;
    bool failed;
};

/* Gives a handle a fresh name hN, and leaves N in its place for to_name(). */
static void name_handle(void *arg, const struct model_field *field, zx_handle_t *handle)
{
    struct naming *naming = arg;
    struct entry entry = {.kind = ENTRY_HANDLE, .handle = *handle};
    if (field->handle == MODEL_HANDLE_CLIENT_END) {
        entry.protocol = (enum model_protocol)field->protocol;
    }
    *handle = ZX_HANDLE_INVALID;
    if (entry_add(&naming->exec->names, NULL, &entry) == NULL) {
        naming->failed = true;
        return;
    }
    *handle = (zx_handle_t)naming->exec->names.last_fresh;
}

static void to_name(void *arg, const struct model_field *field, zx_handle_t handle,
                    struct strbuf *ret_name)
{
    (void)arg;
    (void)field;
    strbuf_addf(ret_name, "h%u", handle);
}

/* The answer no longer owns what has been named. */
static void forget_handle(void *arg, const struct model_field *field, zx_handle_t *handle)
{
    (void)arg;
    (void)field;
    *handle = ZX_HANDLE_INVALID;
}

static void tell_response(struct exec *exec, struct reply *reply, struct channel_reply *answer)
{
    const struct model_type *type = answer->method->response;
    struct naming naming = {.exec = exec};
    model_visit_handles(type, answer->response, name_handle, &naming);
    json_t *json =
        table_to_json(type, answer->response, &(struct json_handles){.to_name = to_name});
    model_visit_handles(type, answer->response, forget_handle, NULL);
    if (json == NULL || naming.failed) {
        json_decref(json);
        (void)reply_status(reply, ZX_ERR_NO_MEMORY);
        return;
    }
    json_decref(reply->ok);
    reply->ok = json;
}

/* Beside the error. */
static void tell_failure(struct reply *reply, const struct model_failure *failure)
{
    struct strbuf text = {0};
    failure_add_text(failure, &text);
    reply_add_detail(reply, strbuf_text(&text));
    strbuf_deinit(&text);
}

void exec_answer(struct exec *exec, const struct request *request, struct channel_reply *answer)
{
    if (reply_call_status(request->reply, answer->status) && answer->response != NULL) {
        tell_response(exec, request->reply, answer);
    } else if (answer->failure != NULL) {
        tell_failure(request->reply, answer->failure);
    }
    channel_reply_clear(answer);
}
