#include "cli/exec_request.h"

#include <stdlib.h>

#include <zircon/syscalls.h>

#include "cli/hex.h"
#include "json/json.h"

#define DEFAULT_TIMEOUT_MS 10000

bool request_optional_string(const struct request *request, const char *key, const char **ret)
{
    const json_t *value = json_object_get(request->object, key);
    if (value != NULL && !json_is_string(value)) {
        return reply_usage(request->reply, "%s: wanted a string", key);
    }
    *ret = json_string_value(value);
    return true;
}

bool request_string(const struct request *request, const char *key, const char **ret)
{
    if (!request_optional_string(request, key, ret)) {
        return false;
    }
    return *ret != NULL || reply_usage(request->reply, "%s is missing", key);
}

static bool read_value(const struct request *request, const struct model_field *field,
                       uint64_t *ret)
{
    json_t *value = json_object_get(request->object, field->name);
    struct strbuf error = {0};
    if (value == NULL) {
        return reply_usage(request->reply, "%s is missing", field->name);
    }
    bool understood = json_to_value(field, value, ret, &error);
    if (!understood) {
        (void)reply_usage(request->reply, "%s", strbuf_text(&error));
    }
    strbuf_deinit(&error);
    return understood;
}

bool request_u64(const struct request *request, const char *key, uint64_t *ret)
{
    return read_value(request, &(struct model_field){.name = key, .kind = MODEL_U64}, ret);
}

bool request_optional_u64(const struct request *request, const char *key, uint64_t absent,
                          uint64_t *ret)
{
    if (json_object_get(request->object, key) == NULL) {
        *ret = absent;
        return true;
    }
    return request_u64(request, key, ret);
}

bool request_flag(const struct request *request, const char *key, bool *ret)
{
    const json_t *value = json_object_get(request->object, key);
    if (value != NULL && !json_is_boolean(value)) {
        return reply_usage(request->reply, "%s: wanted true or false", key);
    }
    *ret = json_is_true(value);
    return true;
}

bool request_bits(const struct request *request, const char *key, const struct model_names *names,
                  uint64_t *ret)
{
    return read_value(request,
                      &(struct model_field){.name = key, .kind = MODEL_U32, .names = names}, ret);
}

bool request_hex(const struct request *request, const char *key, unsigned char **ret,
                 size_t *ret_len)
{
    const json_t *value = json_object_get(request->object, key);
    if (!json_is_string(value)) {
        return reply_usage(request->reply, "%s: wanted a string of hex digits", key);
    }
    size_t len = json_string_length(value);
    unsigned char *data = malloc(len / 2 + 1);
    if (data == NULL) {
        return reply_status(request->reply, ZX_ERR_NO_MEMORY);
    }
    if (!hex_decode(json_string_value(value), len, data)) {
        free(data);
        return reply_usage(request->reply, "%s: wanted an even number of hex digits", key);
    }
    *ret = data;
    *ret_len = len / 2;
    return true;
}

bool request_deadline(const struct request *request, zx_time_t *ret)
{
    uint64_t ms = 0;
    if (!request_optional_u64(request, "timeout_ms", DEFAULT_TIMEOUT_MS, &ms)) {
        return false;
    }
    *ret = ms > (uint64_t)ZX_TIME_INFINITE / 1000000
               ? ZX_TIME_INFINITE
               : zx_deadline_after(ZX_MSEC((zx_duration_t)ms));
    return true;
}
