/* What the public objects are made of. */
#ifndef CLIENT_NODE_H
#define CLIENT_NODE_H

#include <sysmem/node.h>
#include <zircon/types.h>

#include "client/channel.h"

/* The first member of a token and a collection. */
struct sysmem_node {
    struct channel *channel;
};

/* The method of the channel's protocol with this FIDL name, which must be there. */
const struct model_method *node_method(const struct channel *channel, const char *name);

/* Sends a one-way request by name: see channel_send(). */
sysmem_status_t node_send(const struct sysmem_node *node, const char *name, void *request);

/* Calls a two-way method by name: see channel_call(). */
void node_call(const struct sysmem_node *node, const char *name, void *request, zx_time_t deadline,
               struct channel_reply *ret);

/* The same for methods whose answer is a status only. */
sysmem_status_t node_call_status(const struct sysmem_node *node, const char *name,
                                 zx_time_t deadline);

/* Makes a handle of the end of a channel, which it owns (in every case); and the other way round.
 */
sysmem_status_t node_handle_from_fd(int fd, zx_handle_t *ret_handle);
sysmem_status_t node_fd_from_handle(zx_handle_t handle, int *ret_fd);

#endif
