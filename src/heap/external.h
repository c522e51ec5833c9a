/* A heap that another process serves: spec/fuchsia.hardware.sysmem-Heap.AllocateVmo.txt, and
 * docs/heaps.md, "External heaps". The process is reached by an ops table of asynchronous calls;
 * what it answers is checked here, before anybody gets it. The loop's thread only. */
#ifndef HEAP_EXTERNAL_H
#define HEAP_EXTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "heap/heap.h"

struct heap_external_buffer;

/* What AllocateVmo asks for. */
struct heap_remote_allocation {
    uint64_t size; /* bytes, whole pages */
    const struct sysmem_single_buffer_settings *settings;
    uint64_t buffer_collection_id;
    uint32_t buffer_index;
};

/* `remote` is whoever knows the process. */
struct heap_remote_ops {
    /* Heap.AllocateVmo: heap_external_allocated() comes exactly once, never from within this call.
     * Or -errno, and it does not come. */
    int (*allocate_vmo)(void *remote, const struct heap_remote_allocation *allocation,
                        struct heap_external_buffer *buffer);
    /* Heap.DeleteVmo: the same with heap_external_deleted(), which comes within the heap's deadline
     * whatever the process does. Takes the descriptor in every case. */
    int (*delete_vmo)(void *remote, const struct heap_remote_allocation *allocation, int fd,
                      struct heap_external_buffer *buffer);
    /* Whether a memory file is a live buffer's already, of any heap. */
    bool (*is_known)(void *remote, int fd);
    /* Closes a descriptor of the process's: its kind may be any, and closing may take long. */
    void (*discard)(void *remote, int fd);
    /* The heap is freed: nothing will be asked any more. What still waits for an answer gets it
     * from within, with -EPIPE. */
    void (*free)(void *remote);
};

/* What the process says of its heap in OnRegister. */
struct heap_external_config {
    struct sysmem_heap id; /* both set; the type stays for as long as the remote */
    bool cpu_supported;
    bool ram_supported;
    bool inaccessible_supported;
    bool need_clear;
    bool need_flush;
    uint64_t max_size_bytes;
    uint64_t deadline_ns;
    struct executor *executor;
    const struct heap_remote_ops *ops;
    void *remote;
};

/* Why there cannot be a heap of these properties, or NULL. */
const char *heap_external_refuse(const struct heap_external_config *config);

/* A heap of properties that are not refused; takes the remote over. NULL: no memory, and the remote
 * stays the caller's. */
struct heap *heap_external_new(const struct heap_external_config *config);

/* Whom a buffer was asked from. */
void *heap_external_remote(const struct heap_external_buffer *buffer);

/* The process has answered: `fd`, which is taken over, is the VMO, or status is -errno, with `why`
 * in words or NULL. */
void heap_external_allocated(struct heap_external_buffer *buffer, int status, int fd,
                             const char *why);

/* The process has answered, or it never will. */
void heap_external_deleted(struct heap_external_buffer *buffer);

#endif
