/* VMOs: memory that is shared by handle, on a memfd. */
#ifndef ZX_VMO_H
#define ZX_VMO_H

#include <zircon/syscalls/object.h>

#include "zx/extent.h"
#include "zx/kin.h"
#include "zx/object.h"

enum vmo_origin {
    VMO_CREATED,
    VMO_RECEIVED,  /* called as its file is until it gets a name here */
    VMO_SLICE,     /* of the file only as much as `extent` says, from `offset` on */
    VMO_REFERENCE, /* shares its parent's extent */
};

struct vmo {
    struct object object;
    int fd; /* a child's is another one for its parent's open file description */
    enum vmo_origin origin;
    bool owned; /* the file was made here: it is ours to seal */
    bool resizable;
    uint64_t offset; /* in the file, in bytes */
    struct extent *extent;
    struct kin kin;
    char name[ZX_MAX_NAME_LEN]; /* guarded by object.lock */
    atomic_size_t mappings;
};

static inline struct vmo *vmo_of(struct object *object)
{
    return container_of(object, struct vmo, object);
}

/* Makes an object with one reference for the caller, without options, parent or name. Takes the
 * extent in every case and the descriptor on success. An extent of NULL means no memory, as the
 * result does. */
struct vmo *vmo_new(enum vmo_origin origin, int fd, zx_koid_t koid, struct extent *extent);

/* The size in bytes, rounded up to pages. */
uint64_t vmo_size(struct vmo *vmo);

/* How many of `size` bytes from `offset` on may be mapped from the file. Of a slice: those inside
 * it; else all, also beyond the end, where the kernel raises faults. */
uint64_t vmo_mappable(struct vmo *vmo, uint64_t offset, uint64_t size);

/* Whether a descriptor of the file says all about the VMO: false for a slice of a part. */
bool vmo_is_whole_file(struct vmo *vmo);

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
