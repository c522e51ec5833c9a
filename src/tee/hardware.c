#include "tee/hardware.h"

#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls.h>

/* Memory at physical addresses. */
struct bank {
    const char *heap_type; /* NULL: there is none */
    struct sysmem_secure_heap_range range;
    zx_handle_t memory;
};

struct hardware {
    struct hardware_config config;
    struct bank dynamic;
    struct bank fixed[HARDWARE_MAX_FIXED];
    struct sysmem_secure_heap_range ranges[HARDWARE_MAX_RANGES];
    size_t range_count;
    bool told_dynamic;
    bool told_physical;
};

static uint64_t end_of(const struct sysmem_secure_heap_range *range)
{
    return range->physical_address + range->size_bytes;
}

static bool same_range(const struct sysmem_secure_heap_range *a,
                       const struct sysmem_secure_heap_range *b)
{
    return a->physical_address == b->physical_address && a->size_bytes == b->size_bytes;
}

static bool covers(const struct sysmem_secure_heap_range *outer,
                   const struct sysmem_secure_heap_range *inner)
{
    return outer->physical_address <= inner->physical_address && end_of(inner) <= end_of(outer);
}

static bool overlap(const struct sysmem_secure_heap_range *a,
                    const struct sysmem_secure_heap_range *b)
{
    return a->physical_address < end_of(b) && b->physical_address < end_of(a);
}

/* --- Life --- */

struct hardware *hardware_new(const struct hardware_config *config)
{
    struct hardware *hardware = calloc(1, sizeof(*hardware));
    if (hardware == NULL) {
        return NULL;
    }
    hardware->config = *config;
    hardware->dynamic.heap_type = config->heap_type;
    for (size_t i = 0; i < config->fixed_count; i++) {
        struct bank *bank = &hardware->fixed[i];
        *bank = (struct bank){config->fixed[i].heap_type, config->fixed[i].range, 0};
        if (zx_vmo_create(bank->range.size_bytes, 0, &bank->memory) != ZX_OK) {
            hardware_free(hardware);
            return NULL;
        }
    }
    return hardware;
}

void hardware_free(struct hardware *hardware)
{
    if (hardware == NULL) {
        return;
    }
    (void)zx_handle_close(hardware->dynamic.memory);
    for (size_t i = 0; i < hardware->config.fixed_count; i++) {
        (void)zx_handle_close(hardware->fixed[i].memory);
    }
    free(hardware);
}

/* --- The daemon's calls --- */

static uint32_t refuse(uint32_t err, const char *why, const char **ret_why)
{
    *ret_why = why;
    return err;
}

static uint32_t deviates(const char *why, const char **ret_why)
{
    return refuse(SYSMEM_ERROR_PROTOCOL_DEVIATION, why, ret_why);
}

uint32_t hardware_get_dynamic(struct hardware *hardware, struct sysmem_secure_heap *ret_heaps,
                              size_t *ret_count, const char **ret_why)
{
    if (hardware->told_dynamic) {
        return deviates("GetDynamicSecureHeaps was called before", ret_why);
    }
    hardware->told_dynamic = true;
    ret_heaps[0] = (struct sysmem_secure_heap){.heap_type = hardware->dynamic.heap_type};
    *ret_count = hardware->dynamic.heap_type == NULL ? 0 : 1;
    return 0;
}

uint32_t hardware_get_physical(struct hardware *hardware, struct sysmem_secure_heap *ret_heaps,
                               size_t *ret_count, const char **ret_why)
{
    if (hardware->told_physical) {
        return deviates("GetPhysicalSecureHeaps was called before", ret_why);
    }
    hardware->told_physical = true;
    *ret_count = hardware->config.fixed_count;
    for (size_t i = 0; i < *ret_count; i++) {
        const struct bank *bank = &hardware->fixed[i];
        ret_heaps[i] = (struct sysmem_secure_heap){
            .heap_type = bank->heap_type, .ranges = &bank->range, .range_count = 1};
    }
    return 0;
}

static bool is_called(const struct bank *bank, const struct sysmem_heap *heap)
{
    return bank->heap_type != NULL && strcmp(bank->heap_type, heap->heap_type) == 0 &&
           (!heap->has.id || heap->id == 0);
}

static const struct bank *bank_of(const struct hardware *hardware, const struct sysmem_heap *heap)
{
    for (size_t i = 0; i < hardware->config.fixed_count; i++) {
        if (is_called(&hardware->fixed[i], heap)) {
            return &hardware->fixed[i];
        }
    }
    return is_called(&hardware->dynamic, heap) ? &hardware->dynamic : NULL;
}

uint32_t hardware_get_properties(struct hardware *hardware, const struct sysmem_heap *heap,
                                 const struct sysmem_secure_heap_range *range,
                                 struct sysmem_secure_heap_properties *ret, const char **ret_why)
{
    const struct bank *bank = bank_of(hardware, heap);
    if (bank == NULL) {
        return deviates("no such heap", ret_why);
    }
    if (bank != &hardware->dynamic && !same_range(&bank->range, range)) {
        return deviates("wanted the range of the entire heap", ret_why);
    }
    *ret = hardware->config.properties;
    return 0;
}

uint32_t hardware_set_memory(struct hardware *hardware, const struct sysmem_heap *heap,
                             const struct sysmem_secure_heap_range *range, zx_handle_t memory,
                             const char **ret_why)
{
    uint64_t size = 0;
    const char *why = NULL;
    if (!is_called(&hardware->dynamic, heap)) {
        why = "no such dynamic heap";
    } else if (hardware->dynamic.memory != ZX_HANDLE_INVALID) {
        why = "SetPoolMemory was called before";
    } else if (zx_vmo_get_size(memory, &size) != ZX_OK || size < range->size_bytes ||
               range->size_bytes == 0 || range->physical_address > UINT64_MAX - range->size_bytes) {
        why = "wanted memory as long as the range";
    }
    for (size_t i = 0; i < hardware->config.fixed_count && why == NULL; i++) {
        why = overlap(&hardware->fixed[i].range, range) ? "overlaps a fixed heap" : NULL;
    }
    if (why != NULL) {
        (void)zx_handle_close(memory);
        return deviates(why, ret_why);
    }
    hardware->dynamic.range = *range;
    hardware->dynamic.memory = memory;
    return 0;
}

/* Why a range of the dynamic heap cannot be; NULL: it can. */
static const char *misfit(const struct hardware *hardware, const struct sysmem_heap *heap,
                          const struct sysmem_secure_heap_range *range)
{
    uint64_t mask = hardware->config.properties.protected_range_granularity - 1;
    if (!is_called(&hardware->dynamic, heap) || hardware->dynamic.memory == ZX_HANDLE_INVALID) {
        return "no such heap with dynamic ranges";
    }
    if (((range->physical_address | range->size_bytes) & mask) != 0) {
        return "not a multiple of the granularity";
    }
    if (range->physical_address > UINT64_MAX - range->size_bytes ||
        !covers(&hardware->dynamic.range, range)) {
        return "outside of the heap";
    }
    return NULL;
}

static struct sysmem_secure_heap_range *find(struct hardware *hardware,
                                             const struct sysmem_secure_heap_range *range)
{
    for (size_t i = 0; i < hardware->range_count; i++) {
        if (same_range(&hardware->ranges[i], range)) {
            return &hardware->ranges[i];
        }
    }
    return NULL;
}

static void drop(struct hardware *hardware, struct sysmem_secure_heap_range *range)
{
    size_t at = (size_t)(range - hardware->ranges);
    hardware->range_count--;
    memmove(range, range + 1, (hardware->range_count - at) * sizeof(*range));
}

uint32_t hardware_add(struct hardware *hardware, const struct sysmem_heap *heap,
                      const struct sysmem_secure_heap_range *range, const char **ret_why)
{
    const struct sysmem_secure_heap_properties *properties = &hardware->config.properties;
    uint64_t limit =
        properties->dynamic_protection_ranges ? properties->max_protected_range_count : 1;
    const char *why = misfit(hardware, heap, range);
    if (why == NULL && range->size_bytes == 0) {
        why = "an empty range";
    }
    if (why == NULL && find(hardware, range) != NULL) {
        why = "the range is there already";
    }
    if (why == NULL && hardware->range_count >= limit) {
        why = "more ranges than there can be";
    }
    if (why != NULL) {
        return deviates(why, ret_why);
    }
    if (hardware->range_count == HARDWARE_MAX_RANGES) {
        return refuse(SYSMEM_ERROR_NO_MEMORY, "no room for the range", ret_why);
    }
    hardware->ranges[hardware->range_count++] = *range;
    return 0;
}

/* The daemon's range, if it may be changed at all. */
static uint32_t find_to_change(struct hardware *hardware, const struct sysmem_heap *heap,
                               const struct sysmem_secure_heap_range *range,
                               struct sysmem_secure_heap_range **ret, const char **ret_why)
{
    if (!hardware->config.properties.dynamic_protection_ranges) {
        return deviates("the protected ranges are not dynamic", ret_why);
    }
    const char *why = misfit(hardware, heap, range);
    if (why != NULL) {
        return deviates(why, ret_why);
    }
    *ret = find(hardware, range);
    return *ret == NULL ? refuse(SYSMEM_ERROR_NOT_FOUND, "no such range", ret_why) : 0;
}

uint32_t hardware_delete(struct hardware *hardware, const struct sysmem_heap *heap,
                         const struct sysmem_secure_heap_range *range, const char **ret_why)
{
    struct sysmem_secure_heap_range *found = NULL;
    uint32_t err = find_to_change(hardware, heap, range, &found, ret_why);
    if (err == 0) {
        drop(hardware, found);
    }
    return err;
}

uint32_t hardware_modify(struct hardware *hardware, const struct sysmem_heap *heap,
                         const struct sysmem_secure_heap_range *old_range,
                         const struct sysmem_secure_heap_range *new_range, const char **ret_why)
{
    struct sysmem_secure_heap_range *found = NULL;
    const char *why = misfit(hardware, heap, new_range);
    if (!hardware->config.properties.is_mod_protected_range_available) {
        why = "ranges cannot be modified";
    }
    if (why == NULL && old_range->physical_address != new_range->physical_address &&
        end_of(old_range) != end_of(new_range)) {
        why = "both ends of the range differ";
    }
    if (why == NULL && !same_range(old_range, new_range) && find(hardware, new_range) != NULL) {
        why = "the new range is there already";
    }
    if (why != NULL) {
        return deviates(why, ret_why);
    }
    uint32_t err = find_to_change(hardware, heap, old_range, &found, ret_why);
    if (err == 0 && new_range->size_bytes == 0) {
        drop(hardware, found);
    } else if (err == 0) {
        *found = *new_range;
    }
    return err;
}

/* Whether exactly one of the daemon's ranges touches `range`, and covers it. */
static bool is_in_one_range(const struct hardware *hardware,
                            const struct sysmem_secure_heap_range *range)
{
    size_t touching = 0;
    bool covered = false;
    for (size_t i = 0; i < hardware->range_count; i++) {
        touching += overlap(&hardware->ranges[i], range) ? 1 : 0;
        covered = covered || covers(&hardware->ranges[i], range);
    }
    return touching == 1 && covered;
}

uint32_t hardware_zero(struct hardware *hardware, const struct sysmem_heap *heap,
                       const struct sysmem_secure_heap_range *range, bool is_explicit,
                       const char **ret_why)
{
    const struct bank *bank = bank_of(hardware, heap);
    if (!hardware->config.properties.dynamic_protection_ranges) {
        return deviates("the protected ranges are not dynamic", ret_why);
    }
    if (bank == NULL || (bank == &hardware->dynamic && bank->memory == ZX_HANDLE_INVALID)) {
        return deviates("no such heap", ret_why);
    }
    if (range->size_bytes == 0 || range->physical_address > UINT64_MAX - range->size_bytes ||
        !covers(&bank->range, range)) {
        return deviates("outside of the heap", ret_why);
    }
    if (is_explicit != (bank == &hardware->dynamic)) {
        return deviates(is_explicit ? "the covering range was not added" : "it was added", ret_why);
    }
    if (is_explicit && !is_in_one_range(hardware, range)) {
        return deviates("wanted exactly one covering range and no other that touches", ret_why);
    }
    zx_status_t status = zx_vmo_op_range(bank->memory, ZX_VMO_OP_ZERO,
                                         range->physical_address - bank->range.physical_address,
                                         range->size_bytes, NULL, 0);
    return status == ZX_OK ? 0 : refuse(SYSMEM_ERROR_UNSPECIFIED, "cannot be zeroed", ret_why);
}

const struct sysmem_secure_heap_range *hardware_ranges(const struct hardware *hardware,
                                                       size_t *ret_count)
{
    *ret_count = hardware->range_count;
    return hardware->ranges;
}

/* --- A device's accesses --- */

/* The memory at an address, and how far it reaches from there. */
static const struct bank *bank_at(const struct hardware *hardware, uint64_t address,
                                  uint64_t *ret_offset, uint64_t *ret_left)
{
    const struct bank *found = &hardware->dynamic;
    for (size_t i = 0; i < hardware->config.fixed_count; i++) {
        const struct sysmem_secure_heap_range *range = &hardware->fixed[i].range;
        if (range->physical_address <= address && address < end_of(range)) {
            found = &hardware->fixed[i];
        }
    }
    if (found->memory == ZX_HANDLE_INVALID || address < found->range.physical_address ||
        address >= end_of(&found->range)) {
        return NULL;
    }
    *ret_offset = address - found->range.physical_address;
    *ret_left = found->range.size_bytes - *ret_offset;
    return found;
}

static bool is_protected(const struct hardware *hardware, const struct bank *bank, uint64_t address)
{
    const struct sysmem_secure_heap_range byte = {address, 1};
    bool found = bank != &hardware->dynamic;
    for (size_t i = 0; i < hardware->range_count && !found; i++) {
        found = covers(&hardware->ranges[i], &byte);
    }
    return found;
}

/* NULL, or why the master may not reach all of it. */
static const char *judge(const struct hardware *hardware, enum hardware_master master,
                         uint64_t address, size_t size, uint64_t *ret_address)
{
    uint64_t offset = 0;
    uint64_t left = 0;
    for (size_t i = 0; i < size; i++) {
        const struct bank *bank = bank_at(hardware, address + i, &offset, &left);
        *ret_address = address + i;
        if (bank == NULL) {
            return "there is no memory";
        }
        bool guarded = is_protected(hardware, bank, address + i);
        if (guarded != (master == HARDWARE_SECURE)) {
            return guarded ? "protected, and the device is not secure"
                           : "not protected, and the device is secure";
        }
    }
    return NULL;
}

const char *hardware_read(struct hardware *hardware, enum hardware_master master, uint64_t address,
                          void *bytes, size_t size, uint64_t *ret_address)
{
    const char *why = judge(hardware, master, address, size, ret_address);
    for (size_t done = 0; done < size && why == NULL;) {
        uint64_t offset = 0;
        uint64_t left = 0;
        const struct bank *bank = bank_at(hardware, address + done, &offset, &left);
        size_t part = size - done < left ? size - done : (size_t)left;
        if (zx_vmo_read(bank->memory, (unsigned char *)bytes + done, offset, part) != ZX_OK) {
            why = "cannot be read";
        }
        done += part;
    }
    return why;
}

const char *hardware_write(struct hardware *hardware, enum hardware_master master, uint64_t address,
                           const void *bytes, size_t size, uint64_t *ret_address)
{
    const char *why = judge(hardware, master, address, size, ret_address);
    for (size_t done = 0; done < size && why == NULL;) {
        uint64_t offset = 0;
        uint64_t left = 0;
        const struct bank *bank = bank_at(hardware, address + done, &offset, &left);
        size_t part = size - done < left ? size - done : (size_t)left;
        if (zx_vmo_write(bank->memory, (const unsigned char *)bytes + done, offset, part) !=
            ZX_OK) {
            why = "cannot be written";
        }
        done += part;
    }
    return why;
}
