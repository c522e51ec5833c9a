/* Allocator: the connection to the daemon, where collections begin.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, Allocator.
 *
 * Of all objects of <sysmem/...>:
 *
 * Deadlines are absolute times of the monotonic clock in nanoseconds (zx_deadline_after()). Output
 * parameters are written on success only. Every call may return ZX_ERR_PEER_CLOSED,
 * ZX_ERR_NO_MEMORY and ZX_ERR_NO_RESOURCES; <sysmem/error.h> says what statuses mean.
 *
 * One-way calls return when the message is on its way, and wait for at most a second for a daemon
 * that is slow to read; that such a call was a mistake shows in the next two-way call.
 * ZX_ERR_SHOULD_WAIT: too much is queued already.
 *
 * Any thread may call any function, also on one object at once; only the call that frees an object
 * or gives its socket out must be the last one on it. That call sends what is still queued, for
 * which the daemon has a second, and ends pending calls with ZX_ERR_PEER_CLOSED. Results (struct
 * sysmem_collection_info) are not shared so: one thread at a time. After fork() the child must not
 * use its parent's objects.
 *
 * Pointers must not be NULL unless it says so. For event loops and calls without a thread that
 * waits, see <sysmem/channel.h>. */
#ifndef SYSMEM_ALLOCATOR_H
#define SYSMEM_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/channel.h>
#include <sysmem/error.h>
#include <sysmem/export.h>
#include <zircon/types.h>

struct sysmem_allocator;
struct sysmem_token;
struct sysmem_collection;

/* Connects to the daemon's socket at `path`. NULL: $SYSMEM_SOCKET, else
 * $XDG_RUNTIME_DIR/sysmem.sock for a user who has that directory, else /run/sysmem/sysmem.sock.
 * Free with sysmem_allocator_free(). ZX_ERR_NOT_FOUND: no socket there; ZX_ERR_PEER_CLOSED: nobody
 * listens on it; ZX_ERR_ACCESS_DENIED: not for this user; ZX_ERR_INVALID_ARGS: longer than a
 * socket's path may be. */
SYSMEM_EXPORT sysmem_status_t sysmem_allocator_connect(const char *path,
                                                       struct sysmem_allocator **ret);

/* The path that sysmem_allocator_connect(NULL) takes, into buf, which is returned. NULL: it does
 * not fit into `size` bytes; 108 are enough for every path that a socket can have. */
SYSMEM_EXPORT const char *sysmem_default_socket_path(char *buf, size_t size);

/* Makes an Allocator of a connected SEQPACKET socket, which it then owns (in every case).
 * ZX_ERR_INVALID_ARGS: `fd` is negative. */
SYSMEM_EXPORT sysmem_status_t sysmem_allocator_from_fd(int fd, struct sysmem_allocator **ret);

/* Gives the socket out, for the caller to own, and frees the rest. */
SYSMEM_EXPORT int sysmem_allocator_into_fd(struct sysmem_allocator *allocator);

/* Closes the connection. Collections live on. NULL is fine. */
SYSMEM_EXPORT void sysmem_allocator_free(struct sysmem_allocator *allocator);

/* What <sysmem/channel.h> works on: for event loops. It lives as long as the allocator. */
SYSMEM_EXPORT struct sysmem_channel *sysmem_allocator_channel(struct sysmem_allocator *allocator);

/* AllocateSharedCollection: the root token of a new collection. One-way: the token may be used at
 * once. */
SYSMEM_EXPORT sysmem_status_t sysmem_allocator_allocate_shared_collection(
    struct sysmem_allocator *allocator, struct sysmem_token **ret_token);

/* AllocateNonSharedCollection: a collection with one participant. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_allocator_allocate_non_shared_collection(
    struct sysmem_allocator *allocator, struct sysmem_collection **ret_collection);

/* BindSharedCollection: turns a token in. Consumes the token, whatever comes of the call. One-way.
 * A token that the daemon does not know shows as ZX_ERR_PEER_CLOSED on the new collection. */
SYSMEM_EXPORT sysmem_status_t sysmem_allocator_bind_shared_collection(
    struct sysmem_allocator *allocator, struct sysmem_token *token,
    struct sysmem_collection **ret_collection);

/* ValidateBufferCollectionToken: whether the daemon knows a token, by the koid of its server end
 * (sysmem_token_server_koid()). */
SYSMEM_EXPORT sysmem_status_t sysmem_allocator_validate_buffer_collection_token(
    struct sysmem_allocator *allocator, zx_koid_t token_server_koid, zx_time_t deadline,
    bool *ret_is_known);

SYSMEM_EXPORT sysmem_status_t sysmem_allocator_validate_buffer_collection_token_async(
    struct sysmem_allocator *allocator, zx_koid_t token_server_koid, sysmem_bool_fn done,
    void *arg);

/* Which buffer a VMO is. The id and the index together are a buffer's own until the machine
 * restarts. */
struct sysmem_vmo_info {
    uint64_t buffer_collection_id;
    uint64_t buffer_index;
    /* Of a weak VMO: see sysmem_collection_info_take_close_weak_asap(). The caller closes it.
     * ZX_HANDLE_INVALID: a strong one. */
    zx_handle_t close_weak_asap;
    /* Of physically contiguous memory: the emulated address that it starts at (docs/heaps.md). 0:
     * it is not contiguous. An extension of the interface. */
    uint64_t physical_address;
    uint64_t reserved[3]; /* 0: room for what may be told later */
};

/* GetVmoInfo. `vmo` is consumed in every case; zx_handle_duplicate() keeps one.
 * SYSMEM_ERROR_NOT_FOUND: no VMO that the daemon gave out (a child that somebody made of one is
 * none); SYSMEM_ERROR_PROTOCOL_DEVIATION: no VMO at all. */
SYSMEM_EXPORT sysmem_status_t sysmem_allocator_get_vmo_info(struct sysmem_allocator *allocator,
                                                            zx_handle_t vmo, zx_time_t deadline,
                                                            struct sysmem_vmo_info *ret_info);

/* `info` is NULL unless the status is 0; it lives as long as the callback runs, which closes
 * info->close_weak_asap or keeps it. */
typedef void (*sysmem_vmo_info_fn)(void *arg, sysmem_status_t status,
                                   const struct sysmem_vmo_info *info);
SYSMEM_EXPORT sysmem_status_t sysmem_allocator_get_vmo_info_async(
    struct sysmem_allocator *allocator, zx_handle_t vmo, sysmem_vmo_info_fn done, void *arg);

/* SetDebugClientInfo: who this is, for logs and `sysmemctl list`. At most 256 bytes of UTF-8, else
 * ZX_ERR_INVALID_ARGS. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_allocator_set_debug_client_info(
    struct sysmem_allocator *allocator, const char *name, uint64_t id);

#endif
