#include "cli/exec_reply.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "model/names.h"

static void set_error(struct reply *reply, json_t *error)
{
    if (reply->error != NULL) {
        json_decref(error);
        return;
    }
    reply->error = error;
}

void reply_set(struct reply *reply, const char *key, json_t *value)
{
    if (reply->ok == NULL) {
        reply->ok = json_object();
    }
    if (json_object_set_new(reply->ok, key, value) < 0) {
        (void)reply_status(reply, ZX_ERR_NO_MEMORY);
    }
}

void reply_set_u64(struct reply *reply, const char *key, uint64_t value)
{
    reply_set(reply, key, json_sprintf("%" PRIu64, value));
}

bool reply_usage(struct reply *reply, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    /* A text that was cut may end inside a character, which JSON cannot hold. */
    struct strbuf escaped = {0};
    strbuf_add_escaped(&escaped, text);
    set_error(reply, json_pack("{s:s, s:s}", "kind", "usage", "detail", strbuf_text(&escaped)));
    strbuf_deinit(&escaped);
    return false;
}

static void set_named_error(struct reply *reply, const char *kind, const char *name, int64_t code)
{
    json_t *error = json_pack("{s:s}", "kind", kind);
    if (name != NULL) {
        (void)json_object_set_new(error, "name", json_string(name));
    }
    (void)json_object_set_new(error, "code", json_integer(code));
    set_error(reply, error);
}

bool reply_status(struct reply *reply, zx_status_t status)
{
    if (status == ZX_OK) {
        return true;
    }
    set_named_error(reply, "status", sysmem_status_name(status), status);
    return false;
}

void reply_timed_out(struct reply *reply)
{
    set_error(reply, json_pack("{s:s}", "kind", "timed_out"));
}

void reply_peer_closed(struct reply *reply, const char *detail)
{
    json_t *error = json_pack("{s:s}", "kind", "peer_closed");
    if (detail != NULL) {
        (void)json_object_set_new(error, "detail", json_string(detail));
    }
    set_error(reply, error);
}

bool reply_call_status(struct reply *reply, sysmem_status_t status)
{
    if (status > 0) {
        set_named_error(reply, "domain", model_name_of(&model_error_names, (uint64_t)status),
                        status);
        return false;
    }
    switch (status) {
    case ZX_ERR_PEER_CLOSED:
        reply_peer_closed(reply, NULL);
        return false;
    case ZX_ERR_TIMED_OUT:
        reply_timed_out(reply);
        return false;
    case ZX_ERR_INVALID_ARGS:
        return reply_usage(reply, "a vector or string is longer than the interface allows");
    default:
        return reply_status(reply, status);
    }
}

void reply_add_detail(struct reply *reply, const char *detail)
{
    if (reply->error != NULL) {
        (void)json_object_set_new(reply->error, "detail", json_string(detail));
    }
}

json_t *reply_finish(struct reply *reply, json_t *id)
{
    json_t *line = json_object();
    if (id != NULL) {
        (void)json_object_set(line, "id", id);
    }
    if (reply->error != NULL) {
        (void)json_object_set_new(line, "error", reply->error);
        json_decref(reply->ok);
    } else {
        (void)json_object_set_new(line, "ok", reply->ok == NULL ? json_object() : reply->ok);
    }
    *reply = (struct reply){0};
    return line;
}
