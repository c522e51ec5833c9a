/* Channel: what an event loop needs of an allocator, a token, a collection or a group. Each of them
 * is a channel to the daemon, and any loop that waits for descriptors can serve all of them; the
 * library needs no thread.
 *
 * Before each wait, ask every channel for its events and its timeout: they change with every call.
 * Wait for sysmem_channel_get_fd() to have one of sysmem_channel_get_events(), until
 * sysmem_channel_get_timeout() at most. After either, call sysmem_channel_process(), which calls
 * back what has finished, on the calling thread, and never blocks, unless a callback does. To call
 * it without need does no harm.
 *
 * The asynchronous form of a two-way call has the name of the synchronous one with _async behind
 * it, the same arguments before the deadline, and instead of the deadline and the results a
 * callback and what is passed to it. A status other than 0 from it: nothing was sent, and the
 * callback is never called; ZX_ERR_INVALID_ARGS also stands for a callback of NULL. Otherwise the
 * callback is called exactly once (another thread may do so before the call has returned), with the
 * status and the results as the synchronous call has them; unless that status is 0, results are 0,
 * false or NULL. Results that are owned are the callback's. An asynchronous call has no deadline;
 * only freeing its object ends it early, with ZX_ERR_PEER_CLOSED.
 *
 * Callbacks come from sysmem_channel_process(), from any other call on the same object (of any
 * thread), and from the one that frees it. A call that finds the channel closed calls back first,
 * or leaves it to the call that is doing so already. A callback may make calls, and may free its
 * own object. Synchronous and asynchronous calls may be mixed.
 *
 * Eventpairs (close_weak_asap, the ends of tracking) go into the same loop: see sysmem_handle_fd().
 *
 * A channel is a view of the object that it came from (sysmem_allocator_channel(),
 * sysmem_node_channel()), with that object's life. Threads: see <sysmem/allocator.h>; a thread that
 * makes calls while another one waits in the loop must see to it that the loop asks again. */
#ifndef SYSMEM_CHANNEL_H
#define SYSMEM_CHANNEL_H

#include <stdbool.h>

#include <sysmem/error.h>
#include <sysmem/export.h>
#include <zircon/types.h>

struct sysmem_channel;

/* Who sends what the socket has no room for. False, as every new object has it: a one-way call
 * waits for the daemon to read, for a second at most. True: no call but those with a deadline ever
 * waits; what does not fit is queued (up to 4 MiB; ZX_ERR_SHOULD_WAIT then), and the loop sends it.
 * Objects that are made of this one have a mode of their own.
 *
 * Freeing an object waits in both modes, for a second at most, while something is queued: until
 * sysmem_channel_get_events() has no POLLOUT and there is no sysmem_channel_get_timeout(). */
SYSMEM_EXPORT void sysmem_channel_set_nonblocking(struct sysmem_channel *channel, bool nonblocking);

/* The descriptor to wait for: a socket, which stays the channel's. The same for its whole life. */
SYSMEM_EXPORT int sysmem_channel_get_fd(const struct sysmem_channel *channel);

/* The events to wait for, as poll(2) has them: POLLIN, and POLLOUT while there is something to
 * send. Changes nothing. */
SYSMEM_EXPORT short sysmem_channel_get_events(struct sysmem_channel *channel);

/* When sysmem_channel_process() is to be called though nothing is ready: an absolute time of the
 * monotonic clock in nanoseconds, in the past perhaps; ZX_TIME_INFINITE: never. It is wanted when
 * the kernel has no room for descriptors, of which it tells no end, and to hear of a closed channel
 * whose socket shows nothing any more. */
SYSMEM_EXPORT zx_time_t sysmem_channel_get_timeout(struct sysmem_channel *channel);

/* Sends what is queued and handles what has arrived: a number of messages at a time, so that others
 * have their turn; the socket stays ready while there is more. 0; or ZX_ERR_PEER_CLOSED once the
 * daemon has closed the channel, or ZX_ERR_IO after something that is not understood (every pending
 * call has then been called back with that status, and nothing more comes: stop waiting for this
 * channel); or ZX_ERR_CANCELED: a callback freed the object. */
SYSMEM_EXPORT sysmem_status_t sysmem_channel_process(struct sysmem_channel *channel);

/* What a call came to that has no other result, or a truth value. Others stand with their calls. */
typedef void (*sysmem_done_fn)(void *arg, sysmem_status_t status);
typedef void (*sysmem_bool_fn)(void *arg, sysmem_status_t status, bool value);

/* Calls `closed` once, from sysmem_channel_process(), when nothing more comes: with the status that
 * this returns. Of a token, a collection or a group: that it has failed, or is a group's child that
 * was not taken; of any: that the daemon is gone. It comes after the callbacks of pending calls,
 * and not at all when the object is freed before. NULL: no more. */
SYSMEM_EXPORT void sysmem_channel_on_closed(struct sysmem_channel *channel, sysmem_done_fn closed,
                                            void *arg);

#endif
