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

/* What must travel beside a descriptor so that it becomes the same handle again. All that is 0 may
 * be left out. */
struct sysmem_handle_info {
    zx_obj_type_t type;     /* ZX_OBJ_TYPE_VMO, _CHANNEL, _EVENTPAIR, _EVENT */
    zx_rights_t rights;     /* ZX_RIGHT_* */
    zx_koid_t koid;         /* 0: let the kernel say (sockets), or take a new one (VMOs) */
    zx_koid_t related_koid; /* of the other end; 0: let the kernel say */
    uint32_t flags;         /* SYSMEM_HANDLE_* */
    zx_signals_t signals;   /* that a program has set on it; a copy, which then goes its own way */
    uint64_t window_offset; /* SYSMEM_HANDLE_WINDOW: the part of the file that is the VMO, */
    uint64_t window_size;   /* in bytes */
    uint64_t content_size;  /* SYSMEM_HANDLE_CONTENT_SIZE: ZX_PROP_VMO_CONTENT_SIZE */
};

#define SYSMEM_HANDLE_WINDOW       ((uint32_t)1 << 0)
#define SYSMEM_HANDLE_CONTENT_SIZE ((uint32_t)1 << 1)

/* The form in which it travels in messages of channels, and may in any other: docs/handles.md. */
#define SYSMEM_HANDLE_FORM_BYTES   64
#define SYSMEM_HANDLE_FORM_VERSION 1

/* Writes the form. */
SYSMEM_EXPORT void sysmem_handle_info_write(const struct sysmem_handle_info *info,
                                            unsigned char ret_form[SYSMEM_HANDLE_FORM_BYTES]);

/* Reads a form. ZX_ERR_NOT_SUPPORTED: of another version; ZX_ERR_INVALID_ARGS: malformed. */
SYSMEM_EXPORT zx_status_t sysmem_handle_info_read(
    const unsigned char form[SYSMEM_HANDLE_FORM_BYTES], struct sysmem_handle_info *ret_info);

/* Makes a handle of a descriptor, which it then owns (in every case). The rights are cut to what
 * the descriptor can do: a read-only one gives no ZX_RIGHT_WRITE. ZX_ERR_WRONG_TYPE: the descriptor
 * is not of that kind; ZX_ERR_NOT_SUPPORTED: objects of that type have no descriptor;
 * ZX_ERR_INVALID_ARGS: unknown flags, or a window that is not inside the file; ZX_ERR_NO_MEMORY,
 * ZX_ERR_NO_RESOURCES. */
SYSMEM_EXPORT zx_status_t sysmem_handle_from_fd(int fd, const struct sysmem_handle_info *info,
                                                zx_handle_t *ret_handle);

/* Closes the handle and gives its descriptor out, which the caller owns. A VMO handle without
 * ZX_RIGHT_WRITE gives a read-only descriptor. ret_info may be NULL, but not for a slice of a part
 * of its parent: what says which part is there. Unread messages of a channel stay readable where it
 * goes. Needs ZX_RIGHT_TRANSFER. ZX_ERR_BAD_HANDLE, ZX_ERR_ACCESS_DENIED, ZX_ERR_NOT_SUPPORTED (the
 * object has no descriptor, or one in an unread message has none) and ZX_ERR_BAD_STATE (there are
 * unread messages from before the other end left this process) leave the handle as it is; after
 * ZX_ERR_NO_RESOURCES (no descriptor left for a duplicate) it is closed. */
SYSMEM_EXPORT zx_status_t sysmem_handle_into_fd(zx_handle_t handle,
                                                struct sysmem_handle_info *ret_info, int *ret_fd);

/* The handle's descriptor, which stays the handle's: for poll(2), fstat(2). -1 if there is none, as
 * for events and ports. A slice's is its parent's whole file. An eventpair's polls as hung up
 * (POLLHUP, asked for or not) when it signals ZX_EVENTPAIR_PEER_CLOSED: so any event loop can wait
 * for that. A channel's polls as readable when there is a message: once it has been asked for, all
 * messages go through the socket, also within the process (-1: one cannot). */
SYSMEM_EXPORT int sysmem_handle_fd(zx_handle_t handle);

#endif
