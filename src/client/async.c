#include "client/async.h"

#include <stdlib.h>

#include "client/handles.h"

/* Starts a call that is on the heap, and freed on failure. */
static sysmem_status_t start(const struct sysmem_node *node, const struct model_method *method,
                             void *request, channel_done_fn on_reply, struct async *call)
{
    sysmem_status_t status =
        channel_start(node->channel.core, method, request, on_reply, call, NULL);
    if (status != 0) {
        free(call);
    }
    return status;
}

sysmem_status_t async_start(const struct sysmem_node *node, const char *name, void *request,
                            channel_done_fn on_reply, const struct async *call)
{
    const struct model_method *method = node_method(node->channel.core, name);
    struct async *kept = call->to.any == NULL ? NULL : malloc(sizeof(*kept));
    if (kept != NULL) {
        *kept = *call;
        return start(node, method, request, on_reply, kept);
    }
    if (request != NULL) {
        handles_close(method->request, request);
    }
    return call->to.any == NULL ? ZX_ERR_INVALID_ARGS : ZX_ERR_NO_MEMORY;
}

struct async async_take(void *arg)
{
    struct async call = *(struct async *)arg;
    free(arg);
    return call;
}

void async_done_status(void *arg, struct channel_reply *reply)
{
    struct async call = async_take(arg);
    sysmem_status_t status = reply->status;
    channel_reply_clear(reply);
    call.to.done(call.arg, status);
}
