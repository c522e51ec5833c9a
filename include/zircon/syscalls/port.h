/* Packets of ports. Names, values and layouts are Zircon's. */
#ifndef ZIRCON_SYSCALLS_PORT_H
#define ZIRCON_SYSCALLS_PORT_H

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

#endif
