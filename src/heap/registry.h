/* The heaps of a daemon, by type and id. The loop's thread only. */
#ifndef HEAP_REGISTRY_H
#define HEAP_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"

/* A zeroed registry is an empty one. */
struct heap_registry {
    struct heap **heaps;
    size_t count;
    struct heap *contiguous; /* makes what system RAM is to make contiguously; NULL: nobody does */
};

/* Adds a heap and takes it over. 0; -ENOMEM; -EEXIST: another heap answers to one of its names. On
 * failure the heap stays the caller's. */
int heap_registry_add(struct heap_registry *registry, struct heap *heap);

/* The heap that answers to a type, its own or an alias, and has the id; NULL if there is none
 * (spec/fuchsia.sysmem2, Heap). */
struct heap *heap_registry_find(const struct heap_registry *registry, const char *heap_type,
                                uint64_t id);

/* The heap that makes buffers with these settings: that of their type and id, or `contiguous` for
 * contiguous ones of system RAM. NULL: there is none. */
struct heap *heap_registry_choose(const struct heap_registry *registry,
                                  const struct sysmem_buffer_memory_settings *settings);

/* Frees the heaps, `contiguous` included: after all buffers of theirs are freed. */
void heap_registry_deinit(struct heap_registry *registry);

#endif
