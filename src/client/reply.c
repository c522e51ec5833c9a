#include "client/reply.h"

#include "client/handles.h"
#include "wire/codec.h"

/* The largest answer of an honest daemon takes a tenth of it. */
#define ARENA_BUDGET (8 * MESSAGE_MAX_BYTES)

void channel_reply_fail(struct channel_reply *ret, const struct model_method *method,
                        sysmem_status_t status)
{
    *ret = (struct channel_reply){.status = status, .method = method};
    arena_init(&ret->arena, ARENA_BUDGET);
}

static sysmem_status_t status_of_result(const struct codec_result *result)
{
    if (result->framework_err != 0) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    /* A value that would pass for a ZX_ERR_ is none that a daemon sends. */
    return result->err <= INT32_MAX ? (sysmem_status_t)result->err : ZX_ERR_IO;
}

static sysmem_status_t decode(struct channel_reply *reply, struct message *message)
{
    const struct model_type *type = reply->method->response;
    if (message->ordinal != reply->method->ordinal) {
        return ZX_ERR_IO;
    }
    void *response = type == NULL ? NULL : arena_alloc(&reply->arena, type->size);
    if (type != NULL && response == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    struct codec_result result = {0};
    const char *reason = NULL;
    enum codec_status decoded =
        codec_decode_result(reply->method, message, &reply->arena, &result, response, &reason);
    if (decoded != CODEC_OK) {
        return decoded == CODEC_NO_MEMORY ? ZX_ERR_NO_MEMORY : ZX_ERR_IO;
    }
    sysmem_status_t status = status_of_result(&result);
    reply->failure = result.failure;
    if (status == 0 && type != NULL) {
        status = handles_take(type, response, message);
        reply->response = status == 0 ? response : NULL;
    }
    return status;
}

void channel_reply_decode(struct channel_reply *ret, const struct model_method *method,
                          struct message *message)
{
    channel_reply_fail(ret, method, 0);
    ret->status = decode(ret, message);
    message_clear(message);
}

void channel_reply_clear(struct channel_reply *reply)
{
    if (reply->response != NULL) {
        handles_close(reply->method->response, reply->response);
        reply->response = NULL;
    }
    arena_clear(&reply->arena);
}
