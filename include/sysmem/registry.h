/* Registry: where a process offers the daemon heaps and secure memory to serve. Not part of the
 * interface's documents; see docs/heaps.md. Who may register what is in the daemon's configuration
 * (docs/config.md, "registrars").
 * Threads, deadlines and common errors: see <sysmem/allocator.h>. */
#ifndef SYSMEM_REGISTRY_H
#define SYSMEM_REGISTRY_H

#include <sysmem/channel.h>
#include <sysmem/error.h>
#include <sysmem/export.h>
#include <sysmem/failure.h>
#include <sysmem/heap_provider.h>
#include <sysmem/secure_mem_provider.h>
#include <sysmem/types.h>

struct sysmem_allocator;
struct sysmem_registry;

/* OpenRegistry. One-way: whether this process may register anything shows at the first call. */
SYSMEM_EXPORT sysmem_status_t sysmem_registry_open(struct sysmem_allocator *allocator,
                                                   struct sysmem_registry **ret);

/* What was registered stays so. NULL is fine. */
SYSMEM_EXPORT void sysmem_registry_free(struct sysmem_registry *registry);

/* For an event loop. It lives as long as the registry. */
SYSMEM_EXPORT struct sysmem_channel *sysmem_registry_channel(struct sysmem_registry *registry);

/* RegisterHeap: from now on the daemon asks `ops` for buffers that are to come from this heap,
 * in place of whoever served it before. `heap` and `config` are borrowed for the call;
 * `config->ops` must live as long as the provider. When it returns, nothing has been asked yet:
 * serve the provider's channel (<sysmem/heap_provider.h>).
 *
 * ZX_ERR_INVALID_ARGS: something reserved is not 0.
 * SYSMEM_ERROR_HANDLE_ACCESS_DENIED: this uid may not register that type; another SYSMEM_ERROR_:
 * sysmem_registry_take_failure() tells. */
SYSMEM_EXPORT sysmem_status_t
sysmem_registry_register_heap(struct sysmem_registry *registry, const struct sysmem_heap *heap,
                              const struct sysmem_heap_provider_config *config, zx_time_t deadline,
                              struct sysmem_heap_provider **ret);

/* RegisterSecureMem: from now on the daemon asks `ops`, which must live as long as the provider,
 * for the protection of its secure heaps. Errors as above; SYSMEM_ERROR_UNSPECIFIED: there is a
 * driver already. When it returns, the daemon's questions wait for the channel to be served: secure
 * memory is there once they are answered.
 */
SYSMEM_EXPORT sysmem_status_t sysmem_registry_register_secure_mem(
    struct sysmem_registry *registry, const struct sysmem_secure_mem_ops *ops, void *arg,
    zx_time_t deadline, struct sysmem_secure_mem_provider **ret);

/* UnregisterSecureMem: the driver leaves in good order, and the daemon closes its channel. Who
 * needs secure memory from now on gets an error. */
SYSMEM_EXPORT sysmem_status_t
sysmem_registry_unregister_secure_mem(struct sysmem_registry *registry, zx_time_t deadline);

/* Takes what the daemon said when the last call failed. The caller frees it. NULL: nothing. Any
 * thread may call. */
SYSMEM_EXPORT struct sysmem_failure *sysmem_registry_take_failure(struct sysmem_registry *registry);

#endif
