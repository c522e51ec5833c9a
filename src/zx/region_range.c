/* The calls on what is mapped in a range of addresses: there may be no hole in it, and deeper
 * regions count as far as the handle and the call allow. */
#include <assert.h>

#include <zircon/syscalls.h>

#include "zx/mapping.h"
#include "zx/region.h"

/* The mapping that covers an address, and the region that it is in; NULL: a hole. */
static struct mapping *mapping_at(struct region *region, uint64_t address,
                                  struct region **ret_owner)
{
    for (;;) {
        struct interval *found = interval_tree_find(&region->tenants, address);
        if (found == NULL || found->start > address) {
            return NULL;
        }
        if (found->kind == TENANT_MAPPING) {
            *ret_owner = region;
            return mapping_of(found);
        }
        region = region_at(found);
    }
}

uint64_t region_round_up(struct region *region, uint64_t end)
{
    struct region *owner = NULL;
    const struct mapping *mapping = mapping_at(region, end, &owner);
    if (mapping == NULL || mapping->range.start == end) {
        return end;
    }
    uint64_t size = end - mapping->range.start;
    return mapping->range.start + (size + mapping->page - 1) / mapping->page * mapping->page;
}

static zx_status_t check_protect(struct region *region, const struct region_span *span,
                                 zx_vm_option_t perms)
{
    for (uint64_t at = span->start; at < span->end;) {
        struct region *owner = NULL;
        const struct mapping *mapping = mapping_at(region, at, &owner);
        if (mapping == NULL) {
            return ZX_ERR_NOT_FOUND;
        }
        if ((perms & ~mapping->max_perms) != 0) {
            return ZX_ERR_ACCESS_DENIED;
        }
        if (owner != region && !span->may_enter) {
            return ZX_ERR_INVALID_ARGS;
        }
        if (owner != region && (perms & ~mapping->perms) != 0) {
            return ZX_ERR_ACCESS_DENIED;
        }
        at = mapping->range.end;
    }
    return ZX_OK;
}

/* Takes care that no mapping goes across an end of the span. */
static zx_status_t cut_at(struct region *region, uint64_t address)
{
    struct region *owner = NULL;
    return mapping_at(region, address, &owner) == NULL ? ZX_OK : region_cut(owner, address);
}

/* Has the kernel give whole mappings, one next to the other, other permissions. *ret_end: as far as
 * it got. */
static zx_status_t tell_kernel(struct region *region, const struct region_span *span,
                               zx_vm_option_t perms, uint64_t *ret_end)
{
    struct region *owner = NULL;
    zx_status_t status = ZX_OK;
    uint64_t at = span->start;
    while (at < span->end && status == ZX_OK) {
        const struct mapping *mapping = mapping_at(region, at, &owner);
        status = mapping_protect(mapping, perms);
        at = mapping->range.end;
    }
    *ret_end = at;
    return status;
}

/* Makes the permissions on record true, up to `end`. What the kernel merged before it can split
 * again: this takes no more of its mappings than there were. */
static void take_back(struct region *region, const struct region_span *span, uint64_t end)
{
    struct region *owner = NULL;
    for (uint64_t at = span->start; at < end;) {
        const struct mapping *mapping = mapping_at(region, at, &owner);
        (void)mapping_protect(mapping, mapping->perms);
        at = mapping->range.end;
    }
}

static zx_status_t protect_locked(struct region *region, const struct region_span *given,
                                  zx_vm_option_t perms)
{
    struct region_span whole = *given;
    const struct region_span *span = &whole;
    if (region->is_destroyed) {
        return ZX_ERR_BAD_STATE;
    }
    if (!region_has(region, span->start, span->end)) {
        return ZX_ERR_INVALID_ARGS;
    }
    whole.end = region_round_up(region, given->end);
    zx_status_t status = check_protect(region, span, perms);
    if (status == ZX_OK) {
        status = cut_at(region, span->start);
    }
    if (status == ZX_OK) {
        status = cut_at(region, span->end);
    }
    if (status != ZX_OK) {
        return status;
    }
    uint64_t end;
    status = tell_kernel(region, span, perms, &end);
    if (status != ZX_OK) {
        take_back(region, span, end);
        return status;
    }
    for (uint64_t at = span->start; at < span->end;) {
        struct region *owner = NULL;
        struct mapping *mapping = mapping_at(region, at, &owner);
        mapping->perms = perms;
        at = mapping->range.end;
    }
    return ZX_OK;
}

zx_status_t region_protect(struct region *region, const struct region_span *span,
                           zx_vm_option_t perms)
{
    region_lock();
    zx_status_t status = protect_locked(region, span, perms);
    region_unlock();
    return status;
}

struct operation {
    uint32_t number;
    bool is_for_direct; /* mappings only: it enters no region */
    bool needs_write;
    zx_status_t (*apply)(struct vmo *vmo, uint64_t offset, uint64_t size); /* NULL: a hint */
};

static const struct operation operations[] = {
    {ZX_VMAR_OP_COMMIT,      true,  true,  vmo_commit  },
    {ZX_VMAR_OP_DECOMMIT,    true,  true,  vmo_decommit},
    {ZX_VMAR_OP_PREFETCH,    true,  false, vmo_prefetch},
    {ZX_VMAR_OP_ZERO,        false, true,  vmo_zero    },
    {ZX_VMAR_OP_MAP_RANGE,   false, false, NULL        },
    {ZX_VMAR_OP_DONT_NEED,   false, false, NULL        },
    {ZX_VMAR_OP_ALWAYS_NEED, false, false, NULL        },
};

static const struct operation *operation_of(uint32_t number)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (operations[i].number == number) {
            return &operations[i];
        }
    }
    return NULL;
}

/* To a part of one mapping. */
static zx_status_t apply(const struct operation *operation, struct mapping *mapping, uint64_t start,
                         uint64_t end)
{
    if (operation->needs_write && (mapping->max_perms & ZX_VM_PERM_WRITE) == 0) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (operation->apply != NULL) {
        uint64_t offset = mapping->vmo_offset + (start - mapping->range.start);
        return operation->apply(mapping->vmo, offset, end - start);
    }
    if (operation->number == ZX_VMAR_OP_MAP_RANGE) {
        mapping_populate(mapping, start, end);
    }
    return ZX_OK;
}

/* Whether a deeper region begins to cover the range at this address. */
static bool is_deeper(const struct region *region, uint64_t address)
{
    const struct interval *found = interval_tree_find(&region->tenants, address);
    return found != NULL && found->start <= address && found->kind == TENANT_REGION;
}

static zx_status_t op_locked(struct region *region, const struct region_span *span,
                             const struct operation *operation)
{
    bool may_enter = span->may_enter && !operation->is_for_direct;
    zx_status_t status = ZX_OK;
    if (!region_has(region, span->start, span->end)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if (region->is_destroyed) {
        return ZX_ERR_BAD_STATE;
    }
    for (uint64_t at = span->start; at < span->end && status == ZX_OK;) {
        struct region *owner = NULL;
        if (!may_enter && is_deeper(region, at)) {
            return ZX_ERR_INVALID_ARGS;
        }
        struct mapping *mapping = mapping_at(region, at, &owner);
        if (mapping == NULL) {
            return ZX_ERR_BAD_STATE;
        }
        uint64_t end = mapping->range.end < span->end ? mapping->range.end : span->end;
        status = apply(operation, mapping, at, end);
        at = end;
    }
    return status;
}

zx_status_t region_op(struct region *region, const struct region_span *span, uint32_t op)
{
    const struct operation *operation = operation_of(op);
    if (operation == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    region_lock();
    zx_status_t status = op_locked(region, span, operation);
    region_unlock();
    return status;
}

zx_status_t region_follow_stream(struct extent *extent)
{
    zx_status_t status = ZX_OK;
    region_lock();
    list_for_each (it, &extent->bounded_mappings) {
        zx_status_t followed =
            mapping_follow_stream(container_of(it, struct mapping, bounded_link));
        status = status == ZX_OK ? followed : status;
    }
    region_unlock();
    return status;
}
