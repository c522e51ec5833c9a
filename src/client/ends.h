/* The two ends of a channel that a request makes. */
#ifndef CLIENT_ENDS_H
#define CLIENT_ENDS_H

#include <sysmem/error.h>
#include <zircon/types.h>

#include "client/node.h"
#include "model/type.h"
#include "wire/message.h"

/* The field of a request that holds the server end of a new object's channel, or NULL. `request`
 * may be NULL. */
const struct model_field *ends_made_by(const struct model_type *request);

/* Sets that field of a request. */
void ends_set(const struct model_field *field, void *request, zx_handle_t value);

/* Puts an end that exists into the message, which owns it then (also on failure). *ret_slot is what
 * the request's field holds. */
sysmem_status_t ends_attach(struct message *message, int fd, zx_handle_t *ret_slot);

/* Sends a one-way request that makes an object: with the server end of a new pair in its field. The
 * client end becomes a node of the object's protocol, for the caller to own. */
sysmem_status_t ends_send(const struct sysmem_node *node, const char *name, void *request,
                          struct sysmem_node **ret_client_end);

/* The same with slots of `message`, which is consumed, in other handle fields. */
sysmem_status_t ends_send_with(const struct sysmem_node *node, const char *name, void *request,
                               struct message *message, struct sysmem_node **ret_client_end);

#endif
