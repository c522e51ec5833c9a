/* Handles to descriptors and back: what <sysmem/handle.h> does not make public. */
#ifndef ZX_TRANSFER_H
#define ZX_TRANSFER_H

#include <sysmem/handle.h>

/* sysmem_handle_from_fd() for a sender who is believed: the rights of a VMO are not cut to what its
 * descriptor can do, which saves asking. One that can do less refuses when it is used. */
zx_status_t transfer_from_believed_fd(int fd, const struct sysmem_handle_info *info,
                                      zx_handle_t *ret_handle);

/* sysmem_handle_into_fd() for a caller who does not need the other end's koid, which the kernel
 * would have to be asked for: it is 0 in *ret_info, which is not NULL. */
zx_status_t transfer_into_fd(zx_handle_t handle, struct sysmem_handle_info *ret_info, int *ret_fd);

#endif
