/* One SEQPACKET message with descriptors: all that the floor knows of messages. */
#ifndef BENCH_PACKET_H
#define BENCH_PACKET_H

#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX_FDS 253 /* the kernel's limit for one message */

struct packet {
    uint32_t operation;
    uint32_t argument;
    unsigned char body[512]; /* as many bytes as the real message has: they are copied, not read */
    size_t body_len;
    int fds[PACKET_MAX_FDS];
    size_t fd_count;
};

/* The descriptors stay the caller's. 0 or -errno. */
int packet_send(int socket, const struct packet *packet);

/* Waits for a message; the caller owns its descriptors. 1; 0: the peer has hung up; -errno. */
int packet_receive(int socket, struct packet *ret);

#endif
