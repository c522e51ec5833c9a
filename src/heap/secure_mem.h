/* Hardware that protects ranges of physical addresses, as heaps see it: calls that are answered
 * later. What carries them (a driver's connection, a test) is behind an ops table.
 * Source: spec/fuchsia.sysmem2.txt, SecureMem. The loop's thread only. */
#ifndef HEAP_SECURE_MEM_H
#define HEAP_SECURE_MEM_H

#include <stdbool.h>
#include <stdint.h>

#include <sysmem/types.h>

#include "heap/range_set.h"

struct secure_mem;

/* Source: spec/fuchsia.sysmem2.txt, SecureHeapProperties. */
struct secure_mem_properties {
    bool dynamic;          /* ranges come and go; otherwise there is one add, and nothing else */
    bool modify_available; /* if not, modify is not called */
    uint64_t granularity;  /* bytes, a power of two, at least a page: of starts and ends */
    uint64_t max_ranges;   /* at least 1 */
};

/* A call that is under way. It stays where it is until `done`. */
struct secure_mem_call {
    /* 0, or -errno: nothing has changed then. */
    void (*done)(struct secure_mem_call *call, int status);
};

/* Each call is answered exactly once, possibly before it returns, and if the hardware is lost, then
 * with an error, as soon as that is known. Ranges are multiples of the granularity and not empty.
 * `heap` (type and id are set) is borrowed until the call returns. */
struct secure_mem_ops {
    /* Another range; none equals it. */
    void (*add)(struct secure_mem *hardware, const struct sysmem_heap *heap, struct range range,
                struct secure_mem_call *call);
    /* A range that there is. */
    void (*delete)(struct secure_mem *hardware, const struct sysmem_heap *heap, struct range range,
                   struct secure_mem_call *call);
    /* A range that there is gets another start, or another end. */
    void (*modify)(struct secure_mem *hardware, const struct sysmem_heap *heap, struct range before,
                   struct range after, struct secure_mem_call *call);
    /* A part of exactly one range, which no other overlaps: `is_explicit`: of one that was added;
     * otherwise of one that was protected without our doing. */
    void (*zero)(struct secure_mem *hardware, const struct sysmem_heap *heap, struct range range,
                 bool is_explicit, struct secure_mem_call *call);
};

/* Owned by whoever implements it; lives until each call is answered and no heap uses it. */
struct secure_mem {
    const struct secure_mem_ops *ops;
};

#endif
