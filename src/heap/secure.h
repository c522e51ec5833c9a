/* The secure heap: buffers whose content lies in a pool of addresses that hardware keeps from
 * everybody but secure devices. What a client gets of one is a file that only identifies it.
 * docs/secure.md. The loop's thread only. */
#ifndef HEAP_SECURE_H
#define HEAP_SECURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alarm.h"
#include "heap/heap.h"
#include "heap/pool.h"
#include "heap/protected_ranges.h"
#include "heap/secure_mem.h"

struct heap_secure_config {
    struct sysmem_heap id; /* type and id are set; copied */
    struct pool *pool;     /* without guards and checks: the daemon cannot look at what it has */
    struct alarms *alarms; /* both outlive the heap */
    uint64_t deadline_ns;  /* as in struct heap_properties */
    struct executor *executor; /* for handles that were given pages: heap/opaque_file.h */
};

/* A heap without hardware, which is not ready and says so. NULL: no memory. */
struct heap *heap_secure_new(const struct heap_secure_config *config);

/* What an attachment came to: 0, or why a buffer that there is could not be protected. */
struct heap_secure_attached {
    void (*done)(void *arg, int status);
    void *arg;
};

/* Gives a heap that has none its hardware, which has no ranges so far: what the heap's buffers lie
 * in is protected again. When that is done, or has failed, `attached` is told, perhaps before this
 * returns; then the heap can be set ready, or must be detached. NULL; or what is wrong with the
 * properties, in words: nothing has happened then. */
const char *heap_secure_attach(struct heap *heap, struct secure_mem *hardware,
                               const struct secure_mem_properties *properties,
                               const struct heap_secure_attached *attached);

/* The hardware is gone, and is called no more; the heap has been set not ready. Who waits for a
 * buffer is refused; `attached` is not told. What was protected is kept, until hardware is there
 * again: buffers that are released meanwhile are gone for their holders, but nobody gets what they
 * lay in. Harmless if there is none. */
void heap_secure_detach(struct heap *heap);

/* False: it has no hardware. */
bool heap_secure_stats(const struct heap *heap, struct protected_ranges_stats *ret);

#endif
