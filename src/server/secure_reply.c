#include "server/secure_reply.h"

#include <string.h>
#include <unistd.h>

#include "base/checked.h"

/* NULL, or what is wrong with a heap that is one of the driver's. */
static const char *take_heap(bool is_there, const struct sysmem_heap *heap, struct sysmem_heap *ret)
{
    if (!is_there || !heap->has.heap_type || heap->heap_type[0] == '\0') {
        return "wanted a heap with a heap_type, got none";
    }
    if (strcmp(heap->heap_type, SYSMEM_HEAP_TYPE_SYSTEM_RAM) == 0) {
        return "wanted a secure heap, got system RAM";
    }
    *ret = (struct sysmem_heap){0};
    SYSMEM_SET(ret, heap_type, heap->heap_type);
    SYSMEM_SET(ret, id, heap->has.id ? heap->id : 0);
    return NULL;
}

static bool is_same(const struct sysmem_heap *heap, const struct sysmem_heap *other)
{
    return strcmp(heap->heap_type, other->heap_type) == 0 && heap->id == other->id;
}

const char *secure_reply_dynamic(const struct model_secure_mem_get_dynamic_secure_heaps_response *r,
                                 struct sysmem_heap *ret)
{
    if (!r->has.heaps) {
        return "the required field heaps is not set";
    }
    *ret = (struct sysmem_heap){0};
    return r->heaps_count == 0 ? NULL : take_heap(r->heaps[0].has.heap, &r->heaps[0].heap, ret);
}

const char *secure_reply_properties(
    const struct model_secure_mem_get_physical_secure_heap_properties_response *r,
    const struct sysmem_heap *heap, struct secure_mem_properties *ret)
{
    const struct model_secure_heap_properties *said = &r->properties;
    struct sysmem_heap repeated;
    const char *why = take_heap(r->has.properties && said->has.heap, &said->heap, &repeated);
    if (why != NULL) {
        return why;
    }
    if (!is_same(&repeated, heap)) {
        return "wanted the properties of the heap that was asked about, got another heap's";
    }
    if (!said->has.dynamic_protection_ranges || !said->has.protected_range_granularity ||
        !said->has.max_protected_range_count || !said->has.is_mod_protected_range_available) {
        return "a required field of the properties is not set";
    }
    uint64_t granularity = said->protected_range_granularity;
    if (!is_power_of_two_u64(granularity) || granularity < (uint64_t)sysconf(_SC_PAGESIZE)) {
        return "wanted a protected_range_granularity that is a power of two of at least a page";
    }
    if (said->max_protected_range_count == 0) {
        return "wanted a max_protected_range_count of at least 1, got 0";
    }
    *ret = (struct secure_mem_properties){
        .dynamic = said->dynamic_protection_ranges,
        .modify_available = said->is_mod_protected_range_available,
        .granularity = granularity,
        .max_ranges = said->max_protected_range_count,
    };
    return NULL;
}

/* `after`: the end of the range before it. */
static const char *take_range(const struct model_secure_heap_range *said, uint64_t after,
                              struct range *ret)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t end = 0;
    if (!said->has.physical_address || !said->has.size_bytes) {
        return "a required field of a range is not set";
    }
    if (said->physical_address == 0 || said->size_bytes == 0 ||
        said->physical_address % page != 0 || said->size_bytes % page != 0) {
        return "wanted a range of whole pages that is neither empty nor at address 0";
    }
    if (!checked_add_u64(said->physical_address, said->size_bytes, &end)) {
        return "wanted a range that ends below 2^64";
    }
    if (said->physical_address < after) {
        return "wanted ranges that are sorted and do not overlap";
    }
    *ret = (struct range){said->physical_address, end};
    return NULL;
}

const char *secure_reply_physical(
    const struct model_secure_mem_get_physical_secure_heaps_response *r, size_t index,
    struct secure_reply_heap *ret)
{
    const struct model_secure_heap_and_ranges *said = &r->heaps[index];
    const char *why = take_heap(said->has.heap, &said->heap, &ret->id);
    ret->range_count = 0;
    if (why == NULL && (!said->has.ranges || said->ranges_count == 0)) {
        why = "wanted the ranges of a heap, got none";
    }
    uint64_t after = 0;
    for (size_t i = 0; why == NULL && i < said->ranges_count; i++) {
        why = take_range(&said->ranges[i], after, &ret->ranges[i]);
        after = ret->ranges[i].end;
        ret->range_count++;
    }
    return why;
}
