/* Topics of zx_object_get_info() and properties of zx_object_get_property(), with their layouts.
 * Names, values and layouts are Zircon's. */
#ifndef ZIRCON_SYSCALLS_OBJECT_H
#define ZIRCON_SYSCALLS_OBJECT_H

#include <zircon/types.h>

/* A topic is a number and, in the top four bits, the version of its layout. */
#define ZX_INFO_HANDLE_VALID ((uint32_t)1)
#define ZX_INFO_HANDLE_BASIC ((uint32_t)2)
#define ZX_INFO_VMAR         ((uint32_t)7)
#define ZX_INFO_HANDLE_COUNT ((uint32_t)19)
#define ZX_INFO_VMO          ((uint32_t)23 | (uint32_t)3 << 28)

typedef struct zx_info_handle_basic {
    zx_koid_t koid;
    zx_rights_t rights;
    zx_obj_type_t type;
    zx_koid_t related_koid; /* of the other end of a pair; else 0 */
    uint32_t reserved;
    uint8_t padding1[4];
} zx_info_handle_basic_t;

typedef struct zx_info_handle_count {
    uint32_t handle_count;
} zx_info_handle_count_t;

typedef struct zx_info_vmar {
    uintptr_t base;
    size_t len;
} zx_info_vmar_t;

#define ZX_MAX_NAME_LEN          ((size_t)32)

#define ZX_INFO_VMO_TYPE_PAGED   ((uint32_t)1 << 0)
#define ZX_INFO_VMO_RESIZABLE    ((uint32_t)1 << 1)
#define ZX_INFO_VMO_IS_COW_CLONE ((uint32_t)1 << 2)
#define ZX_INFO_VMO_VIA_HANDLE   ((uint32_t)1 << 3)
#define ZX_INFO_VMO_VIA_MAPPING  ((uint32_t)1 << 4)
#define ZX_INFO_VMO_PAGER_BACKED ((uint32_t)1 << 5)
#define ZX_INFO_VMO_CONTIGUOUS   ((uint32_t)1 << 6)
#define ZX_INFO_VMO_DISCARDABLE  ((uint32_t)1 << 7)
#define ZX_INFO_VMO_IMMUTABLE    ((uint32_t)1 << 8)

/* A count of bytes below one, as a fraction of 2^63. */
typedef uint64_t zx_info_vmo_fractional_scaled_t;

typedef struct zx_info_vmo {
    zx_koid_t koid;
    char name[32]; /* ZX_MAX_NAME_LEN, NUL included */
    uint64_t size_bytes;
    zx_koid_t parent_koid; /* 0: no parent */
    size_t num_children;
    size_t num_mappings;
    size_t share_count;
    uint32_t flags; /* ZX_INFO_VMO_* */
    uint8_t padding1[4];
    uint64_t committed_bytes;
    zx_rights_t handle_rights;
    uint32_t cache_policy; /* ZX_CACHE_POLICY_* */
    uint64_t metadata_bytes;
    uint64_t committed_change_events;
    uint64_t populated_bytes;
    uint64_t committed_private_bytes;
    uint64_t populated_private_bytes;
    uint64_t committed_scaled_bytes;
    uint64_t populated_scaled_bytes;
    zx_info_vmo_fractional_scaled_t committed_fractional_scaled_bytes;
    zx_info_vmo_fractional_scaled_t populated_fractional_scaled_bytes;
} zx_info_vmo_t;

#define ZX_PROP_NAME             ((uint32_t)3)
#define ZX_PROP_VMO_CONTENT_SIZE ((uint32_t)17)

#endif
