/* VMARs: regions of address space, and what is mapped in them.
 *
 * The root region is one reservation without access, made at first use and never given back:
 * mapping replaces a part of it, unmapping puts the reservation back, in one system call each, so
 * that no other mmap(2) of the process can ever slip in. Where things go is decided in a tree of
 * intervals, not by the kernel. One lock covers the tree and the system calls. */
#ifndef ZX_REGION_H
#define ZX_REGION_H

#include "zx/interval.h"
#include "zx/vmo.h"

struct region {
    struct object object;
    uint64_t base;
    uint64_t size;
    struct interval_tree mappings;
    void *stock; /* see region.c; NULL when it has been spent */
};

static inline struct region *region_of(struct object *object)
{
    return container_of(object, struct region, object);
}

/* The root region with a reference for the caller, or NULL when no address space is to be had.
 * Makes a new one at each call: once is enough for a process. */
struct region *region_new_root(void);

/* One mapping that is asked for; all but its place has been judged. */
struct map_request {
    zx_vm_option_t options;
    uint64_t region_offset;
    struct vmo *vmo;
    uint64_t vmo_offset;
    uint64_t size; /* a multiple of the page size */
};

/* Maps. The mapping holds a reference to the VMO of its own. Statuses from the sixth step of
 * zx_vmar_map() on: ZX_ERR_INVALID_ARGS, ZX_ERR_ALREADY_EXISTS, ZX_ERR_NO_MEMORY,
 * ZX_ERR_ACCESS_DENIED when the descriptor does not allow it. */
zx_status_t region_map(struct region *region, const struct map_request *request,
                       zx_vaddr_t *ret_address);

/* Unmaps what there is in a range of whole pages. ZX_ERR_INVALID_ARGS: not inside the region. */
zx_status_t region_unmap(struct region *region, uint64_t address, uint64_t size);

#endif
