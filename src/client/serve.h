/* A protocol of which the daemon is the client: requests come in by a channel, and are answered
 * then or later, by any thread. */
#ifndef CLIENT_SERVE_H
#define CLIENT_SERVE_H

#include <stdint.h>

#include <sysmem/channel.h>

#include "base/arena.h"
#include "client/node.h"
#include "model/failure.h"
#include "model/method.h"
#include "wire/message.h"

struct serve;

/* A request that waits for its answer. */
struct serve_call {
    struct serve *serve;
    const struct model_method *method;
    uint32_t txid;
};

struct serve_ops {
    /* Of a request of this protocol: `table` is valid for the call, its handles are the callee's
     * (ZX_HANDLE_INVALID for one that this process had no descriptor left for). NULL: it is not
     * understood. */
    void (*request)(void *arg, struct serve_call *call, void *table);
    /* Once, unless the owner lets go before. */
    void (*closed)(void *arg, sysmem_status_t why);
};

/* Takes the socket over in every case. ZX_ERR_NO_MEMORY. */
sysmem_status_t serve_new(int fd, enum model_protocol protocol, const struct serve_ops *ops,
                          void *arg, struct serve **ret);

/* Closes the channel; calls that wait may still be answered, to nobody. From anywhere, also from
 * within its ops. */
void serve_free(struct serve *serve);

struct sysmem_channel *serve_channel(struct serve *serve);

/* Handles what comes until the channel is closed (returns why) or the deadline is past
 * (ZX_ERR_TIMED_OUT). ZX_ERR_CANCELED: it was freed from within. */
sysmem_status_t serve_run(struct serve *serve, zx_time_t deadline);

/* Sends an event. */
sysmem_status_t serve_send(struct serve *serve, const char *event, void *table);

/* Each of these answers and frees the call, once. serve_answer(): handles of the response table are
 * consumed in every case; when one cannot go out, err arms say so. err 0: with the response. */
sysmem_status_t serve_answer(struct serve_call *call, uint32_t err, void *response);

/* The same with a message whose slots the response's handle fields hold, which is consumed. */
sysmem_status_t serve_answer_slots(struct serve_call *call, const void *response,
                                   struct message *message);

/* An error, with words (NULL: without). */
sysmem_status_t serve_refuse(struct serve_call *call, uint32_t err, const char *why);

#endif
