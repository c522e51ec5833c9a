/* Heaps and secure memory that other processes serve: the requests and responses of the Registry
 * and Heap protocols, and the project's own of SecureMem. Sizes and addresses are in bytes. Source
 * of Heap: spec/fuchsia.hardware.sysmem-Heap.AllocateVmo.txt; docs/heaps.md tells the rest. */
#ifndef MODEL_SERVED_H
#define MODEL_SERVED_H

#include <stdbool.h>
#include <stdint.h>

#include <sysmem/types.h>
#include <zircon/types.h>

#include "model/secure_mem.h"

/* Allocator.OpenRegistry (ordinal 1001, one-way): `server_end` speaks the Registry protocol from
 * then on. */
struct model_allocator_open_registry_request {
    zx_handle_t server_end;
    struct {
        bool server_end;
    } has;
};

/* --- Registry: answered when the connection is accepted; the heap can be used once it has sent
 * OnRegister, secure memory once it has answered what the daemon then asks --- */

struct model_registry_register_heap_request {
    struct sysmem_heap heap;
    zx_handle_t heap_connection; /* the end that the daemon calls on */
    struct {
        bool heap;
        bool heap_connection;
    } has;
};

struct model_registry_register_heap_response {
    uint32_t daemon_uid; /* must be able to open the heap's memory again */
    struct {
        bool daemon_uid;
    } has;
};

struct model_registry_register_secure_mem_request {
    zx_handle_t secure_mem_connection;
    struct {
        bool secure_mem_connection;
    } has;
};

/* --- Heap: called by the daemon --- */

struct model_coherency_domain_support {
    bool cpu_supported;
    bool ram_supported;
    bool inaccessible_supported;
    struct {
        bool cpu_supported;
        bool ram_supported;
        bool inaccessible_supported;
    } has;
};

struct model_heap_properties {
    struct model_coherency_domain_support coherency_domain_support;
    bool need_clear;         /* the daemon zeroes the buffers; unset: false */
    bool need_flush;         /* and cleans the caches; unset: false */
    uint64_t max_size_bytes; /* of one buffer; unset: no limit. The project's own */
    struct {
        bool coherency_domain_support;
        bool need_clear;
        bool need_flush;
        bool max_size_bytes;
    } has;
};

struct model_heap_allocate_vmo_request {
    uint64_t size; /* whole pages */
    struct sysmem_single_buffer_settings settings;
    uint64_t buffer_collection_id;
    uint64_t buffer_index;
    struct {
        bool size;
        bool settings;
        bool buffer_collection_id;
        bool buffer_index;
    } has;
};

struct model_heap_allocate_vmo_response {
    zx_handle_t vmo;
    struct {
        bool vmo;
    } has;
};

struct model_heap_delete_vmo_request {
    uint64_t buffer_collection_id;
    uint64_t buffer_index;
    zx_handle_t vmo;
    struct {
        bool buffer_collection_id;
        bool buffer_index;
        bool vmo;
    } has;
};

/* An event: one-way, from the heap to the daemon, once. */
struct model_heap_on_register_request {
    struct model_heap_properties properties;
    struct {
        bool properties;
    } has;
};

/* --- SecureMem.SetPoolMemory (ordinal 1000): the memory that stands for a dynamic heap's range,
 * from its first byte on, so that what is zeroed and protected is real --- */

struct model_secure_mem_set_pool_memory_request {
    struct model_secure_heap_and_range entire_heap;
    zx_handle_t memory;
    struct {
        bool entire_heap;
        bool memory;
    } has;
};

#endif
