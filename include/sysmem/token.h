/* BufferCollectionToken: stands for a place in a collection, until it is turned in.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, BufferCollectionToken.
 *
 * A token is moved to another process by sending its descriptor (sysmem_token_into_fd()) over a
 * Unix socket; the receiver makes a token of it again (sysmem_token_from_fd()). Sync first: the
 * daemon must know a token before somebody else turns it in. Threads, deadlines, one-way calls and
 * common errors: see <sysmem/allocator.h>. */
#ifndef SYSMEM_TOKEN_H
#define SYSMEM_TOKEN_H

#include <stddef.h>

#include <sysmem/error.h>
#include <sysmem/export.h>
#include <zircon/types.h>

struct sysmem_token;
struct sysmem_group;
struct sysmem_node;

/* What <sysmem/node.h> works on. It lives as long as the token. */
SYSMEM_EXPORT struct sysmem_node *sysmem_token_node(struct sysmem_token *token);

/* Makes a token of a connected SEQPACKET socket, which it then owns (in every case;
 * ZX_ERR_INVALID_ARGS: `fd` is negative); and gives the socket out, for the caller to own, and
 * frees the rest. */
SYSMEM_EXPORT sysmem_status_t sysmem_token_from_fd(int fd, struct sysmem_token **ret);
SYSMEM_EXPORT int sysmem_token_into_fd(struct sysmem_token *token);

/* The same with a channel handle of <zircon/syscalls.h>, which is closed in every case.
 * ZX_ERR_BAD_HANDLE; ZX_ERR_WRONG_TYPE, ZX_ERR_NOT_SUPPORTED: not a channel's;
 * ZX_ERR_ACCESS_DENIED: without ZX_RIGHT_TRANSFER. The other way frees the token in every case. */
SYSMEM_EXPORT sysmem_status_t sysmem_token_from_handle(zx_handle_t channel,
                                                       struct sysmem_token **ret);
SYSMEM_EXPORT sysmem_status_t sysmem_token_into_handle(struct sysmem_token *token,
                                                       zx_handle_t *ret_channel);

/* Closes the token. Without sysmem_node_release() before, that fails the collection. NULL is fine.
 */
SYSMEM_EXPORT void sysmem_token_free(struct sysmem_token *token);

/* Duplicate: one more participant, with at most the rights in `rights_attenuation_mask`
 * (ZX_RIGHT_*; ZX_RIGHT_SAME_RIGHTS for no change). One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_token_duplicate(struct sysmem_token *token,
                                                     zx_rights_t rights_attenuation_mask,
                                                     struct sysmem_token **ret_token);

/* DuplicateSync: as many tokens as masks (at most 64, else ZX_ERR_INVALID_ARGS), each known to the
 * daemon when this returns. ret_tokens has room for `count`. A mask of 0 is an error of the caller:
 * the daemon closes the token. */
SYSMEM_EXPORT sysmem_status_t sysmem_token_duplicate_sync(struct sysmem_token *token,
                                                          const zx_rights_t *masks, size_t count,
                                                          zx_time_t deadline,
                                                          struct sysmem_token **ret_tokens);

/* `tokens`, `count` of them, are the callback's to free; the array lives as long as it runs. NULL
 * and 0 unless the status is 0. */
typedef void (*sysmem_tokens_fn)(void *arg, sysmem_status_t status,
                                 struct sysmem_token *const *tokens, size_t count);
SYSMEM_EXPORT sysmem_status_t sysmem_token_duplicate_sync_async(struct sysmem_token *token,
                                                                const zx_rights_t *masks,
                                                                size_t count, sysmem_tokens_fn done,
                                                                void *arg);

/* CreateBufferCollectionTokenGroup: a group of alternatives (<sysmem/group.h>) as a child of this
 * token. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_token_create_buffer_collection_token_group(
    struct sysmem_token *token, struct sysmem_group **ret_group);

/* SetDispensable: what comes of this token is asked for its constraints like everybody, but once
 * there are buffers its failure goes no further up than here. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_token_set_dispensable(struct sysmem_token *token);

/* The koid of the token's server end, for sysmem_allocator_validate_buffer_collection_token(). 0 if
 * the token is not known to any daemon yet (Sync first). The koid stays when the daemon has closed
 * its end. */
SYSMEM_EXPORT zx_koid_t sysmem_token_server_koid(struct sysmem_token *token);

#endif
