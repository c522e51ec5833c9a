/* The heaps of a daemon, by type and id. They come, go and get ready at any time: who depends on
 * them is told. The loop's thread only. */
#ifndef HEAP_REGISTRY_H
#define HEAP_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"

/* Whether there is secure memory, which takes a driver: spec/fuchsia.sysmem2.txt, SecureMem. */
enum heap_secure {
    HEAP_SECURE_NONE,     /* none is expected */
    HEAP_SECURE_EXPECTED, /* but its driver has not come so far: who needs it waits */
    HEAP_SECURE_READY,
    HEAP_SECURE_LOST, /* it was ready, and its driver is gone: who needs it fails */
};

struct heap_observer {
    /* Heaps have come, gone (heap->gone), or are ready or not; or secure memory is. It is told in
     * the middle of things: it changes no heap, and frees none of their buffers. NULL: nobody. */
    void (*changed)(void *arg);
    void *arg;
};

/* A zeroed registry is an empty one. */
struct heap_registry {
    struct heap **heaps;
    size_t count;
    struct heap *contiguous; /* makes what system RAM is to make contiguously; NULL: nobody does */
    struct heap *gone;       /* a list of those that have left and are still used */
    enum heap_secure secure;
    struct alarms *alarms; /* set before heaps are added; NULL: late releases are not noticed */
    struct heap_observer observer;
};

/* Adds a heap and takes it over. An external one replaces the external one that has its type and
 * id, which is removed. 0; -ENOMEM; -EEXIST: another heap answers to one of its names. On failure
 * the heap stays the caller's. */
int heap_registry_add(struct heap_registry *registry, struct heap *heap);

/* Nobody finds it any more. Who has its buffers, or waits for them, fails; buffers live on with
 * whoever holds them, and are still given back to it, and what it was asked it still answers. It is
 * freed by a later heap_registry_sweep(). `why` is for good: "its process is gone". Does nothing
 * with a heap that has left already. */
void heap_registry_remove(struct heap_registry *registry, struct heap *heap, const char *why);

/* absent_reason, in words, stays while the heap is not ready; NULL: it is. */
void heap_registry_set_ready(struct heap_registry *registry, struct heap *heap,
                             const char *absent_reason);

/* Has those heaps look whether they are ready that nobody tells: before heaps are chosen from, and
 * before they are shown. */
void heap_registry_look(struct heap_registry *registry);

/* Heaps of secure memory are added before it is ready, and removed, or not ready any more, after it
 * is lost. */
void heap_registry_set_secure(struct heap_registry *registry, enum heap_secure secure);

/* Frees the heaps that have left and are not used any more. Never from within a heap. */
void heap_registry_sweep(struct heap_registry *registry);

/* The heap that answers to a type, its own or an alias, and has the id; NULL if there is none
 * (spec/fuchsia.sysmem2, Heap). */
struct heap *heap_registry_find(const struct heap_registry *registry, const char *heap_type,
                                uint64_t id);

/* The heap that makes buffers with these settings: that of their type and id, or `contiguous` for
 * contiguous ones of system RAM. NULL: there is none. */
struct heap *heap_registry_choose(const struct heap_registry *registry,
                                  const struct sysmem_buffer_memory_settings *settings);

/* Frees the heaps, `contiguous` and those that have left included: after all collections. */
void heap_registry_deinit(struct heap_registry *registry);

#endif
