/* One packet over a SEQPACKET socket, with descriptors: the only place that calls sendmsg() and
 * recvmsg(). Never signals, and never blocks but where the caller says so; every descriptor is
 * close-on-exec at birth. */
#ifndef WIRE_PACKET_H
#define WIRE_PACKET_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/envelope.h"

/* A received packet. Large: lives on the stack of whoever receives, and is not cleared first. */
struct packet {
    size_t len; /* of bytes[], 1 or more */
    size_t fd_count;
    int fds[ENVELOPE_PACKET_DESCRIPTORS];
    unsigned char bytes[ENVELOPE_BYTES + ENVELOPE_PACKET_BODY];
};

/* What packet_receive() says besides 1 and -errno. */
enum {
    PACKET_CLOSED = -1000, /* end of file */
    PACKET_TRUNCATED,      /* longer than a packet may be */
    PACKET_FOREIGN,        /* with control data that is not descriptors */
};

/* Sends the packet that the envelope describes: `body` and `fds` point at its own part of the
 * message, whose lengths are those of envelope_part(). The descriptors stay the caller's. 0, or
 * -errno: -EAGAIN, -ETOOMANYREFS and -ENOBUFS mean later, -EPIPE and -ECONNRESET that the peer is
 * gone.
 *
 * With `may_grow`, a socket whose buffer is too small for the packet is given a larger one, which
 * can block when others have a descriptor of this end; else that is -EMSGSIZE. */
int packet_send(int socket, const struct envelope *envelope, const unsigned char *body,
                const int *fds, bool may_grow);

/* Receives one packet: 1, PACKET_..., or -errno. -EAGAIN: none now; with `wait` it sleeps until
 * there is one, unless somebody has set the socket's O_NONBLOCK. -EMFILE: this process ran out of
 * descriptors, some are missing. ret->fds holds the descriptors that arrived in every case: the
 * caller owns them. */
int packet_receive(int socket, bool wait, struct packet *ret);

/* Sees to it that the largest packet fits the socket's buffer. Can block when others have a
 * descriptor of this end. */
void packet_grow(int socket);

/* Passes on what packet_receive() said and returned; waits for room. The descriptors stay the
 * caller's. 0, or -errno: -ETOOMANYREFS and -ENOBUFS mean later. */
int packet_forward(int socket, int result, const struct packet *packet);

/* Receives what packet_forward() sent, with *ret_result and *ret as packet_receive() had them: 1,
 * PACKET_CLOSED or -errno (-EAGAIN: nothing yet). */
int packet_receive_forwarded(int socket, struct packet *ret, int *ret_result);

#endif
