/* Clearing buffers of a heap whose memory does not come zeroed (heap_properties.need_clear). */
#ifndef HEAP_CLEAR_H
#define HEAP_CLEAR_H

#include <stdint.h>

#include "base/executor.h"

struct heap_clear {
    int fd; /* the buffer's, open for writing; it stays the caller's, and open until `done` */
    uint64_t size_bytes;
    void (*done)(struct heap_clear *clear); /* on the loop's thread; may free this */
    int status;              /* set before `done`: 0, or -errno as memory_clear() has them */
    struct executor_job job; /* this module's own */
};

/* Zeroes a buffer, away from the loop. `done` comes once, never before this returns. Not for
 * buffers whose handles are opaque: what they stand for is elsewhere. Flushing caches
 * (need_flush) is nothing that a program does on Linux: memory that is mapped in the usual way is
 * coherent between processors, and for devices the driver of a dma-buf sees to it. */
void heap_clear(struct heap_clear *clear, struct executor *executor);

#endif
