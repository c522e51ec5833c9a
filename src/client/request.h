/* What a call sends. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include <sysmem/error.h>

#include "model/method.h"
#include "wire/message.h"

/* Makes the message of a request. Handle fields of `request` hold real handles, consumed in every
 * case (and set to ZX_HANDLE_INVALID). ZX_ERR_INVALID_ARGS: over-long or not UTF-8;
 * ZX_ERR_NO_MEMORY; ZX_ERR_BAD_HANDLE and its like: a handle cannot travel. On failure the message
 * is empty. */
sysmem_status_t request_encode(const struct model_method *method, void *request,
                               struct message *ret);

/* The same for a request whose handle fields hold slots of `message`, which has been initialized.
 * On failure it is cleared. */
sysmem_status_t request_encode_slots(const struct model_method *method, const void *request,
                                     struct message *message);

#endif
