/* Heap provider: the process that makes the buffers of a heap. The daemon is the client of the
 * Heap protocol (spec/fuchsia.hardware.sysmem-Heap.AllocateVmo.txt); this is the other side of it,
 * behind a channel for any event loop (<sysmem/channel.h>). sysmem_registry_register_heap() makes a
 * provider.
 *
 * The rules, from the document: the VMO that answers an AllocateVmo is a child of a parent that the
 * provider keeps (sysmem_heap_memory_create() makes both). When ZX_VMO_ZERO_CHILDREN is active on
 * the parent, nobody uses the buffer any more, and what belongs to it is cleaned up: not before,
 * though the daemon may be gone by then or have asked for nothing. The kernel vouches for that
 * signal: docs/lifetime.md. A closed channel cleans up nothing.
 *
 * Threads: any thread may answer a call; one thread at a time serves the channel. */
#ifndef SYSMEM_HEAP_PROVIDER_H
#define SYSMEM_HEAP_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include <sysmem/channel.h>
#include <sysmem/error.h>
#include <sysmem/export.h>
#include <sysmem/types.h>
#include <zircon/types.h>

struct sysmem_heap_provider;

/* One call of the daemon's that waits for its answer; it is answered exactly once, by one of the
 * functions below, and is gone then. What it is not answered within, 5 s by default, the daemon's
 * configuration says; a later answer does no harm. */
struct sysmem_heap_call;

/* OnRegister: what the heap's buffers can be. A heap without the first two makes opaque memory. */
struct sysmem_heap_properties {
    bool cpu_supported;
    bool ram_supported;
    bool inaccessible_supported;
    bool need_clear;         /* its memory does not come zeroed: the daemon clears it */
    bool need_flush;         /* what was cleared must be flushed from caches */
    uint64_t max_size_bytes; /* of one buffer; 0: no limit */
    uint64_t reserved[4];    /* 0: room for what a heap may have to say later */
};

/* AllocateVmo: what is asked for. The settings are borrowed for the callback. The library's own:
 * may grow at the end. */
struct sysmem_heap_allocation {
    uint64_t size;                                        /* bytes, whole pages */
    const struct sysmem_single_buffer_settings *settings; /* for the few heaps that need them */
    uint64_t buffer_collection_id;
    uint64_t buffer_index;
};

/* Called back from sysmem_channel_process(). Any of them may answer at once, or leave the call to
 * be answered later, and may free the provider. */
struct sysmem_heap_provider_ops {
    /* Answer with sysmem_heap_call_allocated() or sysmem_heap_call_refused(). */
    void (*allocate_vmo)(void *arg, struct sysmem_heap_call *call,
                         const struct sysmem_heap_allocation *allocation);
    /* Nobody else has the VMO any more. `vmo` is the last handle of the child (the callee's to
     * close), or ZX_HANDLE_INVALID where this process had no descriptor left for it. Answer with
     * sysmem_heap_call_deleted(), once the child's handle is closed. */
    void (*delete_vmo)(void *arg, struct sysmem_heap_call *call, uint64_t buffer_collection_id,
                       uint64_t buffer_index, zx_handle_t vmo);
    /* Once, when nothing more is asked for: the daemon is gone, another provider has taken the
     * heap over, or the daemon did not understand this one. Buffers live on. May be NULL. */
    void (*closed)(void *arg, sysmem_status_t why);
    void (*reserved[4])(void); /* NULL: room for what may be asked for later */
};

struct sysmem_heap_provider_config {
    struct sysmem_heap_properties properties;
    const struct sysmem_heap_provider_ops *ops;
    void *arg;
    uint64_t reserved[4]; /* 0 */
};

/* For an event loop; it is nonblocking, and lives as long as the provider. */
SYSMEM_EXPORT struct sysmem_channel *sysmem_heap_provider_channel(
    struct sysmem_heap_provider *provider);

/* Serves the channel until it is closed (returns why, after `closed`) or the deadline is past
 * (ZX_ERR_TIMED_OUT), for programs without an event loop. ZX_ERR_CANCELED: a callback freed the
 * provider. */
SYSMEM_EXPORT sysmem_status_t sysmem_heap_provider_run(struct sysmem_heap_provider *provider,
                                                       zx_time_t deadline);

/* Closes the channel: the daemon fails the collections that have buffers of this heap; the buffers
 * live on with whoever holds them. Calls that are still to be answered may be, to nobody. NULL is
 * fine. */
SYSMEM_EXPORT void sysmem_heap_provider_free(struct sysmem_heap_provider *provider);

/* Answers AllocateVmo with a VMO, whose handle is consumed in every case. It must have no other
 * handle and no mapping, be as large as was asked for and not resizable. 0, or why it could not go
 * out (the call is refused then): as sysmem_handle_into_fd(); ZX_ERR_PEER_CLOSED. */
SYSMEM_EXPORT sysmem_status_t sysmem_heap_call_allocated(struct sysmem_heap_call *call,
                                                         zx_handle_t vmo);

/* Answers AllocateVmo without one: SYSMEM_ERROR_NO_MEMORY to who waits for the buffer, with `why`
 * (UTF-8, at most 1,024 bytes, or NULL) in the reason that it is told. */
SYSMEM_EXPORT sysmem_status_t sysmem_heap_call_refused(struct sysmem_heap_call *call,
                                                       const char *why);

/* Answers DeleteVmo. */
SYSMEM_EXPORT sysmem_status_t sysmem_heap_call_deleted(struct sysmem_heap_call *call);

/* Makes memory as a buffer of this heap is to be: `*ret_parent` for the provider to keep, and its
 * child for sysmem_heap_call_allocated(). Zeroed and committed; for a heap whose buffers no CPU
 * reaches it has a size and no pages. ZX_ERR_INVALID_ARGS: size 0; ZX_ERR_NO_MEMORY,
 * ZX_ERR_NO_RESOURCES. */
SYSMEM_EXPORT zx_status_t sysmem_heap_memory_create(const struct sysmem_heap_provider *provider,
                                                    uint64_t size, zx_handle_t *ret_parent,
                                                    zx_handle_t *ret_child);

#endif
