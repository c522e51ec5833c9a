#include "heap/registry.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool answers_to(const struct heap *heap, const char *heap_type, uint64_t id)
{
    if (heap->id.id != id) {
        return false;
    }
    bool found = strcmp(heap->id.heap_type, heap_type) == 0;
    for (size_t i = 0; i < heap->alias_count && !found; i++) {
        found = strcmp(heap->aliases[i], heap_type) == 0;
    }
    return found;
}

struct heap *heap_registry_find(const struct heap_registry *registry, const char *heap_type,
                                uint64_t id)
{
    for (size_t i = 0; i < registry->count; i++) {
        if (answers_to(registry->heaps[i], heap_type, id)) {
            return registry->heaps[i];
        }
    }
    return NULL;
}

struct heap *heap_registry_choose(const struct heap_registry *registry,
                                  const struct sysmem_buffer_memory_settings *settings)
{
    struct heap *heap = heap_registry_find(registry, settings->heap.heap_type, settings->heap.id);
    bool is_ram = heap != NULL && strcmp(heap->id.heap_type, SYSMEM_HEAP_TYPE_SYSTEM_RAM) == 0;
    return is_ram && settings->is_physically_contiguous ? registry->contiguous : heap;
}

static bool names_are_free(const struct heap_registry *registry, const struct heap *heap)
{
    bool taken = heap_registry_find(registry, heap->id.heap_type, heap->id.id) != NULL;
    for (size_t i = 0; i < heap->alias_count && !taken; i++) {
        taken = heap_registry_find(registry, heap->aliases[i], heap->id.id) != NULL;
    }
    return !taken;
}

int heap_registry_add(struct heap_registry *registry, struct heap *heap)
{
    assert(heap->id.has.heap_type && heap->id.has.id);
    if (!names_are_free(registry, heap)) {
        return -EEXIST;
    }
    size_t bytes = (registry->count + 1) * sizeof(struct heap *);
    struct heap **heaps = realloc(registry->heaps, bytes);
    if (heaps == NULL) {
        return -ENOMEM;
    }
    heaps[registry->count++] = heap;
    registry->heaps = heaps;
    return 0;
}

void heap_registry_deinit(struct heap_registry *registry)
{
    for (size_t i = 0; i < registry->count; i++) {
        registry->heaps[i]->ops->free(registry->heaps[i]);
    }
    if (registry->contiguous != NULL) {
        registry->contiguous->ops->free(registry->contiguous);
    }
    free(registry->heaps);
    *registry = (struct heap_registry){0};
}
