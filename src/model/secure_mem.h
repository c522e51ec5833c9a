/* The tables of the SecureMem protocol. Addresses and sizes are in bytes.
 * Source: spec/fuchsia.sysmem2.txt, TABLES. */
#ifndef MODEL_SECURE_MEM_H
#define MODEL_SECURE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/types.h>
#include <zircon/types.h>

struct model_secure_heap_range {
    uint64_t physical_address;
    uint64_t size_bytes;
    struct {
        bool physical_address;
        bool size_bytes;
    } has;
};

struct model_dynamic_secure_heap {
    struct sysmem_heap heap;
    struct {
        bool heap;
    } has;
};

struct model_secure_heap_and_range {
    struct sysmem_heap heap;
    struct model_secure_heap_range range;
    struct {
        bool heap;
        bool range;
    } has;
};

struct model_secure_heap_and_range_modification {
    struct sysmem_heap heap;
    struct model_secure_heap_range old_range;
    struct model_secure_heap_range new_range;
    struct {
        bool heap;
        bool old_range;
        bool new_range;
    } has;
};

struct model_secure_heap_and_ranges {
    struct sysmem_heap heap;
    const struct model_secure_heap_range *ranges; /* at most 128 */
    size_t ranges_count;
    struct {
        bool heap;
        bool ranges;
    } has;
};

struct model_secure_heap_properties {
    struct sysmem_heap heap;
    bool dynamic_protection_ranges;
    uint32_t protected_range_granularity;
    uint64_t max_protected_range_count;
    bool is_mod_protected_range_available;
    struct {
        bool heap;
        bool dynamic_protection_ranges;
        bool protected_range_granularity;
        bool max_protected_range_count;
        bool is_mod_protected_range_available;
    } has;
};

struct model_secure_mem_add_secure_heap_physical_range_request {
    struct model_secure_heap_and_range heap_range;
    struct {
        bool heap_range;
    } has;
};

struct model_secure_mem_delete_secure_heap_physical_range_request {
    struct model_secure_heap_and_range heap_range;
    struct {
        bool heap_range;
    } has;
};

struct model_secure_mem_get_physical_secure_heap_properties_request {
    struct model_secure_heap_and_range entire_heap;
    struct {
        bool entire_heap;
    } has;
};

struct model_secure_mem_modify_secure_heap_physical_range_request {
    struct model_secure_heap_and_range_modification range_modification;
    struct {
        bool range_modification;
    } has;
};

struct model_secure_mem_zero_sub_range_request {
    bool is_covering_range_explicit;
    struct model_secure_heap_and_range heap_range;
    struct {
        bool is_covering_range_explicit;
        bool heap_range;
    } has;
};

struct model_secure_mem_get_dynamic_secure_heaps_response {
    const struct model_dynamic_secure_heap *heaps; /* at most 32 */
    size_t heaps_count;
    struct {
        bool heaps;
    } has;
};

struct model_secure_mem_get_physical_secure_heap_properties_response {
    struct model_secure_heap_properties properties;
    struct {
        bool properties;
    } has;
};

struct model_secure_mem_get_physical_secure_heaps_response {
    const struct model_secure_heap_and_ranges *heaps; /* at most 32 */
    size_t heaps_count;
    struct {
        bool heaps;
    } has;
};

#endif
