/* Ports and their packets. Names, values and layouts are Zircon's. */
#ifndef ZIRCON_SYSCALLS_PORT_H
#define ZIRCON_SYSCALLS_PORT_H

#include <sysmem/export.h>
#include <zircon/types.h>

#define ZX_PKT_TYPE_USER       ((uint32_t)0)
#define ZX_PKT_TYPE_SIGNAL_ONE ((uint32_t)1)

typedef struct zx_packet_signal {
    zx_signals_t trigger;
    zx_signals_t observed;
    uint64_t count;
    zx_time_t timestamp;
    uint64_t reserved1;
} zx_packet_signal_t;

typedef struct zx_packet_user {
    uint64_t u64[4];
} zx_packet_user_t;

typedef struct zx_port_packet {
    uint64_t key;
    uint32_t type; /* ZX_PKT_TYPE_* */
    zx_status_t status;
    union {
        zx_packet_user_t user;
        zx_packet_signal_t signal;
    };
} zx_port_packet_t;

/* A queue of packets. `options` is 0, else ZX_ERR_INVALID_ARGS. */
SYSMEM_EXPORT zx_status_t zx_port_create(uint32_t options, zx_handle_t *out);

/* Queues a packet of the program, whose type is ZX_PKT_TYPE_USER whatever it says.
 * ZX_ERR_SHOULD_WAIT: 16,384 of them are queued. Needs ZX_RIGHT_WRITE. */
SYSMEM_EXPORT zx_status_t zx_port_queue(zx_handle_t handle, const zx_port_packet_t *packet);

/* Takes the next packet, waiting for it until the deadline: ZX_ERR_TIMED_OUT. ZX_ERR_CANCELED: the
 * last handle to the port was closed. Needs ZX_RIGHT_READ. */
SYSMEM_EXPORT zx_status_t zx_port_wait(zx_handle_t handle, zx_time_t deadline,
                                       zx_port_packet_t *packet);

/* Ends the waits that zx_object_wait_async() began through `source` with `key`, and takes their
 * packets out of the queue. ZX_ERR_NOT_FOUND: there are none. Needs ZX_RIGHT_WRITE, and
 * ZX_RIGHT_WAIT on `source`. */
SYSMEM_EXPORT zx_status_t zx_port_cancel(zx_handle_t handle, zx_handle_t source, uint64_t key);

#endif
