/* Emulated hardware that keeps memory from all devices but secure ones: ranges of physical
 * addresses are protected or not, and each access of a device is judged by them. It is as strict as
 * the SecureMem documents let hardware be (spec/fuchsia.sysmem2.txt, PROTOCOLS, SecureMem): what
 * the daemon may not ask for is refused with PROTOCOL_DEVIATION. Not thread-safe. */
#ifndef TEE_HARDWARE_H
#define TEE_HARDWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/secure_mem_provider.h>

#define HARDWARE_MAX_FIXED  8
#define HARDWARE_MAX_RANGES 4096 /* even where the number is called unlimited */

/* A heap whose addresses the hardware itself has set aside and protected for good. */
struct hardware_fixed {
    const char *heap_type;
    struct sysmem_secure_heap_range range;
};

struct hardware_config {
    const char *heap_type; /* of the dynamic heap, whose addresses the daemon has; NULL: there is
                              none */
    struct sysmem_secure_heap_properties properties;
    struct hardware_fixed fixed[HARDWARE_MAX_FIXED];
    size_t fixed_count;
};

struct hardware;

/* NULL: no memory, or none for the fixed heaps. `config` is copied; its strings must outlive it. */
struct hardware *hardware_new(const struct hardware_config *config);
void hardware_free(struct hardware *hardware);

/* The daemon's calls; 0 or an enum sysmem_error. *ret_why is a constant string where one is
 * refused. set_memory() takes the handle in every case. */
uint32_t hardware_get_dynamic(struct hardware *hardware, struct sysmem_secure_heap *ret_heaps,
                              size_t *ret_count, const char **ret_why);
uint32_t hardware_get_physical(struct hardware *hardware, struct sysmem_secure_heap *ret_heaps,
                               size_t *ret_count, const char **ret_why);
uint32_t hardware_get_properties(struct hardware *hardware, const struct sysmem_heap *heap,
                                 const struct sysmem_secure_heap_range *range,
                                 struct sysmem_secure_heap_properties *ret, const char **ret_why);
uint32_t hardware_set_memory(struct hardware *hardware, const struct sysmem_heap *heap,
                             const struct sysmem_secure_heap_range *range, zx_handle_t memory,
                             const char **ret_why);
uint32_t hardware_add(struct hardware *hardware, const struct sysmem_heap *heap,
                      const struct sysmem_secure_heap_range *range, const char **ret_why);
uint32_t hardware_delete(struct hardware *hardware, const struct sysmem_heap *heap,
                         const struct sysmem_secure_heap_range *range, const char **ret_why);
uint32_t hardware_modify(struct hardware *hardware, const struct sysmem_heap *heap,
                         const struct sysmem_secure_heap_range *old_range,
                         const struct sysmem_secure_heap_range *new_range, const char **ret_why);
uint32_t hardware_zero(struct hardware *hardware, const struct sysmem_heap *heap,
                       const struct sysmem_secure_heap_range *range, bool is_explicit,
                       const char **ret_why);

/* The ranges that are protected now: the daemon's, in the order of their adding. */
const struct sysmem_secure_heap_range *hardware_ranges(const struct hardware *hardware,
                                                       size_t *ret_count);

/* Who accesses memory: a secure device reaches protected memory and nothing else, any other device
 * everything else. */
enum hardware_master {
    HARDWARE_OPEN,
    HARDWARE_SECURE,
};

/* What a device does. NULL; or why it faults, with *ret_address, the first one that it may not
 * reach: nothing was read or written then. */
const char *hardware_read(struct hardware *hardware, enum hardware_master master, uint64_t address,
                          void *bytes, size_t size, uint64_t *ret_address);
const char *hardware_write(struct hardware *hardware, enum hardware_master master, uint64_t address,
                           const void *bytes, size_t size, uint64_t *ret_address);

#endif
