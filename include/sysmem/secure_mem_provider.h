/* SecureMem provider: the driver of the hardware that keeps memory from all but secure devices. The
 * daemon is the client of the SecureMem protocol (spec/fuchsia.sysmem2.txt, PROTOCOLS, SecureMem);
 * this is the other side of it, behind a channel for any event loop (<sysmem/channel.h>).
 * sysmem_registry_register_secure_mem() makes a provider.
 *
 * Threads: one at a time serves the channel, and is called back. */
#ifndef SYSMEM_SECURE_MEM_PROVIDER_H
#define SYSMEM_SECURE_MEM_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/channel.h>
#include <sysmem/error.h>
#include <sysmem/export.h>
#include <sysmem/types.h>
#include <zircon/types.h>

struct sysmem_secure_mem_provider;

#define SYSMEM_MAX_SECURE_HEAPS       32
#define SYSMEM_MAX_SECURE_HEAP_RANGES 128

/* SecureHeapRange: physical addresses, in bytes. */
struct sysmem_secure_heap_range {
    uint64_t physical_address;
    uint64_t size_bytes;
};

/* SecureHeapAndRanges: ranges sorted by address, none overlapping another. */
struct sysmem_secure_heap {
    const char *heap_type; /* lives as long as the provider */
    uint64_t id;
    const struct sysmem_secure_heap_range *ranges; /* so do these */
    size_t range_count;
    uint64_t reserved[4]; /* 0 */
};

/* SecureHeapProperties. The library's own, zeroed before it is asked for: may grow at the end. */
struct sysmem_secure_heap_properties {
    bool dynamic_protection_ranges;
    uint32_t protected_range_granularity; /* a power of two, at least the page size */
    uint64_t max_protected_range_count;
    bool is_mod_protected_range_available;
};

/* The daemon's calls, from sysmem_channel_process(). Each returns 0 or an enum sysmem_error, of
 * which the document says when; none may be NULL. `heap` and ranges are borrowed for the call; what
 * the daemon leaves out is refused before. Until a callback returns, whoever wants this driver's
 * memory waits, and nobody else does; docs/secure.md says for how long. */
struct sysmem_secure_mem_ops {
    /* Both write up to SYSMEM_MAX_SECURE_HEAPS entries, which are zeroed before; of dynamic heaps
     * without ranges. */
    uint32_t (*get_dynamic_secure_heaps)(void *arg, struct sysmem_secure_heap *ret_heaps,
                                         size_t *ret_count);
    uint32_t (*get_physical_secure_heaps)(void *arg, struct sysmem_secure_heap *ret_heaps,
                                          size_t *ret_count);
    uint32_t (*get_physical_secure_heap_properties)(void *arg, const struct sysmem_heap *heap,
                                                    const struct sysmem_secure_heap_range *range,
                                                    struct sysmem_secure_heap_properties *ret);
    uint32_t (*add_range)(void *arg, const struct sysmem_heap *heap,
                          const struct sysmem_secure_heap_range *range);
    uint32_t (*delete_range)(void *arg, const struct sysmem_heap *heap,
                             const struct sysmem_secure_heap_range *range);
    uint32_t (*modify_range)(void *arg, const struct sysmem_heap *heap,
                             const struct sysmem_secure_heap_range *old_range,
                             const struct sysmem_secure_heap_range *new_range);
    uint32_t (*zero_sub_range)(void *arg, const struct sysmem_heap *heap,
                               const struct sysmem_secure_heap_range *range,
                               bool is_covering_range_explicit);
    /* Not of the document: SetPoolMemory, the memory that stands for the addresses of a dynamic
     * heap, whose first byte has the range's first address. The callee's to close. */
    uint32_t (*set_pool_memory)(void *arg, const struct sysmem_heap *heap,
                                const struct sysmem_secure_heap_range *range, zx_handle_t memory);
    /* Once, when nothing more is asked for: the daemon is gone, or it was unregistered. May be
     * NULL. */
    void (*closed)(void *arg, sysmem_status_t why);
    void (*reserved[4])(void); /* NULL: room for what may be asked for later */
};

/* For an event loop; it is nonblocking, and lives as long as the provider. */
SYSMEM_EXPORT struct sysmem_channel *sysmem_secure_mem_provider_channel(
    struct sysmem_secure_mem_provider *provider);

/* Serves the channel until it is closed (returns why) or the deadline is past (ZX_ERR_TIMED_OUT).
 * ZX_ERR_CANCELED: a callback freed the provider. */
SYSMEM_EXPORT sysmem_status_t
sysmem_secure_mem_provider_run(struct sysmem_secure_mem_provider *provider, zx_time_t deadline);

/* Closes the channel. Unless sysmem_registry_unregister_secure_mem() came before, the daemon takes
 * the hardware for lost: who needs secure memory gets an error. NULL is fine. */
SYSMEM_EXPORT void sysmem_secure_mem_provider_free(struct sysmem_secure_mem_provider *provider);

#endif
