/* Regions: VMARs, a tree of ranges of address space. A region holds mappings and smaller regions,
 * which do not overlap.
 *
 * Where things go is decided in each region's tree of intervals, not by the kernel. One lock covers
 * all regions, their mappings and the system calls that go with them. A region holds a reference to
 * each region in it, so that its range stays taken until it is destroyed; a destroyed one is empty
 * and has no parent, but still is an object. Addresses and sizes are multiples of the page size
 * where nothing else is said. */
#ifndef ZX_REGION_H
#define ZX_REGION_H

#include "zx/interval.h"
#include "zx/mapping.h"
#include "zx/vmo.h"

/* What may be mapped in a region is in the rights of its handles: none has ever a right that does
 * not go with the ZX_VM_CAN_MAP_ options which the region was made with. */
struct region {
    struct object object;
    struct interval range;
    struct region *parent; /* NULL: the root, or destroyed */
    struct interval_tree tenants;
    bool can_map_specific;
    bool is_destroyed;
};

static inline struct region *region_of(struct object *object)
{
    return container_of(object, struct region, object);
}

/* The root region with a reference for the caller, or NULL when no address space is to be had. */
struct region *region_new_root(void);

/* Makes a region within another: `options` say where (`offset`, `size`) and what it is for. On
 * success *ret_child holds a reference for the caller. Statuses from the fifth step of
 * zx_vmar_allocate() on: ZX_ERR_BAD_STATE, ZX_ERR_INVALID_ARGS, ZX_ERR_ACCESS_DENIED,
 * ZX_ERR_ALREADY_EXISTS, ZX_ERR_NO_MEMORY. A `ret_child` of NULL is ZX_ERR_INVALID_ARGS once the
 * place has been judged. */
zx_status_t region_allocate(struct region *parent, zx_vm_option_t options, uint64_t offset,
                            uint64_t size, struct region **ret_child);

/* Unmaps all that is in a region and the regions in it, destroys these and the region, and gives
 * its range back. ZX_ERR_NOT_SUPPORTED: the root; ZX_ERR_BAD_STATE: destroyed already;
 * ZX_ERR_NO_MEMORY: the kernel refuses, and nothing has changed. */
zx_status_t region_destroy(struct region *region);

/* Maps. The mapping holds a reference to the VMO of its own. Statuses as region_allocate(), and
 * ZX_ERR_ACCESS_DENIED when the descriptor does not allow it. */
zx_status_t region_map(struct region *region, const struct map_request *request,
                       zx_vaddr_t *ret_address);

/* How the calls on a range of addresses look at the regions in it. Where a mapping has larger pages
 * than others, the end is rounded up to one, and the start is at one, else ZX_ERR_INVALID_ARGS. */
struct region_span {
    uint64_t start;
    uint64_t end;   /* above start */
    bool may_enter; /* the handle has ZX_RIGHT_OP_CHILDREN */
};

/* Unmaps what there is in a range, and destroys the regions in it. ZX_ERR_BAD_STATE: destroyed;
 * ZX_ERR_INVALID_ARGS: not inside the region, or a region is only partly in the range, or there is
 * one that may not be entered; ZX_ERR_NO_MEMORY: the kernel refuses. */
zx_status_t region_unmap(struct region *region, const struct region_span *span);

/* Gives what is mapped in a range other permissions; all of it or nothing. ZX_ERR_BAD_STATE,
 * ZX_ERR_INVALID_ARGS: as above; ZX_ERR_NOT_FOUND: a hole; ZX_ERR_ACCESS_DENIED: more than a
 * mapping may have, or more than one in a deeper region has; ZX_ERR_NO_MEMORY. */
zx_status_t region_protect(struct region *region, const struct region_span *span,
                           zx_vm_option_t perms);

/* Does one of the ZX_VMAR_OP_ operations, mapping by mapping: those below the one that refuses have
 * been done. ZX_ERR_INVALID_ARGS: there is no such one; ZX_ERR_OUT_OF_RANGE: the range is not
 * inside the region, or a mapping's part of it not inside the VMO; ZX_ERR_BAD_STATE: destroyed, or
 * a hole; ZX_ERR_INVALID_ARGS: a region that may not be entered, by this operation or through this
 * handle; ZX_ERR_ACCESS_DENIED: it changes memory, and the mapping may never write. Or what the VMO
 * says. */
zx_status_t region_op(struct region *region, const struct region_span *span, uint32_t op);

/* To be called after the content size of memory has changed, without locks: the mappings that end
 * with it are made longer or shorter. ZX_ERR_NO_MEMORY. */
zx_status_t region_follow_stream(struct extent *extent);

/* --- Between region.c and region_range.c --- */

void region_lock(void);
void region_unlock(void);

/* Whether [start, end) lies inside the region. */
bool region_has(const struct region *region, uint64_t start, uint64_t end);

/* Takes care that no mapping of the region goes across an address: cuts it in two.
 * ZX_ERR_INVALID_ARGS: inside one of its pages; ZX_ERR_NO_MEMORY. */
zx_status_t region_cut(struct region *region, uint64_t address);

/* Lengths are rounded up to pages, and those of a mapping may be larger than most: where a range
 * that ends at `end` does so inside a page of a mapping in the region, that page's end. */
uint64_t region_round_up(struct region *region, uint64_t end);

static inline struct region *region_at(struct interval *interval)
{
    return container_of(interval, struct region, range);
}

#endif
