/* The fixed header before every packet, and how a message is cut into packets. The format is
 * docs/wire.md. Pure: bytes in, numbers out. */
#ifndef WIRE_ENVELOPE_H
#define WIRE_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENVELOPE_BYTES   20
#define ENVELOPE_VERSION 1

/* Ordinal of the message by which the daemon proves that a socket is the other end of one of its
 * own. No protocol has a method of this number. */
#define ENVELOPE_PROBE 0xFFFFFFFFu

/* Ordinal of the only message on a connection that is not admitted: its body is the reason, UTF-8
 * text. */
#define ENVELOPE_REFUSED 0xFFFFFFFEu

/* What one packet holds at most: a body that the default SO_SNDBUF lets pass, and the kernel's
 * SCM_MAX_FD. */
#define ENVELOPE_PACKET_BODY        ((size_t)64 * 1024)
#define ENVELOPE_PACKET_DESCRIPTORS 253

/* All but `index` is the same in each packet of a message. */
struct envelope {
    uint32_t ordinal;
    uint32_t txid;             /* 0: one-way */
    uint32_t body_len;         /* bytes, of the whole message */
    uint16_t attachment_count; /* descriptors, of the whole message */
    uint16_t index;            /* of this packet: 0, 1, ... */
};

/* The part of a message that one packet carries. A message is always cut in the same way, so the
 * part follows from the envelope alone. */
struct envelope_part {
    size_t body_start;
    size_t body_len;
    size_t attachment_start;
    size_t attachment_count;
    bool last; /* no packet of this message follows */
};

void envelope_write(const struct envelope *envelope, unsigned char ret_bytes[ENVELOPE_BYTES]);

/* NULL with *ret set, or why the packet's first `len` bytes are no envelope: a constant string. */
const char *envelope_read(const unsigned char *bytes, size_t len, struct envelope *ret);

/* The part that packet `index` carries: empty beyond the last one. */
struct envelope_part envelope_part(const struct envelope *envelope);

/* Whether two packets may belong to one message. */
bool envelope_same_message(const struct envelope *a, const struct envelope *b);

#endif
