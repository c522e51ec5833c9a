#include "solver/heaps.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool heap_has_type(const struct solver_heap *heap, const char *type)
{
    if (strcmp(heap->heap.heap_type, type) == 0) {
        return true;
    }
    for (size_t i = 0; i < heap->alias_count; i++) {
        if (strcmp(heap->aliases[i], type) == 0) {
            return true;
        }
    }
    return false;
}

static bool heap_is_called(const struct solver_heap *heap, const char *type, uint64_t id)
{
    return (heap->heap.has.id ? heap->heap.id : 0) == id && heap_has_type(heap, type);
}

const struct solver_heap *heap_find(const struct solver_environment *environment, const char *type,
                                    uint64_t id)
{
    for (size_t i = 0; i < environment->heap_count; i++) {
        if (heap_is_called(&environment->heaps[i], type, id)) {
            return &environment->heaps[i];
        }
    }
    return NULL;
}

bool heap_list_read(struct work *work, const struct sysmem_buffer_memory_constraints *table,
                    struct heap_list *ret)
{
    static const char field[] = "buffer_memory_constraints.permitted_heaps";
    *ret = (struct heap_list){0};
    if (!table->has.permitted_heaps) {
        return true;
    }
    if (table->permitted_heaps_count == 0) {
        return refuse(work, field, "wanted at least one heap or unset, got an empty list");
    }
    struct heap_ref *refs = work_alloc(work, table->permitted_heaps_count, sizeof(*refs));
    if (refs == NULL) {
        return false;
    }
    for (size_t i = 0; i < table->permitted_heaps_count; i++) {
        const struct sysmem_heap *heap = &table->permitted_heaps[i];
        if (!heap->has.heap_type || heap->heap_type == NULL) {
            return refuse(work, field, "wanted a heap_type in item %zu, got none", i);
        }
        refs[i].type = heap->heap_type;
        refs[i].id = heap->has.id ? heap->id : 0;
        refs[i].known = heap_find(work->environment, refs[i].type, refs[i].id);
    }
    ret->refs = refs;
    ret->count = table->permitted_heaps_count;
    return true;
}

static bool same_heap(const struct heap_ref *a, const struct heap_ref *b)
{
    if (a->known != NULL || b->known != NULL) {
        return a->known == b->known;
    }
    return a->id == b->id && strcmp(a->type, b->type) == 0;
}

static bool contains(const struct heap_list *list, const struct heap_ref *ref)
{
    for (size_t i = 0; i < list->count; i++) {
        if (same_heap(&list->refs[i], ref)) {
            return true;
        }
    }
    return false;
}

/* The last heap takes the place of one that goes: the order that other servers of this interface
 * show. */
static bool intersect(struct work *work, struct heap_list *list, const struct heap_list *other)
{
    work->effort += list->count * other->count;
    for (size_t i = 0; i < list->count;) {
        if (contains(other, &list->refs[i])) {
            i++;
        } else {
            list->refs[i] = list->refs[--list->count];
        }
    }
    if (list->count == 0) { /* refs[0] is the one that went last */
        return refuse(work, "buffer_memory_constraints.permitted_heaps",
                      "wanted %s%s, got %s from the others", other->refs[0].type,
                      other->count > 1 ? " or another" : "", list->refs[0].type);
    }
    return true;
}

bool heap_list_fold(struct work *work, struct heap_list *list, const struct heap_list *other)
{
    if (other->count == 0) {
        return true;
    }
    if (list->count > 0) {
        return intersect(work, list, other);
    }
    list->refs = work_alloc(work, other->count, sizeof(*list->refs));
    if (list->refs == NULL) {
        return false;
    }
    memcpy(list->refs, other->refs, other->count * sizeof(*list->refs));
    list->count = other->count;
    return true;
}

static bool permits(const struct heap_list *list, const struct solver_heap *heap)
{
    struct heap_ref ref = {.known = heap};
    return list->count == 0 || contains(list, &ref);
}

const struct solver_heap *heap_list_secure(const struct solver_environment *environment,
                                           const struct heap_list *list)
{
    const struct solver_heap *best = NULL;
    for (size_t i = 0; i < environment->heap_count; i++) {
        const struct solver_heap *heap = &environment->heaps[i];
        if (heap->secure && heap->absent_reason == NULL && permits(list, heap) &&
            (best == NULL || strcmp(heap->heap.heap_type, best->heap.heap_type) < 0)) {
            best = heap;
        }
    }
    return best;
}

struct text heap_list_absent(const struct solver_environment *environment,
                             const struct heap_list *list, bool secure)
{
    struct text text = {.text = ""};
    for (size_t i = 0; i < environment->heap_count; i++) {
        const struct solver_heap *heap = &environment->heaps[i];
        if (heap->absent_reason != NULL && (heap->secure || !secure) && permits(list, heap)) {
            char id[sizeof(" 18446744073709551615")] = "";
            if (heap->heap.id != 0) {
                (void)snprintf(id, sizeof(id), " %" PRIu64, heap->heap.id);
            }
            (void)snprintf(text.text, sizeof(text.text), "; heap %s%s is absent: %s",
                           heap->heap.heap_type, id, heap->absent_reason);
            break;
        }
    }
    return text;
}

static bool has_domain(const struct solver_heap *heap, const struct domains *domains)
{
    return (heap->cpu_supported && domains->cpu) || (heap->ram_supported && domains->ram) ||
           (heap->inaccessible_supported && domains->inaccessible);
}

bool heap_is_system_ram(const struct solver_heap *heap)
{
    return heap_has_type(heap, SYSMEM_HEAP_TYPE_SYSTEM_RAM);
}

const struct solver_heap *heap_list_choose(const struct solver_environment *environment,
                                           const struct heap_list *list,
                                           const struct domains *domains)
{
    const struct solver_heap *system_ram = heap_find(environment, SYSMEM_HEAP_TYPE_SYSTEM_RAM, 0);
    if (system_ram != NULL && system_ram->absent_reason == NULL && permits(list, system_ram)) {
        return system_ram;
    }
    size_t count = list->count == 0 ? environment->heap_count : list->count;
    for (size_t i = 0; i < count; i++) {
        const struct solver_heap *heap =
            list->count == 0 ? &environment->heaps[i] : list->refs[i].known;
        if (heap != NULL && heap->absent_reason == NULL && has_domain(heap, domains)) {
            return heap;
        }
    }
    return NULL;
}

bool heap_choose_domain(const struct solver_heap *heap, const struct domains *domains,
                        bool for_display, uint32_t *ret)
{
    bool scan_out = for_display && domains->ram;
    if (!scan_out && heap->cpu_supported && domains->cpu) {
        *ret = SYSMEM_COHERENCY_DOMAIN_CPU;
    } else if (scan_out || (heap->ram_supported && domains->ram)) {
        *ret = SYSMEM_COHERENCY_DOMAIN_RAM;
    } else if (heap->inaccessible_supported && domains->inaccessible) {
        *ret = SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE;
    } else {
        return false;
    }
    return true;
}
