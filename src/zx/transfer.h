/* Handles to descriptors and back: what <sysmem/handle.h> does not make public. */
#ifndef ZX_TRANSFER_H
#define ZX_TRANSFER_H

#include <sysmem/handle.h>

#include "zx/form.h"
#include "zx/handle.h"

/* The descriptors of a handle outside the process. */
struct transfer_fds {
    int fd;
    int companion; /* -1: none; else what somebody else learns by that the handle is gone */
};

#define TRANSFER_NO_FDS ((struct transfer_fds){.fd = -1, .companion = -1})

/* Closes those that are there. */
void transfer_fds_close(struct transfer_fds *fds);

/* sysmem_handle_from_fd() for a sender who is believed: the rights of a VMO are not cut to what its
 * descriptor can do, which saves asking, and its companion is what he says. One that can do less
 * refuses when it is used. */
zx_status_t transfer_from_believed_fds(struct transfer_fds fds,
                                       const struct sysmem_handle_info *info,
                                       zx_handle_t *ret_handle);

/* sysmem_handle_into_fd() with the companion, for a caller who does not need the other end's koid,
 * which the kernel would have to be asked for: it is 0 in *ret_info, which is not NULL. */
zx_status_t transfer_into_fds(zx_handle_t handle, struct sysmem_handle_info *ret_info,
                              struct transfer_fds *ret_fds);

/* Whether an object can leave the process, and why not: ZX_ERR_NOT_SUPPORTED; ZX_ERR_BAD_STATE. */
zx_status_t transfer_check(struct object *object);

/* What leaves for a handle that is closed afterwards: descriptors, which the caller owns, and what
 * travels beside them. ZX_ERR_NO_RESOURCES, and what transfer_check() says. */
zx_status_t transfer_out(const struct loose_handle *loose, struct form *ret_form,
                         struct transfer_fds *ret_fds);

/* The opposite, for a sender who is not believed: what the kernel knows better than he it is asked
 * for. Takes the descriptors in every case. Errors as of sysmem_handle_from_form(), and
 * ZX_ERR_INVALID_ARGS: a companion that is no SEQPACKET socket, that the form does not speak of, or
 * of what is no VMO. */
zx_status_t transfer_in(struct transfer_fds fds, const struct form *form,
                        struct loose_handle *ret_loose);

#endif
