/* A heap of memory that was protected before the daemon came, for good, by the TEE or its driver:
 * fixed ranges of addresses, of which buffers take parts. The daemon has none of the memory; what a
 * client gets is a file that only identifies a buffer. docs/secure.md. The loop's thread only. */
#ifndef HEAP_TEE_H
#define HEAP_TEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"
#include "heap/range_set.h"
#include "heap/secure_mem.h"

struct heap_tee_config {
    struct sysmem_heap id;      /* type and id are set; copied */
    const struct range *ranges; /* sorted, none overlaps another; copied */
    size_t range_count;
    uint64_t deadline_ns;      /* as in struct heap_properties */
    struct executor *executor; /* for handles that were given pages: heap/opaque_file.h */
};

/* A heap without hardware, which is not ready and says so. NULL: no memory. */
struct heap *heap_tee_new(const struct heap_tee_config *config);

/* Whether it has just these ranges. */
bool heap_tee_has_ranges(const struct heap *heap, const struct range *ranges, size_t count);

/* Whether any of its memory lies there. */
bool heap_tee_overlaps(const struct heap *heap, struct range range);

/* Gives a heap that has none its hardware: it can be set ready then. If the hardware is dynamic,
 * buffers are zeroed as they are made; otherwise they come as their predecessors left them. NULL;
 * or what is wrong with the properties, in words: nothing has happened then. */
const char *heap_tee_attach(struct heap *heap, struct secure_mem *hardware,
                            const struct secure_mem_properties *properties);

/* The hardware is gone, and is called no more; the heap has been set not ready. Who waits for a
 * buffer is refused. Harmless if there is none. */
void heap_tee_detach(struct heap *heap);

#endif
