/* Where buffers come from. A backend is one ops table; all of it runs on the loop's thread, and
 * what may block goes to the executor that the backend was given. */
#ifndef HEAP_HEAP_H
#define HEAP_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/types.h>

#include "base/executor.h"

struct heap;

struct heap_properties {
    bool cpu_supported;
    bool ram_supported;
    bool inaccessible_supported;
    bool need_clear;
    bool need_flush;
    bool secure;
    uint64_t max_size_bytes; /* of one buffer; UINT64_MAX: no limit of its own */
};

struct heap_metrics {
    uint64_t buffers; /* live now */
    uint64_t bytes;   /* live now, page-rounded */
    uint64_t high_water_bytes;
    uint64_t failed_allocations;
    uint64_t last_failure_ns; /* monotonic clock; 0: none failed so far */
};

/* One request for one buffer. The caller fills the first part and keeps the struct until `done`,
 * but what `name` and `settings` point to only until allocate() returns: a heap that needs them
 * later copies them. */
struct heap_request {
    uint64_t size_bytes; /* page-rounded */
    uint64_t buffer_collection_id;
    uint32_t buffer_index;
    const char *name; /* what the memory is called in /proc */
    const struct sysmem_single_buffer_settings *settings;
    void (*done)(struct heap_request *request);
    /* Set before `done`: */
    int status; /* 0, or -errno (-ENOMEM: the system refused) */
    int fd;     /* the buffer's parent description, O_RDWR, owned by the caller */
};

struct heap_ops {
    /* Answers by request->done(), possibly before it returns. */
    void (*allocate)(struct heap *heap, struct heap_request *request);
    /* Gives a buffer back: nothing but `fd` refers to it any more. Takes the descriptor. `done`
     * (may be NULL) is called when the memory is really free, possibly before release returns. */
    void (*release)(struct heap *heap, int fd, uint64_t size_bytes, void (*done)(void *arg),
                    void *arg);
    void (*free)(struct heap *heap);
};

struct heap {
    const struct heap_ops *ops;
    struct sysmem_heap id; /* heap_type and id, both set */
    const char *const *aliases;
    size_t alias_count;
    struct heap_properties properties;
    struct heap_metrics metrics;
    bool ready;
};

/* System RAM on sealed memfds, committed at allocation unless `lazy`. It is called
 * SYSMEM_HEAP_TYPE_SYSTEM_RAM, id 0, without aliases, and supports all domains; before it is
 * registered, its owner may change its id, aliases and domains. NULL: no memory, or no descriptor.
 */
struct heap *heap_system_ram_new(struct executor *executor, bool lazy);

#endif
