/* Node: what tokens, collections and groups have in common.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, Node.
 *
 * A node is a view of the object that it came from (sysmem_token_node() and its like), with that
 * object's life. Threads, deadlines, one-way calls and common errors: see <sysmem/allocator.h>;
 * asynchronous calls: see <sysmem/channel.h>. */
#ifndef SYSMEM_NODE_H
#define SYSMEM_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include <sysmem/channel.h>
#include <sysmem/error.h>
#include <sysmem/export.h>
#include <zircon/types.h>

struct sysmem_node;

/* What <sysmem/channel.h> works on: for event loops. */
SYSMEM_EXPORT struct sysmem_channel *sysmem_node_channel(struct sysmem_node *node);

/* Sync: returns when the daemon has handled all that was sent on this node before. */
SYSMEM_EXPORT sysmem_status_t sysmem_node_sync(struct sysmem_node *node, zx_time_t deadline);
SYSMEM_EXPORT sysmem_status_t sysmem_node_sync_async(struct sysmem_node *node, sysmem_done_fn done,
                                                     void *arg);

/* Release: from here on, closing this node is a clean good-bye instead of a failure of the
 * collection. Nothing but closing may follow. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_node_release(struct sysmem_node *node);

/* SetName: names the collection's buffers; the highest priority wins, the first among equals. At
 * most 64 bytes of UTF-8, else ZX_ERR_INVALID_ARGS. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_node_set_name(struct sysmem_node *node, uint32_t priority,
                                                   const char *name);

/* SetDebugClientInfo: at most 256 bytes of UTF-8, else ZX_ERR_INVALID_ARGS. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_node_set_debug_client_info(struct sysmem_node *node,
                                                                const char *name, uint64_t id);

/* GetBufferCollectionId: the id that this collection has until the machine restarts. */
SYSMEM_EXPORT sysmem_status_t sysmem_node_get_buffer_collection_id(struct sysmem_node *node,
                                                                   zx_time_t deadline,
                                                                   uint64_t *ret_id);

typedef void (*sysmem_id_fn)(void *arg, sysmem_status_t status, uint64_t id);
SYSMEM_EXPORT sysmem_status_t sysmem_node_get_buffer_collection_id_async(struct sysmem_node *node,
                                                                         sysmem_id_fn done,
                                                                         void *arg);

/* SetWeak: this node and the children that are made of it from here on do not keep buffers alive,
 * and get weak VMOs: ones that are to be closed when close_weak_asap says so
 * (sysmem_collection_info_take_close_weak_asap()). Permitted until the node is ready for
 * allocation: before SetConstraints, before AllChildrenPresent. Implies sysmem_node_set_weak_ok()
 * for this node. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_node_set_weak(struct sysmem_node *node);

/* SetWeakOk: this participant heeds close_weak_asap. Whoever waits for buffers of a weak collection
 * without it fails. `for_child_nodes_also`: so do all children that are made of this node from here
 * on; a later call without it does not take that back. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_node_set_weak_ok(struct sysmem_node *node,
                                                      bool for_child_nodes_also);

/* AttachNodeTracking: the daemon closes `server_end`, an eventpair's end, when this node and its
 * children have given their buffer counts back, so that sysmem_collection_attach_token() may use
 * them again. `server_end` is consumed in every case. Too many of these fail the node. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_node_attach_node_tracking(struct sysmem_node *node,
                                                               zx_handle_t server_end);

/* GetNodeRef: an event that proves, to whoever gets it, that its holder has had this node: see
 * sysmem_node_is_alternate_for(). The caller closes it. It can be duplicated and sent to others,
 * and signals nothing. */
SYSMEM_EXPORT sysmem_status_t sysmem_node_get_node_ref(struct sysmem_node *node, zx_time_t deadline,
                                                       zx_handle_t *ret_node_ref);

/* `node_ref` is the callback's to close. */
typedef void (*sysmem_node_ref_fn)(void *arg, sysmem_status_t status, zx_handle_t node_ref);
SYSMEM_EXPORT sysmem_status_t sysmem_node_get_node_ref_async(struct sysmem_node *node,
                                                             sysmem_node_ref_fn done, void *arg);

/* IsAlternateFor: whether at most one of this node and the one that `node_ref` came from will be
 * taken into the allocation: the nearest node above both is a group. `node_ref` is consumed in
 * every case; zx_handle_duplicate() keeps one. SYSMEM_ERROR_NOT_FOUND: it is of another collection,
 * or an event of somebody's own; SYSMEM_ERROR_PROTOCOL_DEVIATION: not an event. */
SYSMEM_EXPORT sysmem_status_t sysmem_node_is_alternate_for(struct sysmem_node *node,
                                                           zx_handle_t node_ref, zx_time_t deadline,
                                                           bool *ret_is_alternate);

SYSMEM_EXPORT sysmem_status_t sysmem_node_is_alternate_for_async(struct sysmem_node *node,
                                                                 zx_handle_t node_ref,
                                                                 sysmem_bool_fn done, void *arg);

/* SetDebugTimeoutLogDeadline: when the daemon's log is to say who holds the allocation up, instead
 * of 5 seconds after the collection was made. Does not bound any wait. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_node_set_debug_timeout_log_deadline(struct sysmem_node *node,
                                                                         zx_time_t deadline);

/* SetVerboseLogging: the daemon's log gets this collection's tree, constraints and failures in
 * full. For debugging. One-way. */
SYSMEM_EXPORT sysmem_status_t sysmem_node_set_verbose_logging(struct sysmem_node *node);

#endif
