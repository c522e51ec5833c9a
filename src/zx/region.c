#include "zx/region.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <zircon/syscalls.h>

#include "zx/status.h"

#define GIB          ((uint64_t)1 << 30)
#define ROOT_ALIGN   (4 * GIB) /* the widest alignment that can be asked for */
#define ROOT_LARGEST (1024 * GIB)
#define ROOT_LEAST   (8 * GIB)

/* Pages that are a mapping each. */
#define STOCK_PAGES 8U

/* A part of a VMO in a region. Cutting one leaves up to two of them. */
struct mapping {
    struct interval interval;
    struct vmo *vmo;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void region_free(struct object *object)
{
    /* The library holds the root for as long as the process lives. */
    (void)object;
    assert(false);
}

static const struct object_kind region_kind = {
    .type = ZX_OBJ_TYPE_VMAR,
    .default_rights = ZX_DEFAULT_VMAR_RIGHTS,
    .settable = ZX_USER_SIGNAL_ALL,
    .free = region_free,
};

static void *address_of(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

/* Address space without access or memory; at `address` if `fixed` says so. */
static bool reserve(uint64_t *address, uint64_t size, int fixed)
{
    void *at = mmap(address_of(*address), size, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
    if (at == MAP_FAILED) {
        return false;
    }
    *address = (uintptr_t)at;
    return true;
}

/* Reserves an aligned range by reserving more and cutting both ends off. */
static bool reserve_aligned(uint64_t size, uint64_t *ret_base)
{
    uint64_t start = 0;
    if (!reserve(&start, size + ROOT_ALIGN, 0)) {
        return false;
    }
    uint64_t base = (start + ROOT_ALIGN - 1) & ~(ROOT_ALIGN - 1);
    uint64_t tail = start + ROOT_ALIGN - base;
    if (base > start) {
        (void)munmap(address_of(start), base - start);
    }
    if (tail > 0) {
        (void)munmap(address_of(base + size), tail);
    }
    *ret_base = base;
    return true;
}

/* A process that has vm.max_map_count mappings cannot even put a reservation back. A few mappings
 * are kept in stock, to be given up for that: what is mapped can always be unmapped. */
static void stock_fill(struct region *region)
{
    size_t page = zx_system_get_page_size();
    /* Shared, so that it never melts into a neighbour. */
    char *stock = mmap(NULL, STOCK_PAGES * page, PROT_NONE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stock == MAP_FAILED) {
        return; /* near the limit: the next unmapping tries again */
    }
    for (size_t i = 1; i < STOCK_PAGES; i += 2) {
        (void)mprotect(stock + i * page, page, PROT_READ);
    }
    region->stock = stock;
}

static bool stock_spend(struct region *region)
{
    if (region->stock == NULL) {
        return false;
    }
    (void)munmap(region->stock, (size_t)STOCK_PAGES * zx_system_get_page_size());
    region->stock = NULL;
    return true;
}

struct region *region_new_root(void)
{
    struct region *region = calloc(1, sizeof(*region));
    if (region == NULL) {
        return NULL;
    }
    /* Limits (RLIMIT_AS) and sanitizers leave less room to some processes. */
    for (uint64_t size = ROOT_LARGEST; size >= ROOT_LEAST; size /= 2) {
        if (reserve_aligned(size, &region->base)) {
            region->size = size;
            stock_fill(region);
            object_init(&region->object, &region_kind, ZX_KOID_INVALID, ZX_SIGNAL_NONE);
            return region;
        }
    }
    free(region);
    return NULL;
}

static struct mapping *mapping_of(struct interval *interval)
{
    return interval == NULL ? NULL : container_of(interval, struct mapping, interval);
}

/* The lowest mapping that reaches into a range, or NULL. */
static struct mapping *mapping_in(const struct region *region, uint64_t start, uint64_t end)
{
    struct interval *found = interval_tree_find(&region->mappings, start);
    return found != NULL && found->start < end ? mapping_of(found) : NULL;
}

/* Turns a prepared mapping into one of `vmo` at [start, end). */
static void mapping_insert(struct region *region, struct mapping *mapping, struct vmo *vmo,
                           uint64_t start, uint64_t end)
{
    object_ref(&vmo->object);
    (void)atomic_fetch_add(&vmo->mappings, 1);
    *mapping = (struct mapping){
        .interval = {.start = start, .end = end},
          .vmo = vmo
    };
    interval_tree_insert(&region->mappings, &mapping->interval);
}

static void mapping_remove(struct region *region, struct mapping *mapping)
{
    interval_tree_remove(&region->mappings, &mapping->interval);
    (void)atomic_fetch_sub(&mapping->vmo->mappings, 1);
    object_unref(&mapping->vmo->object);
    free(mapping);
}

/* Takes a range out of the tree. *spare is used up when the range lies within one mapping, of which
 * two pieces remain then. */
static void forget_range(struct region *region, uint64_t start, uint64_t end,
                         struct mapping **spare)
{
    struct mapping *mapping;
    while ((mapping = mapping_in(region, start, end)) != NULL) {
        uint64_t old_start = mapping->interval.start;
        uint64_t old_end = mapping->interval.end;
        if (old_start >= start && old_end <= end) {
            mapping_remove(region, mapping);
            continue;
        }
        interval_tree_remove(&region->mappings, &mapping->interval);
        mapping->interval.start = old_start < start ? old_start : end;
        mapping->interval.end = old_start < start ? start : old_end;
        interval_tree_insert(&region->mappings, &mapping->interval);
        if (old_start < start && old_end > end) {
            assert(*spare != NULL); /* ranges do not overlap: only one has both ends outside */
            mapping_insert(region, *spare, mapping->vmo, end, old_end);
            *spare = NULL;
        }
    }
}

/* Whether [offset, offset + size) or, below an upper limit, any such range lies inside the region.
 */
static bool is_inside(const struct region *region, uint64_t offset, uint64_t size, bool is_limit)
{
    if (is_limit) {
        return offset <= region->size && size <= region->size && size <= offset;
    }
    return offset < region->size && size <= region->size - offset;
}

/* Where a range of pages goes: the rules that mappings and regions have in common, in Zircon's
 * order. */
static zx_status_t region_place(const struct region *region, zx_vm_option_t options,
                                uint64_t offset, uint64_t size, uint64_t *ret_start)
{
    bool is_limit = (options & ZX_VM_OFFSET_IS_UPPER_LIMIT) != 0;
    bool is_fixed = (options & (ZX_VM_SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE)) != 0;
    uint64_t page = zx_system_get_page_size();
    uint64_t align = (uint64_t)1 << (options >> ZX_VM_ALIGN_BASE);
    if (size == 0 || (is_fixed && is_limit) || (offset != 0 && !is_fixed && !is_limit) ||
        offset % page != 0 || !is_inside(region, offset, size, is_limit)) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (!is_fixed) {
        struct interval_hole hole = {
            .low = region->base,
            .high = region->base + (is_limit ? offset : region->size),
            .size = size,
            .align = align > page ? align : 1, /* everything here is whole pages */
        };
        return interval_tree_find_hole(&region->mappings, &hole, ret_start) ? ZX_OK
                                                                            : ZX_ERR_NO_MEMORY;
    }
    uint64_t start = region->base + offset;
    if ((start & (align - 1)) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if ((options & ZX_VM_SPECIFIC_OVERWRITE) == 0 &&
        mapping_in(region, start, start + size) != NULL) {
        return ZX_ERR_ALREADY_EXISTS;
    }
    *ret_start = start;
    return ZX_OK;
}

/* Maps the first `size` bytes of what is asked for. */
static zx_status_t map_file(const struct map_request *request, uint64_t start, uint64_t size)
{
    zx_vm_option_t options = request->options;
    int protection = ((options & ZX_VM_PERM_READ) != 0 ? PROT_READ : 0) |
                     ((options & ZX_VM_PERM_WRITE) != 0 ? PROT_WRITE : 0) |
                     ((options & ZX_VM_PERM_EXECUTE) != 0 ? PROT_EXEC : 0);
    int flags = MAP_SHARED | MAP_FIXED | ((options & ZX_VM_MAP_RANGE) != 0 ? MAP_POPULATE : 0);
    if (size == 0 || mmap(address_of(start), size, protection, flags, request->vmo->fd,
                          (off_t)(request->vmo->offset + request->vmo_offset)) != MAP_FAILED) {
        return ZX_OK;
    }
    zx_status_t status = status_from_errno(errno);
    /* Kernels before 6.12 may have taken the reservation away before they refused. If so, put it
     * back. */
    (void)reserve(&start, size, MAP_FIXED_NOREPLACE);
    return status;
}

/* Puts the reservation back where something is mapped. *spare as in forget_range(). */
static zx_status_t unmap_locked(struct region *region, uint64_t start, uint64_t end,
                                struct mapping **spare)
{
    zx_status_t status = ZX_OK;
    if (mapping_in(region, start, end) == NULL) {
        return ZX_OK;
    }
    if (reserve(&start, end - start, MAP_FIXED) ||
        (stock_spend(region) && reserve(&start, end - start, MAP_FIXED))) {
        forget_range(region, start, end, spare);
    } else {
        status = status_from_errno(errno);
    }
    if (region->stock == NULL) {
        stock_fill(region);
    }
    return status;
}

static zx_status_t map_locked(struct region *region, const struct map_request *request,
                              struct mapping *mapping, struct mapping **spare, uint64_t *ret_start)
{
    uint64_t start = 0;
    zx_status_t status =
        region_place(region, request->options, request->region_offset, request->size, &start);
    uint64_t end = start + request->size;
    uint64_t file_end = start + vmo_mappable(request->vmo, request->vmo_offset, request->size);
    if (status == ZX_OK && file_end < end) { /* beyond a slice there is nothing */
        status = unmap_locked(region, file_end, end, spare);
    }
    if (status == ZX_OK) {
        status = map_file(request, start, file_end - start);
    }
    if (status == ZX_OK) {
        forget_range(region, start, end, spare);
        mapping_insert(region, mapping, request->vmo, start, end);
        *ret_start = start;
    }
    return status;
}

zx_status_t region_map(struct region *region, const struct map_request *request,
                       zx_vaddr_t *ret_address)
{
    /* All memory first, so that the tree can follow once the kernel has acted. */
    struct mapping *mapping = malloc(sizeof(*mapping));
    struct mapping *spare = malloc(sizeof(*spare));
    zx_status_t status = ZX_ERR_NO_MEMORY;
    uint64_t start = 0;
    if (mapping != NULL && spare != NULL) {
        (void)pthread_mutex_lock(&lock);
        status = map_locked(region, request, mapping, &spare, &start);
        (void)pthread_mutex_unlock(&lock);
    }
    free(spare);
    if (status != ZX_OK) {
        free(mapping);
        return status;
    }
    *ret_address = start;
    return ZX_OK;
}

zx_status_t region_unmap(struct region *region, uint64_t address, uint64_t size)
{
    if (address < region->base || !is_inside(region, address - region->base, size, false)) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct mapping *spare = malloc(sizeof(*spare));
    if (spare == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    (void)pthread_mutex_lock(&lock);
    zx_status_t status = unmap_locked(region, address, address + size, &spare);
    (void)pthread_mutex_unlock(&lock);
    free(spare);
    return status;
}
