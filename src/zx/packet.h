/* What goes over a channel's or an eventpair's socket: docs/handles.md. A packet is a message, with
 * one descriptor for each handle, or a change of signals. What another process sends is judged
 * here. */
#ifndef ZX_PACKET_H
#define ZX_PACKET_H

#include "zx/parcel.h"

struct packet {
    struct list link;
    size_t len;
    size_t fd_count;
    int fds[ZX_CHANNEL_MAX_MSG_HANDLES];
    unsigned char bytes[];
};

enum packet_kind {
    PACKET_NONE,    /* nothing to receive now */
    PACKET_END,     /* and there will not be: the other end is gone */
    PACKET_FOREIGN, /* something else than a packet of these */
    PACKET_MESSAGE,
    PACKET_SIGNALS,
};

/* The beginning of a packet. */
struct packet_head {
    uint32_t len;          /* PACKET_MESSAGE: bytes of the message, */
    uint32_t handle_count; /* and its handles */
    zx_signals_t clear;    /* PACKET_SIGNALS */
    zx_signals_t set;
};

/* Whether handles can go to another process, and why not: ZX_ERR_NOT_SUPPORTED, ZX_ERR_BAD_STATE.
 */
zx_status_t parcel_can_leave(const struct parcel *parcel);

/* Makes a packet of a message, which it takes in every case. */
zx_status_t packet_from_parcel(struct parcel *parcel, struct packet **ret_packet);

/* NULL: no memory. */
struct packet *packet_from_signals(zx_signals_t clear, zx_signals_t set);

/* Closes its descriptors, too. NULL is fine. */
void packet_free(struct packet *packet);

/* Sends without blocking: 0 or -errno. The packet is still the caller's, to free or to try again.
 */
int packet_send(int fd, const struct packet *packet);

/* What comes next on a socket; it stays there. */
enum packet_kind packet_peek(int fd, struct packet_head *ret_head);

/* Receives the next packet, which was seen to be a message. The handles' rights are cut to what
 * their descriptors can do. ZX_ERR_INVALID_ARGS: it is malformed, or its handles are, which are
 * closed; ZX_ERR_NO_RESOURCES, ZX_ERR_NO_MEMORY: it is lost. ZX_ERR_SHOULD_WAIT: another process
 * took it. */
zx_status_t packet_receive(int fd, const struct packet_head *head, struct parcel **ret_parcel);

/* Receives the next packet and forgets it. */
void packet_skip(int fd);

#endif
