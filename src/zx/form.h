/* What travels beside the descriptor of a handle, so that it becomes the same handle again:
 * docs/handles.md. */
#ifndef ZX_FORM_H
#define ZX_FORM_H

#include <sysmem/handle.h>

#define FORM_WINDOW       ((uint32_t)1 << 0)
#define FORM_CONTENT_SIZE ((uint32_t)1 << 1)
#define FORM_COMPANION    ((uint32_t)1 << 2) /* its descriptor follows the handle's */
#define FORM_DISCARDABLE  ((uint32_t)1 << 3) /* ZX_VMO_DISCARDABLE; not with FORM_WINDOW */

struct form {
    zx_obj_type_t type;
    zx_rights_t rights;
    zx_signals_t signals;   /* that a program has set; a copy, which then goes its own way */
    uint32_t flags;         /* FORM_* */
    zx_koid_t koid;         /* 0: let the kernel say (sockets), or take a new one (VMOs) */
    zx_koid_t related_koid; /* of the other end; 0: let the kernel say */
    uint64_t window_offset; /* FORM_WINDOW: the part of the file that is the VMO, */
    uint64_t window_size;   /* in bytes */
    uint64_t content_size;  /* FORM_CONTENT_SIZE: ZX_PROP_VMO_CONTENT_SIZE */
};

void form_write(const struct form *form, unsigned char ret_bytes[SYSMEM_HANDLE_FORM_BYTES]);

/* ZX_ERR_NOT_SUPPORTED: of another version; ZX_ERR_INVALID_ARGS: malformed. */
zx_status_t form_read(const unsigned char bytes[SYSMEM_HANDLE_FORM_BYTES], struct form *ret_form);

#endif
