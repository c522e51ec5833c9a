/* VMOs: memory that is shared by handle, on a memfd. */
#ifndef ZX_VMO_H
#define ZX_VMO_H

#include <zircon/syscalls/object.h>

#include "zx/object.h"

struct vmo {
    struct object object;
    int fd;
    bool owned; /* made here, not received: the file is ours to seal */
    bool resizable;
    bool measured;      /* guarded by object.lock, as are both sizes, which it makes valid */
    uint64_t file_size; /* bytes that can be read and written */
    uint64_t content_size;
    char name[ZX_MAX_NAME_LEN]; /* guarded by object.lock; empty: the file's, if it was received */
    atomic_size_t mappings;
};

static inline struct vmo *vmo_of(struct object *object)
{
    return container_of(object, struct vmo, object);
}

/* The file size, rounded up to pages. */
uint64_t vmo_size(struct vmo *vmo);

/* Makes an object of a memfd, which it owns on success. *rights are cut to what the descriptor can
 * do; NULL: they are not asked for. The size is what the file has when it is first needed.
 * ZX_ERR_WRONG_TYPE: not a memfd; no call is made on it then that could reach a file system.
 * ZX_ERR_NO_MEMORY. */
zx_status_t vmo_from_fd(int fd, zx_koid_t koid, zx_rights_t *rights, struct object **ret_object);

/* Hands out a descriptor for a holder of `rights`, for the caller to own: that of the VMO, or
 * without ZX_RIGHT_WRITE a read-only one. A file made here is closed to resizing and to other users
 * first. -errno. */
int vmo_take_fd(struct vmo *vmo, zx_rights_t rights);

/* For ZX_INFO_VMO and the properties. */
void vmo_get_info(struct vmo *vmo, zx_rights_t rights, zx_info_vmo_t *ret_info);
void vmo_get_name(struct vmo *vmo, char ret_name[ZX_MAX_NAME_LEN]);
void vmo_set_name(struct vmo *vmo, const char *name, size_t len);
uint64_t vmo_get_content_size(struct vmo *vmo);
void vmo_set_content_size(struct vmo *vmo, uint64_t size);

#endif
