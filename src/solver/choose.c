#include "solver/choose.h"

#include <inttypes.h>

#include "solver/text.h"

bool choose_count(struct work *work, const struct aggregate *aggregate, uint32_t *ret)
{
    const struct counts *counts = &aggregate->total.counts;
    uint64_t needed = counts_needed(counts);
    if (needed == 0 && work->lenient) {
        needed = 1;
    }
    if (needed == 0) {
        return refuse_nobody(work, "wanted at least 1 buffer from all counts together, got 0");
    }
    if (needed > counts->max && counts->max < UINT32_MAX) { /* someone gave that maximum */
        blame_smallest(work, aggregate, offsetof(struct demand, counts.max));
        refuse(work, "max_buffer_count",
               "wanted at most %" PRIu64 ", got %" PRIu64 " that are needed", counts->max, needed);
        blame_nobody(work);
        return false;
    }
    if (needed > work->environment->limits.max_buffers && !work->lenient) {
        return refuse_nobody(work, "wanted %" PRIu64 " buffers, got the limit max_buffers %u",
                             needed, work->environment->limits.max_buffers);
    }
    *ret = needed < UINT32_MAX ? (uint32_t)needed : UINT32_MAX;
    return true;
}

static bool choose_secure(struct work *work, const struct aggregate *aggregate,
                          const struct solver_heap **ret)
{
    const struct memory *memory = &aggregate->total.memory;
    *ret = heap_list_secure(work->environment, &memory->heaps);
    if (*ret != NULL && memory->domains.inaccessible) {
        return true;
    }
    blame_flag(work, aggregate, offsetof(struct demand, memory.secure), true);
    refuse(work, "buffer_memory_constraints.secure_required", "wanted a secure heap, got %s%s",
           *ret == NULL ? "none that all participants permit"
                        : "participants that do not support the INACCESSIBLE domain",
           *ret == NULL ? heap_list_absent(work->environment, &memory->heaps, true).text : "");
    if (*ret != NULL) {
        blame_flag(work, aggregate, offsetof(struct demand, memory.domains.inaccessible), false);
        refuse(work, "buffer_memory_constraints.inaccessible_domain_supported",
               "wanted true since secure memory is required, got false");
    }
    blame_nobody(work);
    return false;
}

static const char *domains_text(const struct domains *domains)
{
    static const char *const texts[] = {
        "none", "CPU", "RAM", "CPU, RAM", "INACCESSIBLE", "CPU, INACCESSIBLE", "RAM, INACCESSIBLE",
        "any"};
    return texts[(domains->cpu ? 1 : 0) | (domains->ram ? 2 : 0) | (domains->inaccessible ? 4 : 0)];
}

static bool refuse_contiguous(struct work *work, const struct aggregate *aggregate)
{
    blame_flag(work, aggregate, offsetof(struct demand, memory.contiguous), true);
    refuse(work, "buffer_memory_constraints.physically_contiguous_required",
           "wanted contiguous system RAM, got a system without");
    blame_nobody(work);
    return false;
}

bool choose_memory(struct work *work, const struct aggregate *aggregate,
                   const struct solver_heap **ret_heap, uint32_t *ret_domain)
{
    const struct memory *memory = &aggregate->total.memory;
    const struct solver_heap *heap;
    if (memory->secure) {
        if (!choose_secure(work, aggregate, &heap)) {
            return false;
        }
    } else {
        heap = heap_list_choose(work->environment, &memory->heaps, &memory->domains);
    }
    if (heap == NULL) {
        return refuse_nobody(work,
                             "wanted a heap that all permit with one of the domains (%s), got "
                             "none%s",
                             domains_text(&memory->domains),
                             heap_list_absent(work->environment, &memory->heaps, false).text);
    }
    if (memory->contiguous && heap_is_system_ram(heap) &&
        !work->environment->contiguous_supported) {
        return refuse_contiguous(work, aggregate);
    }
    if (!heap_choose_domain(heap, &memory->domains, aggregate->total.usage.display != 0,
                            ret_domain)) {
        return refuse_nobody(work, "wanted a coherency domain of heap %s that all support, got %s",
                             heap->heap.heap_type, domains_text(&memory->domains));
    }
    *ret_heap = heap;
    return true;
}
