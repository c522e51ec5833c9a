/* Messages over one SEQPACKET socket: never blocks, keeps what does not fit, joins what spans packets.
 * Every call uses MSG_DONTWAIT: O_NONBLOCK of a received socket can be cleared by whoever kept a duplicate. */
#ifndef WIRE_STREAM_H
#define WIRE_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/message.h"

struct stream_packet;

struct stream {
    int fd; /* owned */
    struct stream_packet *out_first;
    struct stream_packet *out_last;
    size_t out_bytes;    /* queued here, with headers and a charge for each descriptor */
    size_t out_limit;    /* more than this is refused */
    struct message partial; /* being joined */
    bool partial_open;
    const char *reason; /* why the last stream_receive() failed; a constant string */
};

/* What stream_receive() and stream_send() may say besides 0 and 1. */
enum {
    STREAM_CLOSED = -1000, /* the peer is gone; what it sent before has been received */
    STREAM_MALFORMED,      /* the peer broke the rules: stream->reason */
    STREAM_FULL,           /* the peer does not read: out_limit reached; nothing was queued */
};

/* Takes the socket over. out_limit in bytes. */
void stream_init(struct stream *stream, int fd, size_t out_limit);

/* Sends now what goes, queues the rest. The message is consumed in every case. 0, STREAM_FULL, STREAM_CLOSED, or
 * -errno (-ENOMEM). ETOOMANYREFS and ENOBUFS are back-pressure: the message stays queued. */
int stream_send(struct stream *stream, struct message *message);

/* Sends what is queued, as far as it goes. 0, STREAM_CLOSED or -errno. */
int stream_flush(struct stream *stream);

/* Whether something is queued: poll for writing. */
static inline bool stream_wants_write(const struct stream *stream)
{
    return stream->out_first != NULL;
}

/* Receives at most one message: 1 with *ret set (the caller clears it), 0 when there is none now,
 * STREAM_CLOSED, STREAM_MALFORMED, or -errno (-EMFILE and -ENFILE: this process ran out of descriptors and what did
 * arrive was closed). Reads one packet a call: 0 may mean that a message is still incomplete, so callers wait
 * for readiness again. */
int stream_receive(struct stream *stream, struct message *ret);

/* Closes the socket and drops what is queued. */
void stream_deinit(struct stream *stream);

#endif
