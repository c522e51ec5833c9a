/* Channels and eventpairs: objects with another end, each end on its own SEQPACKET socket. The
 * kernel tells when the other end is gone, in whichever process it was. */
#ifndef ZX_ENDPOINT_H
#define ZX_ENDPOINT_H

#include <sysmem/handle.h>

#include "zx/object.h"

/* Makes an object of a socket, which it owns on success. ZX_ERR_WRONG_TYPE: not a Unix SEQPACKET
 * socket; ZX_ERR_NO_MEMORY. */
zx_status_t endpoint_from_fd(int fd, const struct sysmem_handle_info *info,
                             struct object **ret_object);

#endif
