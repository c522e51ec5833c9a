/* Types and constants of the object calls. Names, values and layouts are Zircon's.
 * Source: spec/zx_vmo_create.txt, spec/zx_vmar_allocate.txt. */
#ifndef ZIRCON_TYPES_H
#define ZIRCON_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include <zircon/errors.h>
#include <zircon/rights.h>

/* A process's name for an object and the rights to it; 0 names none. */
typedef uint32_t zx_handle_t;
typedef int32_t zx_status_t;
typedef uint32_t zx_signals_t;
typedef uint64_t zx_koid_t;
typedef uint32_t zx_obj_type_t;
typedef uint32_t zx_vm_option_t;
typedef uintptr_t zx_vaddr_t;
typedef uint64_t zx_off_t;
/* Nanoseconds of the monotonic clock. */
typedef int64_t zx_time_t;
typedef int64_t zx_instant_mono_t;
typedef int64_t zx_duration_t;
typedef int64_t zx_duration_mono_t;

#define ZX_HANDLE_INVALID ((zx_handle_t)0)

/* The two low bits of every handle are set. */
#define ZX_HANDLE_FIXED_BITS_MASK ((zx_handle_t)0x3)

#define ZX_KOID_INVALID           ((zx_koid_t)0)
#define ZX_KOID_KERNEL            ((zx_koid_t)1)
#define ZX_KOID_FIRST             ((zx_koid_t)1024)

#define ZX_TIME_INFINITE          INT64_MAX
#define ZX_TIME_INFINITE_PAST     INT64_MIN
#define ZX_NSEC(n)                ((zx_duration_t)(1LL * (n)))
#define ZX_USEC(n)                ((zx_duration_t)(1000LL * (n)))
#define ZX_MSEC(n)                ((zx_duration_t)(1000000LL * (n)))
#define ZX_SEC(n)                 ((zx_duration_t)(1000000000LL * (n)))

#define ZX_OBJ_TYPE_NONE          ((zx_obj_type_t)0)
#define ZX_OBJ_TYPE_VMO           ((zx_obj_type_t)3)
#define ZX_OBJ_TYPE_CHANNEL       ((zx_obj_type_t)4)
#define ZX_OBJ_TYPE_EVENT         ((zx_obj_type_t)5)
#define ZX_OBJ_TYPE_PORT          ((zx_obj_type_t)6)
#define ZX_OBJ_TYPE_EVENTPAIR     ((zx_obj_type_t)16)
#define ZX_OBJ_TYPE_VMAR          ((zx_obj_type_t)18)

/* --- Signals --- */

#define ZX_SIGNAL_NONE           ((zx_signals_t)0)
#define ZX_SIGNAL_HANDLE_CLOSED  ((zx_signals_t)1 << 23)

#define ZX_USER_SIGNAL_0         ((zx_signals_t)1 << 24)
#define ZX_USER_SIGNAL_1         ((zx_signals_t)1 << 25)
#define ZX_USER_SIGNAL_2         ((zx_signals_t)1 << 26)
#define ZX_USER_SIGNAL_3         ((zx_signals_t)1 << 27)
#define ZX_USER_SIGNAL_4         ((zx_signals_t)1 << 28)
#define ZX_USER_SIGNAL_5         ((zx_signals_t)1 << 29)
#define ZX_USER_SIGNAL_6         ((zx_signals_t)1 << 30)
#define ZX_USER_SIGNAL_7         ((zx_signals_t)1 << 31)
#define ZX_USER_SIGNAL_ALL       ((zx_signals_t)0xFF000000)

#define ZX_CHANNEL_READABLE      ((zx_signals_t)1 << 0)
#define ZX_CHANNEL_WRITABLE      ((zx_signals_t)1 << 1)
#define ZX_CHANNEL_PEER_CLOSED   ((zx_signals_t)1 << 2)
#define ZX_EVENT_SIGNALED        ((zx_signals_t)1 << 3)
#define ZX_EVENTPAIR_SIGNALED    ((zx_signals_t)1 << 3)
#define ZX_EVENTPAIR_PEER_CLOSED ((zx_signals_t)1 << 2)
#define ZX_VMO_ZERO_CHILDREN     ((zx_signals_t)1 << 3)

#define ZX_WAIT_MANY_MAX_ITEMS   ((size_t)64)

/* How zx_object_wait_async() waits. */
#define ZX_WAIT_ASYNC_ONCE      ((uint32_t)0)
#define ZX_WAIT_ASYNC_TIMESTAMP ((uint32_t)1 << 0)
#define ZX_WAIT_ASYNC_EDGE      ((uint32_t)1 << 1)

typedef struct zx_wait_item {
    zx_handle_t handle;
    zx_signals_t waitfor;
    zx_signals_t pending;
} zx_wait_item_t;

/* --- Channels --- */

#define ZX_CHANNEL_READ_MAY_DISCARD ((uint32_t)1)
#define ZX_CHANNEL_WRITE_USE_IOVEC  ((uint32_t)2)
#define ZX_CHANNEL_MAX_MSG_BYTES    ((uint32_t)65536)
#define ZX_CHANNEL_MAX_MSG_HANDLES  ((uint32_t)64)
#define ZX_CHANNEL_MAX_MSG_IOVECS   ((uint32_t)8192)

typedef struct zx_channel_iovec {
    const void *buffer;
    uint32_t capacity; /* bytes */
    uint32_t reserved; /* 0 */
} zx_channel_iovec_t;

typedef uint32_t zx_handle_op_t;

#define ZX_HANDLE_OP_MOVE      ((zx_handle_op_t)0)
#define ZX_HANDLE_OP_DUPLICATE ((zx_handle_op_t)1)

/* A handle to send: as what, and what became of it. */
typedef struct zx_handle_disposition {
    zx_handle_op_t operation;
    zx_handle_t handle;
    zx_obj_type_t type; /* ZX_OBJ_TYPE_NONE: any */
    zx_rights_t rights; /* ZX_RIGHT_SAME_RIGHTS: as they are */
    zx_status_t result;
} zx_handle_disposition_t;

/* A handle that was received. */
typedef struct zx_handle_info {
    zx_handle_t handle;
    zx_obj_type_t type;
    zx_rights_t rights;
    uint32_t unused;
} zx_handle_info_t;

typedef struct zx_channel_call_args {
    const void *wr_bytes;
    const zx_handle_t *wr_handles;
    void *rd_bytes;
    zx_handle_t *rd_handles;
    uint32_t wr_num_bytes;
    uint32_t wr_num_handles;
    uint32_t rd_num_bytes;
    uint32_t rd_num_handles;
} zx_channel_call_args_t;

typedef struct zx_channel_call_etc_args {
    const void *wr_bytes;
    zx_handle_disposition_t *wr_handles;
    void *rd_bytes;
    zx_handle_info_t *rd_handles;
    uint32_t wr_num_bytes;
    uint32_t wr_num_handles;
    uint32_t rd_num_bytes;
    uint32_t rd_num_handles;
} zx_channel_call_etc_args_t;

/* --- VMOs --- */

#define ZX_VMO_RESIZABLE                        ((uint32_t)1 << 1)
#define ZX_VMO_DISCARDABLE                      ((uint32_t)1 << 2)
#define ZX_VMO_UNBOUNDED                        ((uint32_t)1 << 4)

#define ZX_VMO_CHILD_SNAPSHOT                   ((uint32_t)1 << 0)
#define ZX_VMO_CHILD_RESIZABLE                  ((uint32_t)1 << 2)
#define ZX_VMO_CHILD_SLICE                      ((uint32_t)1 << 3)
#define ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE ((uint32_t)1 << 4)
#define ZX_VMO_CHILD_NO_WRITE                   ((uint32_t)1 << 5)
#define ZX_VMO_CHILD_REFERENCE                  ((uint32_t)1 << 6)
#define ZX_VMO_CHILD_SNAPSHOT_MODIFIED          ((uint32_t)1 << 7)

#define ZX_VMO_OP_COMMIT                        ((uint32_t)1)
#define ZX_VMO_OP_DECOMMIT                      ((uint32_t)2)
#define ZX_VMO_OP_LOCK                          ((uint32_t)3)
#define ZX_VMO_OP_UNLOCK                        ((uint32_t)4)
#define ZX_VMO_OP_CACHE_SYNC                    ((uint32_t)6)
#define ZX_VMO_OP_CACHE_INVALIDATE              ((uint32_t)7)
#define ZX_VMO_OP_CACHE_CLEAN                   ((uint32_t)8)
#define ZX_VMO_OP_CACHE_CLEAN_INVALIDATE        ((uint32_t)9)
#define ZX_VMO_OP_ZERO                          ((uint32_t)10)
#define ZX_VMO_OP_TRY_LOCK                      ((uint32_t)11)
#define ZX_VMO_OP_DONT_NEED                     ((uint32_t)12)
#define ZX_VMO_OP_ALWAYS_NEED                   ((uint32_t)13)
#define ZX_VMO_OP_PREFETCH                      ((uint32_t)14)

typedef struct zx_vmo_lock_state {
    uint64_t offset;
    uint64_t size;
    uint64_t discarded_offset;
    uint64_t discarded_size;
} zx_vmo_lock_state_t;

#define ZX_CACHE_POLICY_CACHED          ((uint32_t)0)
#define ZX_CACHE_POLICY_UNCACHED        ((uint32_t)1)
#define ZX_CACHE_POLICY_UNCACHED_DEVICE ((uint32_t)2)
#define ZX_CACHE_POLICY_WRITE_COMBINING ((uint32_t)3)
#define ZX_CACHE_POLICY_MASK            ((uint32_t)3)

/* --- VMARs --- */

#define ZX_VM_PERM_READ                    ((zx_vm_option_t)1 << 0)
#define ZX_VM_PERM_WRITE                   ((zx_vm_option_t)1 << 1)
#define ZX_VM_PERM_EXECUTE                 ((zx_vm_option_t)1 << 2)
#define ZX_VM_COMPACT                      ((zx_vm_option_t)1 << 3)
#define ZX_VM_SPECIFIC                     ((zx_vm_option_t)1 << 4)
#define ZX_VM_SPECIFIC_OVERWRITE           ((zx_vm_option_t)1 << 5)
#define ZX_VM_CAN_MAP_SPECIFIC             ((zx_vm_option_t)1 << 6)
#define ZX_VM_CAN_MAP_READ                 ((zx_vm_option_t)1 << 7)
#define ZX_VM_CAN_MAP_WRITE                ((zx_vm_option_t)1 << 8)
#define ZX_VM_CAN_MAP_EXECUTE              ((zx_vm_option_t)1 << 9)
#define ZX_VM_MAP_RANGE                    ((zx_vm_option_t)1 << 10)
#define ZX_VM_REQUIRE_NON_RESIZABLE        ((zx_vm_option_t)1 << 11)
#define ZX_VM_ALLOW_FAULTS                 ((zx_vm_option_t)1 << 12)
#define ZX_VM_OFFSET_IS_UPPER_LIMIT        ((zx_vm_option_t)1 << 13)
#define ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED ((zx_vm_option_t)1 << 14)
#define ZX_VM_FAULT_BEYOND_STREAM_SIZE     ((zx_vm_option_t)1 << 15)

/* Alignment: the power of two in the top byte. */
#define ZX_VM_ALIGN_BASE       24
#define ZX_VM_ALIGN_1KB        ((zx_vm_option_t)10 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_2KB        ((zx_vm_option_t)11 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_4KB        ((zx_vm_option_t)12 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_8KB        ((zx_vm_option_t)13 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_16KB       ((zx_vm_option_t)14 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_32KB       ((zx_vm_option_t)15 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_64KB       ((zx_vm_option_t)16 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_128KB      ((zx_vm_option_t)17 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_256KB      ((zx_vm_option_t)18 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_512KB      ((zx_vm_option_t)19 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_1MB        ((zx_vm_option_t)20 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_2MB        ((zx_vm_option_t)21 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_4MB        ((zx_vm_option_t)22 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_8MB        ((zx_vm_option_t)23 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_16MB       ((zx_vm_option_t)24 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_32MB       ((zx_vm_option_t)25 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_64MB       ((zx_vm_option_t)26 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_128MB      ((zx_vm_option_t)27 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_256MB      ((zx_vm_option_t)28 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_512MB      ((zx_vm_option_t)29 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_1GB        ((zx_vm_option_t)30 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_2GB        ((zx_vm_option_t)31 << ZX_VM_ALIGN_BASE)
#define ZX_VM_ALIGN_4GB        ((zx_vm_option_t)32 << ZX_VM_ALIGN_BASE)

#define ZX_VMAR_OP_COMMIT      ((uint32_t)1)
#define ZX_VMAR_OP_DECOMMIT    ((uint32_t)2)
#define ZX_VMAR_OP_MAP_RANGE   ((uint32_t)3)
#define ZX_VMAR_OP_ZERO        ((uint32_t)10)
#define ZX_VMAR_OP_DONT_NEED   ((uint32_t)12)
#define ZX_VMAR_OP_ALWAYS_NEED ((uint32_t)13)
#define ZX_VMAR_OP_PREFETCH    ((uint32_t)14)

#endif
