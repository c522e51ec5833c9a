/* BufferCollection: a participant's view of a collection: say what is needed, get the buffers.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, BufferCollection.
 * Threads, deadlines, one-way calls and common errors: see <sysmem/allocator.h>. */
#ifndef SYSMEM_COLLECTION_H
#define SYSMEM_COLLECTION_H

#include <stddef.h>
#include <stdint.h>

#include <sysmem/channel.h>
#include <sysmem/error.h>
#include <sysmem/export.h>
#include <sysmem/types.h>
#include <zircon/types.h>

struct sysmem_collection;
struct sysmem_collection_info;
struct sysmem_node;
struct sysmem_token;

/* What <sysmem/node.h> works on. It lives as long as the collection. */
SYSMEM_EXPORT struct sysmem_node *sysmem_collection_node(struct sysmem_collection *collection);

/* Makes a collection of a connected SEQPACKET socket, which it then owns (in every case;
 * ZX_ERR_INVALID_ARGS: `fd` is negative); and gives the socket out, for the caller to own, and
 * frees the rest. */
SYSMEM_EXPORT sysmem_status_t sysmem_collection_from_fd(int fd, struct sysmem_collection **ret);
SYSMEM_EXPORT int sysmem_collection_into_fd(struct sysmem_collection *collection);

/* The same with a channel handle of <zircon/syscalls.h>, which is closed in every case.
 * ZX_ERR_BAD_HANDLE; ZX_ERR_WRONG_TYPE, ZX_ERR_NOT_SUPPORTED: not a channel's;
 * ZX_ERR_ACCESS_DENIED: without ZX_RIGHT_TRANSFER. The other way frees the collection in every
 * case. */
SYSMEM_EXPORT sysmem_status_t sysmem_collection_from_handle(zx_handle_t channel,
                                                            struct sysmem_collection **ret);
SYSMEM_EXPORT sysmem_status_t sysmem_collection_into_handle(struct sysmem_collection *collection,
                                                            zx_handle_t *ret_channel);

/* Closes the channel. Without sysmem_node_release() before, that fails the collection. Buffers that
 * were taken or mapped live on. NULL is fine. */
SYSMEM_EXPORT void sysmem_collection_free(struct sysmem_collection *collection);

/* SetConstraints, once. NULL: this participant has none, and gets no buffers, only their number and
 * settings. The tables are borrowed for the call. ZX_ERR_INVALID_ARGS: a vector or string longer
 * than the interface allows. What they contain is judged at allocation. One-way. */
SYSMEM_EXPORT sysmem_status_t
sysmem_collection_set_constraints(struct sysmem_collection *collection,
                                  const struct sysmem_buffer_collection_constraints *constraints);

/* WaitForAllBuffersAllocated. Free the result with sysmem_collection_info_free(). Each call gives
 * fresh handles. SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY, SYSMEM_ERROR_NO_MEMORY: why there are
 * no buffers, of which <sysmem/failure.h> tells more; ZX_ERR_PEER_CLOSED: another participant
 * failed, or broke the rules. */
SYSMEM_EXPORT sysmem_status_t sysmem_collection_wait_for_all_buffers_allocated(
    struct sysmem_collection *collection, zx_time_t deadline, struct sysmem_collection_info **ret);

/* `info` is NULL unless the status is 0, and then the callback's to free. */
typedef void (*sysmem_allocated_fn)(void *arg, sysmem_status_t status,
                                    struct sysmem_collection_info *info);
SYSMEM_EXPORT sysmem_status_t sysmem_collection_wait_for_all_buffers_allocated_async(
    struct sysmem_collection *collection, sysmem_allocated_fn done, void *arg);

/* CheckAllBuffersAllocated: 0 when there are buffers, SYSMEM_ERROR_PENDING before it is decided. */
SYSMEM_EXPORT sysmem_status_t sysmem_collection_check_all_buffers_allocated(
    struct sysmem_collection *collection, zx_time_t deadline);

SYSMEM_EXPORT sysmem_status_t sysmem_collection_check_all_buffers_allocated_async(
    struct sysmem_collection *collection, sysmem_done_fn done, void *arg);

/* AttachToken: one more participant, also after the buffers are allocated: it gets those if its
 * constraints go together with what was decided, and it may fail without failing this collection.
 * Rights as in sysmem_token_duplicate(), but that a mask of 0 fails this collection's node. Sync
 * before somebody else turns the token in. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_collection_attach_token(struct sysmem_collection *collection,
                                                             zx_rights_t rights_attenuation_mask,
                                                             struct sysmem_token **ret_token);

/* AttachLifetimeTracking: the daemon closes `server_end`, an eventpair's end, when the buffers have
 * been allocated and no more than `buffers_remaining` of them still take memory; or when allocation
 * fails. The other end then signals ZX_EVENTPAIR_PEER_CLOSED (sysmem_handle_fd() for event loops).
 * `server_end` is consumed in every case. One-way.
 *
 * Whoever holds a buffer delays the signal for as long as it likes: wait with a deadline, or in an
 * event loop. */
SYSMEM_EXPORT sysmem_status_t sysmem_collection_attach_lifetime_tracking(
    struct sysmem_collection *collection, zx_handle_t server_end, uint32_t buffers_remaining);

/* The tables of a result; they live as long as it does. */
SYSMEM_EXPORT const struct sysmem_buffer_collection_info *sysmem_collection_info_get(
    const struct sysmem_collection_info *info);

/* Takes the VMO handle of buffer `index` out: the caller closes it. ZX_HANDLE_INVALID if there is
 * none or it was taken before. Of a weak node (sysmem_node_set_weak()) the buffers may be sparse:
 * one that is gone already has no VMO. */
SYSMEM_EXPORT zx_handle_t sysmem_collection_info_take_vmo(struct sysmem_collection_info *info,
                                                          size_t index);

/* Takes the close_weak_asap handle of buffer `index` out: the caller closes it. ZX_HANDLE_INVALID
 * if there is none (the node is not weak) or it was taken before.
 *
 * It is an eventpair's end, which signals ZX_EVENTPAIR_PEER_CLOSED when the buffer's VMO and its
 * mappings are to be closed as soon as possible, since nobody holds it strongly any more. No thread
 * is needed for that: sysmem_handle_fd() of it polls as hung up then (POLLHUP). */
SYSMEM_EXPORT zx_handle_t
sysmem_collection_info_take_close_weak_asap(struct sysmem_collection_info *info, size_t index);

/* Frees the tables and closes the handles that were not taken. NULL is fine. */
SYSMEM_EXPORT void sysmem_collection_info_free(struct sysmem_collection_info *info);

#endif
