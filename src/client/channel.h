/* One channel to the daemon and the calls outstanding on it: the machine beneath all of the client library, and
 * beneath `sysmemctl exec`. Thread-safe: one thread at a time reads, the others wait for it. */
#ifndef CLIENT_CHANNEL_H
#define CLIENT_CHANNEL_H

#include <sysmem/error.h>
#include <sysmem/node.h>
#include <zircon/types.h>

#include "base/arena.h"
#include "model/method.h"
#include "wire/message.h"

struct channel;

/* What a two-way call came to. Owned by whoever gets it: channel_reply_clear(). */
struct channel_reply {
    sysmem_status_t status; /* see <sysmem/error.h> */
    void *response;         /* the response table, in the arena; NULL unless status is 0 and there is one.
                             * Its handle fields hold real handles, which the reply owns until they are set to
                             * ZX_HANDLE_INVALID. */
    const struct model_method *method;
    struct arena arena;
};

void channel_reply_clear(struct channel_reply *reply);

/* Takes the socket over (also on failure). */
sysmem_status_t channel_new(int fd, enum model_protocol protocol, struct channel **ret);
void channel_free(struct channel *channel);   /* pending calls end in ZX_ERR_PEER_CLOSED; NULL is fine */
int channel_into_fd(struct channel *channel); /* frees the rest */

/* Sends a request. Handle fields of `request` hold real handles, consumed in every case (and set to
 * ZX_HANDLE_INVALID). ZX_ERR_INVALID_ARGS: over-long, nothing was sent. */
sysmem_status_t channel_send(struct channel *channel, const struct model_method *method,
                             void *request);

/* A two-way call: sends, waits for the reply until the deadline. */
void channel_call(struct channel *channel, const struct model_method *method, void *request,
                  zx_time_t deadline, struct channel_reply *ret);

/* A two-way call whose reply goes to `done` (which owns it) from channel_process() or from another thread's
 * channel_call(). Returns 0 or why nothing was sent. *ret_txid (may be NULL) names the call. */
typedef void (*channel_done_fn)(void *arg, struct channel_reply *reply);
sysmem_status_t channel_start(struct channel *channel, const struct model_method *method,
                              void *request, channel_done_fn done, void *arg, uint32_t *ret_txid);

/* Waits until the call `txid` has been answered (its `done` called) or the deadline is past (ZX_ERR_TIMED_OUT). */
sysmem_status_t channel_wait(struct channel *channel, uint32_t txid, zx_time_t deadline);

sysmem_status_t channel_process(struct channel *channel);
int channel_fd(const struct channel *channel);
short channel_events(struct channel *channel);
void channel_on_closed(struct channel *channel, sysmem_done_fn closed, void *arg);

/* Makes a socket pair: [0] the end to keep, [1] the one to send. */
sysmem_status_t channel_pair(int ret_fds[2]);

#endif
