/* The Linux extension of <zircon/syscalls.h>: handles to descriptors and back.
 *
 * A handle leaves the process as a descriptor and a struct sysmem_handle_info; what the kernel
 * enforces of its rights, and what only this library does, is in docs/security.md. Any thread may
 * call. */
#ifndef SYSMEM_HANDLE_H
#define SYSMEM_HANDLE_H

#include <stdint.h>

#include <sysmem/export.h>
#include <zircon/types.h>

/* What must travel beside a descriptor so that it becomes the same handle again. */
struct sysmem_handle_info {
    zx_obj_type_t type;     /* ZX_OBJ_TYPE_VMO, _CHANNEL, _EVENTPAIR, _EVENT */
    zx_rights_t rights;     /* ZX_RIGHT_* */
    zx_koid_t koid;         /* 0: let the kernel say (sockets), or take a new one (VMOs) */
    zx_koid_t related_koid; /* of the other end; 0: let the kernel say */
    uint64_t reserved[2];   /* 0: room for what may have to travel later */
};

/* Makes a handle of a descriptor, which it then owns (in every case). A VMO's is one of memory: a
 * memfd, also in huge pages (MFD_HUGETLB), a memfd_secret, a dma-buf, or a write-only descriptor of
 * a memfd that is sealed against writing, which only identifies. docs/zircon.md says what the calls
 * do with each. The rights are cut to what the descriptor can do: a read-only one gives no
 * ZX_RIGHT_WRITE, one that only identifies no ZX_RIGHT_MAP. ZX_ERR_WRONG_TYPE: the descriptor is
 * not of that kind; ZX_ERR_NOT_SUPPORTED: objects of that type have no descriptor;
 * ZX_ERR_INVALID_ARGS: `reserved` is not 0; ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES. */
SYSMEM_EXPORT zx_status_t sysmem_handle_from_fd(int fd, const struct sysmem_handle_info *info,
                                                zx_handle_t *ret_handle);

/* Closes the handle and gives its descriptor out, which the caller owns. A VMO handle without
 * ZX_RIGHT_WRITE gives a read-only descriptor, but for a memfd_secret and a dma-buf, which cannot
 * be opened again. A companion stays behind (docs/handles.md): to whoever counts the holders of
 * such a buffer this one is gone with the process's last handle. ret_info may be NULL. Unread
 * messages of a channel stay readable where it goes. Needs ZX_RIGHT_TRANSFER. ZX_ERR_BAD_HANDLE,
 * ZX_ERR_ACCESS_DENIED, ZX_ERR_NOT_SUPPORTED (the object has no descriptor, or one in an unread
 * message has none; or it is a slice of a part of its parent: a descriptor alone would give the
 * whole away) and ZX_ERR_BAD_STATE (there are unread messages from before the other end left this
 * process) leave the handle as it is; after ZX_ERR_NO_RESOURCES (no descriptor left for a
 * duplicate) it is closed.
 */
SYSMEM_EXPORT zx_status_t sysmem_handle_into_fd(zx_handle_t handle,
                                                struct sysmem_handle_info *ret_info, int *ret_fd);

/* All that must travel beside a descriptor, in a form that says its version: docs/handles.md. It is
 * what messages of channels have, for programs that send handles by other means. */
#define SYSMEM_HANDLE_FORM_BYTES   64
#define SYSMEM_HANDLE_FORM_VERSION 1

/* sysmem_handle_into_fd() with the form. Slices of parts can leave: the form says which part. A
 * handle with a companion cannot, ZX_ERR_NOT_SUPPORTED: it is sent through a channel. */
SYSMEM_EXPORT zx_status_t sysmem_handle_into_form(zx_handle_t handle,
                                                  unsigned char ret_form[SYSMEM_HANDLE_FORM_BYTES],
                                                  int *ret_fd);

/* sysmem_handle_from_fd() with the form, of a sender who need not be honest: of sockets the kernel
 * is asked for the koid. ZX_ERR_NOT_SUPPORTED: a form of another version; ZX_ERR_INVALID_ARGS: a
 * malformed one, or a part that is not inside the file, or of a file that can shrink. */
SYSMEM_EXPORT zx_status_t sysmem_handle_from_form(
    int fd, const unsigned char form[SYSMEM_HANDLE_FORM_BYTES], zx_handle_t *ret_handle);

/* The handle's descriptor, which stays the handle's: for poll(2), fstat(2). -1 if there is none, as
 * for events and ports. A slice's is its parent's whole file. An eventpair's polls as hung up
 * (POLLHUP, asked for or not) when it signals ZX_EVENTPAIR_PEER_CLOSED: so any event loop can wait
 * for that. A channel's polls as readable when there is a message: once it has been asked for, all
 * messages go through the socket, also within the process (-1: one cannot). */
SYSMEM_EXPORT int sysmem_handle_fd(zx_handle_t handle);

#endif
