/* Handles of a table to descriptors of a message, and back. */
#ifndef CLIENT_HANDLES_H
#define CLIENT_HANDLES_H

#include <sysmem/error.h>
#include <sysmem/handle.h>

#include "model/type.h"
#include "wire/message.h"

/* sysmem_handle_into_fd(), with the handle consumed in every case, and without related_koid. */
sysmem_status_t handles_into_fd(zx_handle_t handle, struct sysmem_handle_info *ret_info,
                                int *ret_fd);

/* Moves each handle of a request into the message: its field holds the slot then. All handles are
 * consumed, also on failure (their fields are ZX_HANDLE_INVALID then). A slice of a part of a VMO
 * goes as an empty VMO with its koid. `type` may be NULL.
 * ZX_ERR_BAD_HANDLE, ZX_ERR_ACCESS_DENIED,
 * ...: as sysmem_handle_into_fd() says. */
sysmem_status_t handles_attach(const struct model_type *type, void *table, struct message *message);

/* Makes a handle of each slot of a response, in place. On failure there are none. ZX_ERR_IO: a
 * descriptor that is not what the interface says; ZX_ERR_NO_RESOURCES, ZX_ERR_NO_MEMORY. */
sysmem_status_t handles_take(const struct model_type *type, void *table, struct message *message);

/* Sets each handle field to ZX_HANDLE_INVALID: slots of a message that has gone name nothing.
 * `type` may be NULL. */
void handles_forget(const struct model_type *type, void *table);

/* Closes each handle of a table and sets its field to ZX_HANDLE_INVALID. */
void handles_close(const struct model_type *type, void *table);

#endif
