/* One channel to the daemon and the calls outstanding on it: the machine beneath all of the client
 * library, and beneath `sysmemctl exec`. Thread-safe: one thread at a time reads, the others wait
 * for it. Every function may be called from a callback, also the ones that free the channel. */
#ifndef CLIENT_CHANNEL_H
#define CLIENT_CHANNEL_H

#include <stdbool.h>

#include <sysmem/channel.h>
#include <sysmem/error.h>
#include <zircon/types.h>

#include "client/reply.h"
#include "model/method.h"
#include "wire/message.h"

struct channel;

/* Takes the socket over (also on failure). */
sysmem_status_t channel_new(int fd, enum model_protocol protocol, struct channel **ret);

/* Pending calls end in ZX_ERR_PEER_CLOSED. What is still queued is sent before the socket closes,
 * for which the daemon has a second. NULL is fine. */
void channel_free(struct channel *channel);

/* Gives the socket out and frees the rest, as channel_free() does. No other thread may be in a
 * call. */
int channel_into_fd(struct channel *channel);

enum model_protocol channel_protocol(const struct channel *channel);

/* Sends a request. Handle fields of `request` hold real handles, consumed in every case (and set to
 * ZX_HANDLE_INVALID). ZX_ERR_INVALID_ARGS: over-long or not UTF-8; ZX_ERR_SHOULD_WAIT: the daemon
 * does not read; ZX_ERR_BAD_HANDLE and its like: a handle cannot travel. Nothing was sent then.
 *
 * What does not fit into the socket is waited for, a second at most, and replies are taken in (and
 * called back) meanwhile; after that it stays queued, and nobody waits again until the daemon
 * reads. A nonblocking channel never waits here. */
sysmem_status_t channel_send(struct channel *channel, const struct model_method *method,
                             void *request);

/* The same for a request whose handle fields hold slots of `message`, which is consumed: saves
 * sockets that were made for the call the way through the handle table. */
sysmem_status_t channel_send_slots(struct channel *channel, const struct model_method *method,
                                   const void *request, struct message *message);

/* A two-way call: sends, waits for the reply until the deadline. */
void channel_call(struct channel *channel, const struct model_method *method, void *request,
                  zx_time_t deadline, struct channel_reply *ret);

/* A two-way call whose reply goes to `done` (which owns it) from channel_process() or from another
 * thread's channel_call(). Returns 0 or why nothing was sent. *ret_txid (may be NULL) names the
 * call. */
typedef void (*channel_done_fn)(void *arg, struct channel_reply *reply);
sysmem_status_t channel_start(struct channel *channel, const struct model_method *method,
                              void *request, channel_done_fn done, void *arg, uint32_t *ret_txid);

/* Waits until the call `txid` has been answered (its `done` called) or the deadline is past
 * (ZX_ERR_TIMED_OUT). */
sysmem_status_t channel_wait(struct channel *channel, uint32_t txid, zx_time_t deadline);

/* For a channel on which the daemon is the client: `serve` gets, and owns, each message that
 * answers no call, from channel_process() alone, one at a time. Before the channel is used. */
typedef void (*channel_serve_fn)(void *arg, struct message *message);
void channel_on_request(struct channel *channel, channel_serve_fn serve, void *arg);

/* Answers such a message, of any thread, with one that is consumed; its txid is that of the
 * request. Never waits and calls nobody back: what the socket has no room for is queued.
 * ZX_ERR_PEER_CLOSED; ZX_ERR_SHOULD_WAIT: the daemon does not read. */
sysmem_status_t channel_answer(struct channel *channel, struct message *message);

/* See sysmem_channel_process() and its like. */
sysmem_status_t channel_process(struct channel *channel);
void channel_set_nonblocking(struct channel *channel, bool nonblocking);
int channel_fd(const struct channel *channel);
short channel_events(struct channel *channel);
zx_time_t channel_timeout(struct channel *channel);
void channel_on_closed(struct channel *channel, sysmem_done_fn closed, void *arg);

/* Makes a socket pair: [0] the end to keep, [1] the one to send. */
sysmem_status_t channel_pair(int ret_fds[2]);

#endif
