/* What the public objects are made of. */
#ifndef CLIENT_NODE_H
#define CLIENT_NODE_H

#include <stdatomic.h>

#include <sysmem/failure.h>
#include <sysmem/node.h>
#include <zircon/types.h>

#include "base/list.h"
#include "client/channel.h"

/* A channel as the public interface shows it. */
struct sysmem_channel {
    struct channel *core;
};

struct sysmem_node {
    struct sysmem_channel channel;
    /* Why the last call failed that failed on constraints, until it is taken: see
     * client/failure.h. */
    struct sysmem_failure *_Atomic failure;
};

/* Each of these is its node and nothing else: container_of() makes one of a node from node_new().
 * An allocator is in no collection's tree, but sends like a node. */
struct sysmem_allocator {
    struct sysmem_node node;
};
struct sysmem_token {
    struct sysmem_node node;
};
struct sysmem_collection {
    struct sysmem_node node;
};
struct sysmem_group {
    struct sysmem_node node;
};

/* Makes a node that speaks `protocol` over a socket, which is taken over in every case. */
sysmem_status_t node_new(int fd, enum model_protocol protocol, struct sysmem_node **ret);

/* The same with a handle of a channel, and the other way round. */
sysmem_status_t node_from_handle(zx_handle_t handle, enum model_protocol protocol,
                                 struct sysmem_node **ret);
sysmem_status_t node_into_handle(struct sysmem_node *node, zx_handle_t *ret_handle);

/* Gives the socket out and frees the rest: see channel_into_fd(). */
int node_into_fd(struct sysmem_node *node);

/* Closes the channel: see channel_free(). NULL is fine. */
void node_free(struct sysmem_node *node);

/* The method of the channel's protocol with this FIDL name, which must be there. */
const struct model_method *node_method(const struct channel *channel, const char *name);

/* Sends a one-way request by name: see channel_send(). */
sysmem_status_t node_send(const struct sysmem_node *node, const char *name, void *request);

/* The same with slots of `message` in the handle fields: see channel_send_slots(). */
sysmem_status_t node_send_slots(const struct sysmem_node *node, const char *name,
                                const void *request, struct message *message);

/* Calls a two-way method by name: see channel_call(). */
void node_call(const struct sysmem_node *node, const char *name, void *request, zx_time_t deadline,
               struct channel_reply *ret);

/* The same for methods whose answer is a status only. */
sysmem_status_t node_call_status(const struct sysmem_node *node, const char *name,
                                 zx_time_t deadline);

#endif
