/* VMOs: memory that is shared by handle. */
#ifndef ZX_VMO_H
#define ZX_VMO_H

#include <zircon/syscalls/object.h>

#include "zx/discard.h"
#include "zx/extent.h"
#include "zx/kin.h"
#include "zx/object.h"
#include "zx/store.h"

enum vmo_origin {
    VMO_CREATED,
    VMO_RECEIVED,  /* called as its file is until it gets a name here */
    VMO_SLICE,     /* of the store only as much as `extent` says, from `offset` on */
    VMO_REFERENCE, /* shares its parent's store and extent */
    VMO_SNAPSHOT,  /* a store of its own, which starts as a copy of a part of its parent's */
};

struct vmo {
    struct object object;
    struct store *store;
    struct extent *extent;
    enum vmo_origin origin;
    bool resizable;
    bool immutable;       /* nobody can write: a snapshot made so */
    uint64_t offset;      /* in the store, in bytes */
    uint64_t root_offset; /* of byte 0, in the VMO at the top of the family, as Zircon counts */
    struct discardable *discardable; /* NULL: its contents stay */
    struct kin kin;
    char name[ZX_MAX_NAME_LEN]; /* guarded by object.lock */
    atomic_uint cache_policy;
    atomic_size_t mappings;
};

static inline struct vmo *vmo_of(struct object *object)
{
    return container_of(object, struct vmo, object);
}

/* The file whose descriptor is the VMO's, and that is mapped as far as it goes. */
static inline int vmo_file(const struct vmo *vmo)
{
    return vmo->store->file;
}

/* Its page size in bytes: what is mapped, cut out or given back of it is a multiple of that. */
static inline uint64_t vmo_page(const struct vmo *vmo)
{
    return store_page(vmo->store);
}

/* Makes an object with one reference for the caller, without options, parent or name. Takes store
 * and extent in every case. One that is NULL means no memory, as the result does. */
struct vmo *vmo_new(enum vmo_origin origin, zx_koid_t koid, struct store *store,
                    struct extent *extent);

/* A VMO of a size, in whole pages, that stands for memory which no process reaches: it has no pages
 * and never will. ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES. */
zx_status_t vmo_create_opaque(uint64_t size, zx_handle_t *ret);

/* The size in bytes, rounded up to pages. */
uint64_t vmo_size(struct vmo *vmo);

/* How many of `size` bytes from `offset` on may be mapped from files. Of a slice, and of memory
 * that is no memory file: those inside it; else all, also beyond the end, where the kernel raises
 * faults; but none beyond the longest VMO, or of received memory the longest file. */
uint64_t vmo_mappable(struct vmo *vmo, uint64_t offset, uint64_t size);

bool vmo_is_cached(struct vmo *vmo);

/* What zx_vmo_op_range() does once rights have been judged (vmo_op.c): statuses as there. */
zx_status_t vmo_commit(struct vmo *vmo, uint64_t offset, uint64_t size);
zx_status_t vmo_decommit(struct vmo *vmo, uint64_t offset, uint64_t size);
zx_status_t vmo_zero(struct vmo *vmo, uint64_t offset, uint64_t size);
zx_status_t vmo_prefetch(struct vmo *vmo, uint64_t offset, uint64_t size);

/* Whether a descriptor of the file says all about the VMO: false for a slice of a part, and for
 * what is longer than a file. */
bool vmo_is_whole_file(struct vmo *vmo);

/* Makes an object of a descriptor of memory, which it owns on success. *rights are cut to what the
 * descriptor can do; of a sender who is believed only those that no descriptor of this kind gives.
 * The size is what the file has when it is first needed. ZX_ERR_WRONG_TYPE: it is of no memory
 * (os/memory_kind.h); no call is made on it then that could reach a file system.
 * ZX_ERR_NO_RESOURCES: no descriptor is left to ask with; ZX_ERR_NO_MEMORY. */
zx_status_t vmo_from_fd(int fd, zx_koid_t koid, bool believed, zx_rights_t *rights,
                        struct object **ret_object);

/* Hands out a descriptor for a holder of `rights`, for the caller to own: that of the VMO, or
 * without ZX_RIGHT_WRITE a read-only one where the file can be opened again. A file made here is
 * closed to resizing and to other users first. -errno. */
int vmo_take_fd(struct vmo *vmo, zx_rights_t rights);

/* Hands out the companion, for the caller to own: *ret_fd is -1 when there is none. What was handed
 * out by vmo_take_fd() goes with it. 0 or -errno. */
int vmo_take_companion(struct vmo *vmo, int *ret_fd);

/* For ZX_INFO_VMO and the properties. */
void vmo_get_info(struct vmo *vmo, zx_rights_t rights, zx_info_vmo_t *ret_info);
void vmo_get_name(struct vmo *vmo, char ret_name[ZX_MAX_NAME_LEN]);
void vmo_set_name(struct vmo *vmo, const char *name, size_t len);
uint64_t vmo_get_content_size(struct vmo *vmo);
void vmo_set_content_size(struct vmo *vmo, uint64_t size);

#endif
