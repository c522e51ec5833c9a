#include "space_model.h"

#include <string.h>

#include <zircon/syscalls.h>

#define PERMS    (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)
#define CAN_MAP  (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE)
#define IS_FIXED (ZX_VM_SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE)

void space_init(struct space *space, uint64_t base)
{
    memset(space, 0, sizeof(*space));
    space->base = base;
    space->regions[0] =
        (struct space_region){.parent = -1, .end = SPACE_PAGES, .has_specific = true};
    space->region_count = 1;
    for (int i = 0; i < SPACE_PAGES; i++) {
        space->pages[i].vmo = -1;
    }
}

static bool has(uint64_t bits, uint64_t bit)
{
    return (bits & bit) != 0;
}

static bool is_aligned(uint64_t v)
{
    return v % SPACE_PAGE == 0;
}

/* Rounded up to pages; what cannot be is 0. */
static uint64_t whole_pages(uint64_t size)
{
    return (size + SPACE_PAGE - 1) / SPACE_PAGE * SPACE_PAGE;
}

static zx_rights_t rights_of_perms(zx_vm_option_t options)
{
    return (has(options, ZX_VM_PERM_READ) ? ZX_RIGHT_READ : 0) |
           (has(options, ZX_VM_PERM_WRITE) ? ZX_RIGHT_WRITE : 0) |
           (has(options, ZX_VM_PERM_EXECUTE) ? ZX_RIGHT_EXECUTE : 0);
}

static bool lacks_read(zx_vm_option_t options)
{
    return has(options, PERMS) && !has(options, ZX_VM_PERM_READ);
}

/* The live region right below `region` that has the page, or -1. */
static int child_at(const struct space *space, int region, uint64_t page)
{
    for (int i = 0; i < space->region_count; i++) {
        const struct space_region *child = &space->regions[i];
        if (!child->is_dead && child->parent == region && page >= child->start &&
            page < child->end) {
            return i;
        }
    }
    return -1;
}

static bool is_free(const struct space *space, int region, uint64_t page)
{
    const struct space_page *here = &space->pages[page];
    return (here->vmo < 0 || here->region != region) && child_at(space, region, page) < 0;
}

/* Whether a range of the window is free in the region, at an address that is right. */
static bool is_place(const struct space *space, const struct space_call *call, uint64_t start,
                     uint64_t count)
{
    const struct space_region *region = &space->regions[call->region];
    uint64_t end = has(call->options, ZX_VM_OFFSET_IS_UPPER_LIMIT)
                       ? region->start + call->at / SPACE_PAGE
                       : region->end;
    uint64_t align = UINT64_C(1) << (call->options >> ZX_VM_ALIGN_BASE);
    if (start < region->start || start + count > end ||
        (space->base + start * SPACE_PAGE) % align != 0) {
        return false;
    }
    for (uint64_t i = start; i < start + count; i++) {
        if (!is_free(space, call->region, i)) {
            return false;
        }
    }
    return true;
}

static bool is_there_a_place(const struct space *space, const struct space_call *call,
                             uint64_t count)
{
    for (uint64_t start = 0; start < SPACE_PAGES; start++) {
        if (is_place(space, call, start, count)) {
            return true;
        }
    }
    return false;
}

/* Whether the numbers that a call gives lie in the region. */
static bool is_in_bounds(const struct space_region *region, const struct space_call *call,
                         uint64_t size)
{
    uint64_t space = (region->end - region->start) * SPACE_PAGE;
    if (has(call->options, ZX_VM_OFFSET_IS_UPPER_LIMIT)) {
        return call->at <= space && size <= space && size <= call->at;
    }
    return call->at < space && size <= space - call->at;
}

/* A place that the caller has chosen. */
static zx_status_t judge_fixed(const struct space *space, const struct space_call *call,
                               uint64_t start, uint64_t count)
{
    uint64_t align = UINT64_C(1) << (call->options >> ZX_VM_ALIGN_BASE);
    if ((space->base + start * SPACE_PAGE) % align != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    for (uint64_t i = start; i < start + count; i++) {
        if (has(call->options, ZX_VM_SPECIFIC_OVERWRITE)) {
            if (child_at(space, call->region, i) >= 0) {
                return ZX_ERR_INVALID_ARGS;
            }
        } else if (!is_free(space, call->region, i)) {
            return ZX_ERR_ALREADY_EXISTS;
        }
    }
    return ZX_OK;
}

/* What allocate and map have in common. */
static zx_status_t judge_place(const struct space *space, const struct space_call *call,
                               uint64_t size, uint64_t got, uint64_t *ret_start)
{
    const struct space_region *region = &space->regions[call->region];
    bool is_fixed = has(call->options, IS_FIXED);
    bool is_limit = has(call->options, ZX_VM_OFFSET_IS_UPPER_LIMIT);
    if (region->is_dead) {
        return ZX_ERR_BAD_STATE;
    }
    if (size == 0 || (is_fixed && is_limit) || (call->at != 0 && !is_fixed && !is_limit) ||
        !is_aligned(call->at)) {
        return ZX_ERR_INVALID_ARGS;
    }
    if ((is_fixed || is_limit) && !region->has_specific) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (!is_in_bounds(region, call, size)) {
        return ZX_ERR_INVALID_ARGS;
    }
    uint64_t count = size / SPACE_PAGE;
    if (is_fixed) {
        *ret_start = region->start + call->at / SPACE_PAGE;
        return judge_fixed(space, call, *ret_start, count);
    }
    if (!is_there_a_place(space, call, count)) {
        return ZX_ERR_NO_MEMORY;
    }
    *ret_start = (got - space->base) / SPACE_PAGE;
    bool is_right =
        is_aligned(got) && *ret_start < SPACE_PAGES && is_place(space, call, *ret_start, count);
    return is_right ? ZX_OK : SPACE_BAD_PLACE;
}

static bool has_bad_bits(zx_vm_option_t options)
{
    zx_vm_option_t align = options >> 24;
    return has(options, 0xFF0000) || (align != 0 && align < 10) || align > 32;
}

zx_status_t space_allocate(struct space *space, const struct space_call *call, uint64_t got)
{
    uint64_t start = 0;
    zx_vm_option_t options = call->options;
    if ((has(options, ZX_VM_CAN_MAP_READ) && !has(call->rights, ZX_RIGHT_READ)) ||
        (has(options, ZX_VM_CAN_MAP_WRITE) && !has(call->rights, ZX_RIGHT_WRITE)) ||
        (has(options, ZX_VM_CAN_MAP_EXECUTE) && !has(call->rights, ZX_RIGHT_EXECUTE))) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (has_bad_bits(options) || has(options, PERMS) || !is_aligned(call->size) ||
        has(options, ZX_VM_SPECIFIC_OVERWRITE | ZX_VM_MAP_RANGE | ZX_VM_REQUIRE_NON_RESIZABLE |
                         ZX_VM_ALLOW_FAULTS | ZX_VM_FAULT_BEYOND_STREAM_SIZE)) {
        return ZX_ERR_INVALID_ARGS;
    }
    zx_status_t status = judge_place(space, call, call->size, got, &start);
    if (status == ZX_OK) {
        space->regions[space->region_count++] = (struct space_region){
            .parent = call->region,
            .start = start,
            .end = start + call->size / SPACE_PAGE,
            .has_specific = has(options, ZX_VM_CAN_MAP_SPECIFIC),
        };
    }
    return status;
}

static zx_status_t judge_map(const struct space *space, const struct space_call *call)
{
    zx_vm_option_t options = call->options;
    if (!has(call->vmo_rights, ZX_RIGHT_MAP)) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (lacks_read(options) || has(options, CAN_MAP) ||
        (has(options, ZX_VM_MAP_RANGE) && has(options, ZX_VM_SPECIFIC_OVERWRITE))) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (has(rights_of_perms(options), ~(call->rights & call->vmo_rights))) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (has_bad_bits(options) ||
        (has(options, ZX_VM_FAULT_BEYOND_STREAM_SIZE) && !has(options, ZX_VM_ALLOW_FAULTS))) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (has(options, ZX_VM_REQUIRE_NON_RESIZABLE) && space->vmos[call->vmo].is_resizable) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    if (has(options, ZX_VM_COMPACT | ZX_VM_CAN_MAP_SPECIFIC) || !is_aligned(call->vmo_offset)) {
        return ZX_ERR_INVALID_ARGS;
    }
    uint64_t size = whole_pages(call->size);
    bool wraps = size < call->size || call->vmo_offset + size < size;
    return wraps ? ZX_ERR_OUT_OF_RANGE : ZX_OK;
}

zx_status_t space_map(struct space *space, const struct space_call *call, uint64_t got)
{
    uint64_t start = 0;
    uint64_t size = whole_pages(call->size);
    zx_status_t status = judge_map(space, call);
    if (status == ZX_OK) {
        status = judge_place(space, call, size, got, &start);
    }
    for (uint64_t i = 0; status == ZX_OK && i < size / SPACE_PAGE; i++) {
        space->pages[start + i] = (struct space_page){
            .vmo = call->vmo,
            .region = call->region,
            .vmo_page = call->vmo_offset / SPACE_PAGE + i,
            .perms = call->options & PERMS,
            .max = call->rights & call->vmo_rights,
            .is_bounded = has(call->options, ZX_VM_FAULT_BEYOND_STREAM_SIZE),
        };
    }
    return status;
}

/* The range of a call in pages of the window; false: not inside the region. */
static bool range_of(const struct space *space, const struct space_call *call, uint64_t *ret_start,
                     uint64_t *ret_end)
{
    const struct space_region *region = &space->regions[call->region];
    uint64_t size = whole_pages(call->size);
    uint64_t low = space->base + region->start * SPACE_PAGE;
    uint64_t high = space->base + region->end * SPACE_PAGE;
    if (call->at < low || call->at >= high || size > high - call->at) {
        return false;
    }
    *ret_start = (call->at - space->base) / SPACE_PAGE;
    *ret_end = *ret_start + size / SPACE_PAGE;
    return true;
}

static void wipe(struct space *space, uint64_t start, uint64_t end)
{
    for (uint64_t i = start; i < end; i++) {
        space->pages[i].vmo = -1;
    }
}

/* Kills a region and those below it. */
static void kill_region(struct space *space, int region)
{
    space->regions[region].is_dead = true;
    wipe(space, space->regions[region].start, space->regions[region].end);
    for (int i = 0; i < space->region_count; i++) {
        if (!space->regions[i].is_dead && space->regions[i].parent == region) {
            kill_region(space, i);
        }
    }
}

zx_status_t space_unmap(struct space *space, const struct space_call *call)
{
    uint64_t start;
    uint64_t end;
    if (!is_aligned(call->at) || whole_pages(call->size) == 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (space->regions[call->region].is_dead) {
        return ZX_ERR_BAD_STATE;
    }
    if (!range_of(space, call, &start, &end)) {
        return ZX_ERR_INVALID_ARGS;
    }
    for (uint64_t i = start; i < end; i++) {
        int child = child_at(space, call->region, i);
        if (child >= 0 &&
            (!has(call->rights, ZX_RIGHT_OP_CHILDREN) || space->regions[child].start < start ||
             space->regions[child].end > end)) {
            return ZX_ERR_INVALID_ARGS;
        }
    }
    for (uint64_t i = start; i < end; i++) {
        int child = child_at(space, call->region, i);
        if (child >= 0) {
            kill_region(space, child);
        }
    }
    wipe(space, start, end);
    return ZX_OK;
}

static zx_status_t judge_protect(const struct space_call *call, const struct space_page *page)
{
    if (page->vmo < 0) {
        return ZX_ERR_NOT_FOUND;
    }
    if (has(rights_of_perms(call->options), ~page->max)) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (page->region == call->region) {
        return ZX_OK;
    }
    if (!has(call->rights, ZX_RIGHT_OP_CHILDREN)) {
        return ZX_ERR_INVALID_ARGS;
    }
    return has(call->options, ~page->perms) ? ZX_ERR_ACCESS_DENIED : ZX_OK;
}

zx_status_t space_protect(struct space *space, const struct space_call *call)
{
    uint64_t start;
    uint64_t end;
    if (has(rights_of_perms(call->options), ~call->rights)) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (lacks_read(call->options) || has(call->options, ~PERMS) || !is_aligned(call->at) ||
        whole_pages(call->size) == 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (space->regions[call->region].is_dead) {
        return ZX_ERR_BAD_STATE;
    }
    if (!range_of(space, call, &start, &end)) {
        return ZX_ERR_INVALID_ARGS;
    }
    for (uint64_t i = start; i < end; i++) {
        zx_status_t status = judge_protect(call, &space->pages[i]);
        if (status != ZX_OK) {
            return status;
        }
    }
    for (uint64_t i = start; i < end; i++) {
        space->pages[i].perms = call->options;
    }
    return ZX_OK;
}

zx_status_t space_destroy(struct space *space, const struct space_call *call)
{
    if (!has(call->rights, ZX_RIGHT_OP_CHILDREN)) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (space->regions[call->region].is_dead) {
        return ZX_ERR_BAD_STATE;
    }
    kill_region(space, call->region);
    return ZX_OK;
}

char *space_byte(struct space *space, int vmo, uint64_t page)
{
    const struct space_vmo *shown = &space->vmos[vmo];
    return &space->vmos[shown->store].contents[shown->store_page + page];
}

/* Those that go no deeper than the region's own mappings. */
static bool is_for_direct(uint32_t op)
{
    return op == ZX_VMAR_OP_COMMIT || op == ZX_VMAR_OP_DECOMMIT || op == ZX_VMAR_OP_PREFETCH;
}

static bool empties(uint32_t op)
{
    return op == ZX_VMAR_OP_DECOMMIT || op == ZX_VMAR_OP_ZERO;
}

static bool is_op(uint32_t op)
{
    return is_for_direct(op) || empties(op) || op == ZX_VMAR_OP_MAP_RANGE ||
           op == ZX_VMAR_OP_DONT_NEED || op == ZX_VMAR_OP_ALWAYS_NEED;
}

static zx_status_t judge_op(const struct space *space, const struct space_call *call, uint64_t at)
{
    const struct space_page *page = &space->pages[at];
    bool may_enter = has(call->rights, ZX_RIGHT_OP_CHILDREN) && !is_for_direct(call->op);
    bool writes = empties(call->op) || call->op == ZX_VMAR_OP_COMMIT;
    if (child_at(space, call->region, at) >= 0 && !may_enter) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (page->vmo < 0) {
        return ZX_ERR_BAD_STATE;
    }
    if (writes && !has(page->max, ZX_RIGHT_WRITE)) {
        return ZX_ERR_ACCESS_DENIED;
    }
    bool is_bounded = writes || call->op == ZX_VMAR_OP_PREFETCH;
    return is_bounded && page->vmo_page >= space->vmos[page->vmo].size_pages ? ZX_ERR_OUT_OF_RANGE
                                                                             : ZX_OK;
}

zx_status_t space_op(struct space *space, const struct space_call *call,
                     bool (*keep)(void *arg, int vmo, uint64_t page), void *arg)
{
    uint64_t start;
    uint64_t end;
    zx_status_t status = ZX_OK;
    if (!is_aligned(call->at) || whole_pages(call->size) == 0 || !is_op(call->op)) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (!range_of(space, call, &start, &end)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if (space->regions[call->region].is_dead) {
        return ZX_ERR_BAD_STATE;
    }
    uint64_t done = start;
    while (done < end && (status = judge_op(space, call, done)) == ZX_OK) {
        done++;
    }
    for (uint64_t i = start; empties(call->op) && i < done; i++) {
        const struct space_page *page = &space->pages[i];
        if (status == ZX_OK || !keep(arg, page->vmo, page->vmo_page)) {
            *space_byte(space, page->vmo, page->vmo_page) = 0;
        }
    }
    return status;
}

bool space_is_backed(const struct space *space, const struct space_page *page)
{
    const struct space_vmo *vmo = &space->vmos[page->vmo];
    return page->vmo_page < vmo->pages && (!page->is_bounded || page->vmo_page < vmo->stream_pages);
}
