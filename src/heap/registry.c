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

/* The one that a new heap takes the place of, or NULL. */
static struct heap *replaced_by(const struct heap_registry *registry, const struct heap *heap)
{
    struct heap *old = heap_registry_find(registry, heap->id.heap_type, heap->id.id);
    bool replaces = old != NULL && old->external && heap->external &&
                    strcmp(old->id.heap_type, heap->id.heap_type) == 0;
    return replaces ? old : NULL;
}

static bool is_taken(const struct heap_registry *registry, const char *heap_type, uint64_t id,
                     const struct heap *except)
{
    const struct heap *found = heap_registry_find(registry, heap_type, id);
    return found != NULL && found != except;
}

static bool names_are_free(const struct heap_registry *registry, const struct heap *heap,
                           const struct heap *except)
{
    bool taken = is_taken(registry, heap->id.heap_type, heap->id.id, except);
    for (size_t i = 0; i < heap->alias_count && !taken; i++) {
        taken = is_taken(registry, heap->aliases[i], heap->id.id, except);
    }
    return !taken;
}

static void tell(const struct heap_registry *registry)
{
    if (registry->observer.changed != NULL) {
        registry->observer.changed(registry->observer.arg);
    }
}

static size_t place_of(const struct heap_registry *registry, const struct heap *heap)
{
    size_t at = 0;
    while (at < registry->count && registry->heaps[at] != heap) {
        at++;
    }
    return at;
}

static void leave(struct heap_registry *registry, struct heap *heap, const char *why)
{
    heap->gone = why;
    heap->next_gone = registry->gone;
    registry->gone = heap;
}

int heap_registry_add(struct heap_registry *registry, struct heap *heap)
{
    assert(heap->id.has.heap_type && heap->id.has.id);
    struct heap *replaced = replaced_by(registry, heap);
    if (!names_are_free(registry, heap, replaced)) {
        return -EEXIST;
    }
    if (replaced != NULL) {
        registry->heaps[place_of(registry, replaced)] = heap;
        leave(registry, replaced, "another process has taken its place");
    } else {
        size_t bytes = (registry->count + 1) * sizeof(struct heap *);
        struct heap **heaps = realloc(registry->heaps, bytes);
        if (heaps == NULL) {
            return -ENOMEM;
        }
        heaps[registry->count++] = heap;
        registry->heaps = heaps;
    }
    heap_watch_releases(heap, registry->alarms);
    heap->told_ready = heap->ready;
    tell(registry);
    return 0;
}

void heap_registry_remove(struct heap_registry *registry, struct heap *heap, const char *why)
{
    if (heap->gone != NULL) {
        return;
    }
    size_t at = place_of(registry, heap);
    assert(at < registry->count);
    registry->count--;
    memmove(&registry->heaps[at], &registry->heaps[at + 1],
            (registry->count - at) * sizeof(struct heap *));
    leave(registry, heap, why);
    tell(registry);
}

void heap_registry_set_ready(struct heap_registry *registry, struct heap *heap,
                             const char *absent_reason)
{
    heap->ready = absent_reason == NULL;
    heap->absent_reason = absent_reason;
    heap->told_ready = heap->ready;
    tell(registry);
}

void heap_registry_look(struct heap_registry *registry)
{
    bool changed = false;
    for (size_t i = 0; i < registry->count; i++) {
        struct heap *heap = registry->heaps[i];
        heap_look(heap);
        changed |= heap->ready != heap->told_ready; /* a request may have had it look before */
        heap->told_ready = heap->ready;
    }
    if (changed) {
        tell(registry);
    }
}

void heap_registry_set_secure(struct heap_registry *registry, enum heap_secure secure)
{
    registry->secure = secure;
    tell(registry);
}

static void free_heap(struct heap *heap)
{
    if (heap->alarms != NULL) {
        alarm_cancel(&heap->release_due);
    }
    heap->ops->free(heap);
}

void heap_registry_sweep(struct heap_registry *registry)
{
    struct heap **at = &registry->gone;
    while (*at != NULL) {
        struct heap *heap = *at;
        if (heap->users > 0) {
            at = &heap->next_gone;
        } else {
            *at = heap->next_gone;
            free_heap(heap);
        }
    }
}

void heap_registry_deinit(struct heap_registry *registry)
{
    registry->observer = (struct heap_observer){0};
    for (size_t i = 0; i < registry->count; i++) {
        free_heap(registry->heaps[i]);
    }
    if (registry->contiguous != NULL) {
        registry->contiguous->ops->free(registry->contiguous);
    }
    while (registry->gone != NULL) {
        struct heap *heap = registry->gone;
        registry->gone = heap->next_gone;
        free_heap(heap);
    }
    free(registry->heaps);
    *registry = (struct heap_registry){0};
}
