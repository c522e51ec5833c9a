#include "zx/region.h"

#include <assert.h>
#include <stdlib.h>

#include <zircon/syscalls.h>

#include "zx/reservation.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void region_lock(void)
{
    (void)pthread_mutex_lock(&lock);
}

void region_unlock(void)
{
    (void)pthread_mutex_unlock(&lock);
}

/* The library holds the root, and a region holds those in it: only a destroyed one goes. */
static void region_free(struct object *object)
{
    struct region *region = region_of(object);
    assert(region->is_destroyed && region->tenants.root == NULL);
    free(region);
}

static const struct object_kind region_kind = {
    .type = ZX_OBJ_TYPE_VMAR,
    .default_rights = ZX_DEFAULT_VMAR_RIGHTS,
    .settable = ZX_USER_SIGNAL_ALL,
    .free = region_free,
};

static struct region *region_new(uint64_t start, uint64_t end, bool can_map_specific)
{
    struct region *region = calloc(1, sizeof(*region));
    if (region != NULL) {
        region->range = (struct interval){.start = start, .end = end, .kind = TENANT_REGION};
        region->can_map_specific = can_map_specific;
        object_init(&region->object, &region_kind, ZX_KOID_INVALID, ZX_SIGNAL_NONE);
    }
    return region;
}

struct region *region_new_root(void)
{
    uint64_t start;
    uint64_t end;
    return reservation_make(&start, &end) ? region_new(start, end, true) : NULL;
}

bool region_has(const struct region *region, uint64_t start, uint64_t end)
{
    return start >= region->range.start && start < end && end <= region->range.end;
}

/* The lowest tenant that reaches into a range, or NULL. */
static struct interval *tenant_in(const struct region *region, uint64_t start, uint64_t end)
{
    struct interval *found = interval_tree_find(&region->tenants, start);
    return found != NULL && found->start < end ? found : NULL;
}

static void drop_mapping(struct region *region, struct mapping *mapping)
{
    interval_tree_remove(&region->tenants, &mapping->range);
    mapping_free(mapping);
}

/* Takes an empty region out of its parent. */
static void detach(struct region *region)
{
    interval_tree_remove(&region->parent->tenants, &region->range);
    region->parent = NULL;
    region->is_destroyed = true;
    object_unref(&region->object);
}

/* Empties a region whose address space has been put back. However deep regions are nested, this
 * takes no more stack. */
static void empty(struct region *top)
{
    struct region *region = top;
    for (;;) {
        struct interval *tenant = region->tenants.root;
        if (tenant == NULL && region == top) {
            return;
        }
        if (tenant == NULL) {
            struct region *parent = region->parent;
            detach(region);
            region = parent;
        } else if (tenant->kind == TENANT_REGION) {
            region = region_at(tenant);
        } else {
            drop_mapping(region, mapping_of(tenant));
        }
    }
}

zx_status_t region_cut(struct region *region, uint64_t address)
{
    struct interval *found = interval_tree_find(&region->tenants, address);
    if (found == NULL || found->start >= address || found->kind != TENANT_MAPPING) {
        return ZX_OK;
    }
    struct mapping *lower = mapping_of(found);
    if ((address - lower->range.start) % lower->page != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    interval_tree_remove(&region->tenants, found);
    struct mapping *upper = mapping_split(lower, address);
    interval_tree_insert(&region->tenants, &lower->range);
    if (upper == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    interval_tree_insert(&region->tenants, &upper->range);
    return ZX_OK;
}

/* Memory first, so that the tree can follow once the kernel has acted. */
static zx_status_t cut_ends(struct region *region, uint64_t start, uint64_t end)
{
    zx_status_t status = region_cut(region, start);
    return status == ZX_OK ? region_cut(region, end) : status;
}

/* Takes a range out of the tree whose ends no tenant goes across. */
static void forget_range(struct region *region, uint64_t start, uint64_t end)
{
    struct interval *tenant;
    for (uint64_t at = start; at < end && (tenant = tenant_in(region, at, end)) != NULL;) {
        assert(tenant->start >= start && tenant->end <= end);
        at = tenant->end;
        if (tenant->kind == TENANT_REGION) {
            empty(region_at(tenant));
            detach(region_at(tenant));
        } else {
            drop_mapping(region, mapping_of(tenant));
        }
    }
}

/* Whether all regions in a range may be removed with it. */
static bool is_removable(const struct region *region, uint64_t start, uint64_t end, bool may_enter)
{
    const struct interval *tenant;
    for (uint64_t at = start; (tenant = tenant_in(region, at, end)) != NULL; at = tenant->end) {
        if (tenant->kind == TENANT_REGION &&
            (!may_enter || tenant->start < start || tenant->end > end)) {
            return false;
        }
    }
    return true;
}

/* Where a range of pages goes: the rules that mappings and regions have in common, in Zircon's
 * order. */
struct place {
    zx_vm_option_t options;
    uint64_t offset;
    uint64_t size;
    bool is_limit;
    bool is_fixed;
};

static struct place place_of(zx_vm_option_t options, uint64_t offset, uint64_t size)
{
    return (struct place){
        .options = options,
        .offset = offset,
        .size = size,
        .is_limit = (options & ZX_VM_OFFSET_IS_UPPER_LIMIT) != 0,
        .is_fixed = (options & (ZX_VM_SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE)) != 0,
    };
}

/* Whether [offset, offset + size) or, below an upper limit, any such range lies inside the region.
 */
static bool is_inside(const struct region *region, const struct place *place)
{
    uint64_t space = region->range.end - region->range.start;
    if (place->is_limit) {
        return place->offset <= space && place->size <= space && place->size <= place->offset;
    }
    return place->offset < space && place->size <= space - place->offset;
}

static zx_status_t check_place(const struct region *region, const struct place *place)
{
    if (region->is_destroyed) {
        return ZX_ERR_BAD_STATE;
    }
    if (place->size == 0 || (place->is_fixed && place->is_limit) ||
        (place->offset != 0 && !place->is_fixed && !place->is_limit) ||
        place->offset % zx_system_get_page_size() != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if ((place->is_fixed || place->is_limit) && !region->can_map_specific) {
        return ZX_ERR_ACCESS_DENIED;
    }
    return is_inside(region, place) ? ZX_OK : ZX_ERR_INVALID_ARGS;
}

static zx_status_t find_place(const struct region *region, const struct place *place,
                              uint64_t *ret_start)
{
    uint64_t align = (uint64_t)1 << (place->options >> ZX_VM_ALIGN_BASE);
    if (!place->is_fixed) {
        struct interval_hole hole = {
            .low = region->range.start,
            .high = place->is_limit ? region->range.start + place->offset : region->range.end,
            .size = place->size,
            .align = align > zx_system_get_page_size() ? align : 1, /* all here is whole pages */
        };
        return interval_tree_find_hole(&region->tenants, &hole, ret_start) ? ZX_OK
                                                                           : ZX_ERR_NO_MEMORY;
    }
    uint64_t start = region->range.start + place->offset;
    uint64_t end = start + place->size;
    if ((start & (align - 1)) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if ((place->options & ZX_VM_SPECIFIC_OVERWRITE) != 0) {
        *ret_start = start;
        return is_removable(region, start, end, false) ? ZX_OK : ZX_ERR_INVALID_ARGS;
    }
    *ret_start = start;
    return tenant_in(region, start, end) == NULL ? ZX_OK : ZX_ERR_ALREADY_EXISTS;
}

static zx_status_t allocate_locked(struct region *parent, const struct place *place,
                                   struct region **ret_child)
{
    uint64_t start = 0;
    zx_status_t status = check_place(parent, place);
    if (status == ZX_OK) {
        status = find_place(parent, place, &start);
    }
    if (status != ZX_OK) {
        return status;
    }
    if (ret_child == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct region *child =
        region_new(start, start + place->size, (place->options & ZX_VM_CAN_MAP_SPECIFIC) != 0);
    if (child == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    object_ref(&child->object); /* the parent's */
    child->parent = parent;
    interval_tree_insert(&parent->tenants, &child->range);
    *ret_child = child;
    return ZX_OK;
}

zx_status_t region_allocate(struct region *parent, zx_vm_option_t options, uint64_t offset,
                            uint64_t size, struct region **ret_child)
{
    struct place place = place_of(options, offset, size);
    region_lock();
    zx_status_t status = allocate_locked(parent, &place, ret_child);
    region_unlock();
    return status;
}

static zx_status_t destroy_locked(struct region *region)
{
    if (region->is_destroyed) {
        return ZX_ERR_BAD_STATE;
    }
    if (region->parent == NULL) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    if (region->tenants.root != NULL) {
        zx_status_t status = reservation_restore(region->range.start, region->range.end);
        if (status != ZX_OK) {
            return status;
        }
    }
    empty(region);
    detach(region);
    return ZX_OK;
}

zx_status_t region_destroy(struct region *region)
{
    region_lock();
    zx_status_t status = destroy_locked(region);
    region_unlock();
    return status;
}

/* Puts a mapping where others may be. */
static zx_status_t enter(struct region *region, struct mapping *mapping, zx_vm_option_t options)
{
    uint64_t start = mapping->range.start;
    uint64_t end = mapping->range.end;
    uint64_t lost;
    if ((options & ZX_VM_SPECIFIC_OVERWRITE) == 0) {
        return mapping_enter(mapping, options, &lost);
    }
    zx_status_t status = cut_ends(region, start, end);
    if (status == ZX_OK) { /* in case that the kernel takes a part away and then refuses */
        status = region_cut(region, start + mapping->backed);
    }
    if (status == ZX_OK) {
        status = region_cut(region, mapping_seam(mapping));
    }
    if (status == ZX_OK) {
        status = mapping_enter(mapping, options, &lost);
        forget_range(region, lost, end);
    }
    return status;
}

static zx_status_t map_locked(struct region *region, const struct map_request *request,
                              const struct place *place, zx_vaddr_t *ret_address)
{
    uint64_t start = 0;
    zx_status_t status = check_place(region, place);
    if (status == ZX_OK) {
        status = find_place(region, place, &start);
    }
    if (status == ZX_OK && ret_address == NULL) {
        status = ZX_ERR_INVALID_ARGS;
    }
    if (status != ZX_OK) {
        return status;
    }
    struct mapping *mapping = mapping_new(request, start);
    if (mapping == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    status = enter(region, mapping, request->options);
    if (status != ZX_OK) {
        mapping_free(mapping);
        return status;
    }
    interval_tree_insert(&region->tenants, &mapping->range);
    *ret_address = start;
    return ZX_OK;
}

/* The options with as strict an alignment as a page asks for. */
static zx_vm_option_t align_to_page(zx_vm_option_t options, uint64_t page)
{
    zx_vm_option_t flags = options & (((zx_vm_option_t)1 << ZX_VM_ALIGN_BASE) - 1);
    zx_vm_option_t align = (zx_vm_option_t)__builtin_ctzll(page);
    bool is_stricter = page > zx_system_get_page_size() && align > options >> ZX_VM_ALIGN_BASE;
    return is_stricter ? flags | align << ZX_VM_ALIGN_BASE : options;
}

zx_status_t region_map(struct region *region, const struct map_request *request,
                       zx_vaddr_t *ret_address)
{
    zx_vm_option_t options = align_to_page(request->options, vmo_page(request->vmo));
    struct place place = place_of(options, request->region_offset, request->size);
    region_lock();
    zx_status_t status = map_locked(region, request, &place, ret_address);
    region_unlock();
    return status;
}

/* Judges what is in a range that is to be unmapped, and cuts what goes across its ends. */
static zx_status_t prepare_unmap(struct region *region, const struct region_span *span)
{
    return is_removable(region, span->start, span->end, span->may_enter)
               ? cut_ends(region, span->start, span->end)
               : ZX_ERR_INVALID_ARGS;
}

static zx_status_t unmap_locked(struct region *region, const struct region_span *span)
{
    if (region->is_destroyed) {
        return ZX_ERR_BAD_STATE;
    }
    if (!region_has(region, span->start, span->end)) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct interval *first = tenant_in(region, span->start, span->end);
    if (first == NULL) {
        return ZX_OK;
    }
    /* Most often it is what was mapped in one call: nothing has to be judged or cut. */
    bool is_one =
        first->kind == TENANT_MAPPING && first->start == span->start && first->end == span->end;
    struct region_span whole = *span;
    zx_status_t status = ZX_OK;
    if (!is_one) {
        whole.end = region_round_up(region, span->end);
        status = prepare_unmap(region, &whole);
    }
    if (status == ZX_OK) {
        status = reservation_restore(whole.start, whole.end);
    }
    if (status != ZX_OK) {
        return status;
    }
    if (is_one) {
        drop_mapping(region, mapping_of(first));
    } else {
        forget_range(region, whole.start, whole.end);
    }
    return ZX_OK;
}

zx_status_t region_unmap(struct region *region, const struct region_span *span)
{
    region_lock();
    zx_status_t status = unmap_locked(region, span);
    region_unlock();
    return status;
}
