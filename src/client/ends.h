/* The two ends of a channel that a request makes. */
#ifndef CLIENT_ENDS_H
#define CLIENT_ENDS_H

#include <sysmem/error.h>
#include <zircon/types.h>

#include "client/node.h"
#include "wire/message.h"

/* Makes a pair and puts its server end into the message: *ret_slot is what the request's field
 * holds. The client end becomes a node that speaks `protocol`, for the caller to own. */
sysmem_status_t ends_make(struct message *message, enum model_protocol protocol,
                          zx_handle_t *ret_slot, struct sysmem_node **ret_client_end);

/* Puts an end that exists into the message, which owns it then (also on failure). */
sysmem_status_t ends_attach(struct message *message, int fd, zx_handle_t *ret_slot);

#endif
