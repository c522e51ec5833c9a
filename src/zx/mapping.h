/* A mapping: a part of a VMO that is in the address space, with one set of permissions. Cutting or
 * protecting a part of one makes several of it. All functions are called under the lock of the
 * regions. */
#ifndef ZX_MAPPING_H
#define ZX_MAPPING_H

#include "zx/interval.h"
#include "zx/vmo.h"

/* What an interval in a region is a part of. */
enum tenant {
    TENANT_MAPPING,
    TENANT_REGION,
};

struct mapping {
    struct interval range;
    struct vmo *vmo;
    uint64_t vmo_offset;      /* of the first byte */
    uint64_t page;            /* of the VMO: cut between pages only */
    uint64_t backed;          /* bytes from the start that files hold; behind them: reservation */
    zx_vm_option_t perms;     /* ZX_VM_PERM_ bits */
    zx_vm_option_t max_perms; /* that it may ever have */
    bool is_bounded;          /* by the stream size: ZX_VM_FAULT_BEYOND_STREAM_SIZE */
    struct list bounded_link; /* in the extent's list if it is */
};

/* What a mapping starts with. */
struct map_request {
    zx_vm_option_t options; /* judged but for the place */
    uint64_t region_offset;
    uint64_t size; /* a multiple of the VMO's page size */
    struct vmo *vmo;
    uint64_t vmo_offset; /* likewise */
    zx_vm_option_t max_perms;
};

static inline struct mapping *mapping_of(struct interval *interval)
{
    return container_of(interval, struct mapping, range);
}

/* Makes a mapping that begins at `start`, with a reference to the VMO of its own; the kernel does
 * not hear of it yet. NULL: no memory. */
struct mapping *mapping_new(const struct map_request *request, uint64_t start);

/* Where the backed part goes over from one file to the next; its end if it doesn't. */
uint64_t mapping_seam(const struct mapping *mapping);

/* Has the kernel map it, and reserve the part that is not backed, over whatever is there. `options`
 * are those of the request. ZX_ERR_NO_MEMORY; ZX_ERR_ACCESS_DENIED: the descriptor does not allow
 * it. *ret_lost, which is always written: what was there from this address on is gone. It is an end
 * of the backed part or its seam, the range's end if nothing is gone, or the range's start on
 * success. */
zx_status_t mapping_enter(const struct mapping *mapping, zx_vm_option_t options,
                          uint64_t *ret_lost);

/* Forgets a mapping that is in no tree. Its address space is the caller's to put back. */
void mapping_free(struct mapping *mapping);

/* Cuts a mapping that is in no tree in two at an address inside it, between two pages. Returns the
 * upper one, or NULL without memory. The kernel does not hear of it. */
struct mapping *mapping_split(struct mapping *mapping, uint64_t at);

/* Tells the kernel about other permissions, but does not remember them. ZX_ERR_NO_MEMORY. */
zx_status_t mapping_protect(const struct mapping *mapping, zx_vm_option_t perms);

/* Brings the memory of a part of the mapping in, as far as there is some to be had: a hint. */
void mapping_populate(const struct mapping *mapping, uint64_t start, uint64_t end);

/* After its stream size has changed: maps more or less of the VMO. ZX_ERR_NO_MEMORY. */
zx_status_t mapping_follow_stream(struct mapping *mapping);

#endif
