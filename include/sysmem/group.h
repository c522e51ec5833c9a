/* BufferCollectionTokenGroup: alternatives. Of a group's children (tokens, with all that comes of
 * them) the daemon takes exactly one into the allocation: the first whose constraints go together
 * with everybody else's, in the order of making. What comes of the others is closed; waits on them
 * end in SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, BufferCollectionTokenGroup.
 *
 * Made by sysmem_token_create_buffer_collection_token_group(). Threads, deadlines, one-way calls
 * and common errors: see <sysmem/allocator.h>. */
#ifndef SYSMEM_GROUP_H
#define SYSMEM_GROUP_H

#include <stddef.h>

#include <sysmem/error.h>
#include <sysmem/export.h>
#include <sysmem/token.h>
#include <zircon/types.h>

struct sysmem_group;
struct sysmem_node;

/* What <sysmem/node.h> works on. It lives as long as the group. */
SYSMEM_EXPORT struct sysmem_node *sysmem_group_node(struct sysmem_group *group);

/* Makes a group of a connected SEQPACKET socket, which it then owns (in every case;
 * ZX_ERR_INVALID_ARGS: `fd` is negative); and gives the socket out, for the caller to own, and
 * frees the rest. */
SYSMEM_EXPORT sysmem_status_t sysmem_group_from_fd(int fd, struct sysmem_group **ret);
SYSMEM_EXPORT int sysmem_group_into_fd(struct sysmem_group *group);

/* The same with a channel handle of <zircon/syscalls.h>, which is closed in every case.
 * ZX_ERR_BAD_HANDLE; ZX_ERR_WRONG_TYPE, ZX_ERR_NOT_SUPPORTED: not a channel's;
 * ZX_ERR_ACCESS_DENIED: without ZX_RIGHT_TRANSFER. The other way frees the group in every case. */
SYSMEM_EXPORT sysmem_status_t sysmem_group_from_handle(zx_handle_t channel,
                                                       struct sysmem_group **ret);
SYSMEM_EXPORT sysmem_status_t sysmem_group_into_handle(struct sysmem_group *group,
                                                       zx_handle_t *ret_channel);

/* Closes the group. Without sysmem_node_release() before, that fails the collection. Release comes
 * after sysmem_group_all_children_present(): before, it is a failure too. NULL is fine. */
SYSMEM_EXPORT void sysmem_group_free(struct sysmem_group *group);

/* CreateChild: one more alternative, less preferred than those before, with at most the rights in
 * `rights_attenuation_mask` (ZX_RIGHT_*; ZX_RIGHT_SAME_RIGHTS for no change; 0 fails the group).
 * Sync before somebody else turns the token in. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_group_create_child(struct sysmem_group *group,
                                                        zx_rights_t rights_attenuation_mask,
                                                        struct sysmem_token **ret_token);

/* CreateChildrenSync: as many children as masks (at most 64, else ZX_ERR_INVALID_ARGS), the most
 * preferred first, each known to the daemon when this returns. ret_tokens has room for `count`.
 * ZX_ERR_PEER_CLOSED also: a mask of 0, or after sysmem_group_all_children_present(). */
SYSMEM_EXPORT sysmem_status_t sysmem_group_create_children_sync(struct sysmem_group *group,
                                                                const zx_rights_t *masks,
                                                                size_t count, zx_time_t deadline,
                                                                struct sysmem_token **ret_tokens);

SYSMEM_EXPORT sysmem_status_t sysmem_group_create_children_sync_async(struct sysmem_group *group,
                                                                      const zx_rights_t *masks,
                                                                      size_t count,
                                                                      sysmem_tokens_fn done,
                                                                      void *arg);

/* AllChildrenPresent: there will be no more children; the daemon waits for this before it
 * allocates. A child after it fails the group. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_group_all_children_present(struct sysmem_group *group);

#endif
