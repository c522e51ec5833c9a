/* Messages over one SEQPACKET socket: never blocks (but for stream_receive_wait()), keeps what does
 * not fit, joins what spans packets. Every call uses MSG_DONTWAIT: O_NONBLOCK of a received socket
 * can be cleared by whoever kept a duplicate. */
#ifndef WIRE_STREAM_H
#define WIRE_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/envelope.h"
#include "wire/message.h"

/* What a queued descriptor counts for in out_bytes. */
#define STREAM_DESCRIPTOR_CHARGE 1024

struct packet;
struct stream_queued;

/* Descriptors of a packet, and the least that the kernel counts it for, in bytes. */
struct stream_density {
    size_t descriptors;
    size_t bytes;
};

struct stream {
    int fd; /* owned */
    struct stream_queued *out_first;
    struct stream_queued *out_last;
    size_t out_bytes;       /* queued here, with headers and a charge for each descriptor */
    size_t out_limit;       /* more than this is refused */
    size_t out_descriptors; /* in the queue */
    size_t out_unread;      /* sent: see stream_look_unread() */
    struct stream_density out_densest; /* of the packets among those */
    bool out_starved; /* the kernel has no room for descriptors: see stream_is_starved() */
    /* Closes a descriptor that was sent or cannot be, where the last close may take long, and the
     * peer may have closed what it got before; NULL: it is closed at once. */
    void (*close_attached)(struct stream *stream, int fd);
    bool is_shared; /* others may have descriptors of this end: see packet_send() */

    /* Of a received message: MESSAGE_MAX_BYTES, MESSAGE_MAX_ATTACHMENTS, or lowered by the owner.
     */
    size_t in_max_bytes;
    size_t in_max_attachments;
    /* Being joined; after a failure: holds the descriptors that arrived. */
    struct message partial;
    struct envelope partial_envelope; /* of the packet that comes next */
    bool partial_open;
    bool partial_lost;  /* descriptors of it did not arrive */
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

/* Sends now what goes, queues the rest (the message itself moves, its body is not copied). The
 * message is consumed in every case. 0, STREAM_FULL, STREAM_CLOSED (there may still be something to
 * receive), or -errno, after which the stream is of no use for sending. ETOOMANYREFS and ENOBUFS
 * are back-pressure: the message stays queued. A message whose first packet went is queued whatever
 * out_limit says. */
int stream_send(struct stream *stream, struct message *message);

/* Sends what is queued, as far as it goes. 0, STREAM_CLOSED or -errno; the queue is dropped then.
 */
int stream_flush(struct stream *stream);

/* Whether something is queued: poll for writing. */
static inline bool stream_wants_write(const struct stream *stream)
{
    return stream->out_first != NULL;
}

/* Whether what is queued waits for others to receive descriptors (ETOOMANYREFS, ENOBUFS): the
 * socket polls as writable all the while, so flush after a while (10 ms, say) instead of polling
 * for writing. */
static inline bool stream_is_starved(const struct stream *stream)
{
    return stream->out_starved;
}

/* What the stream keeps of the peer's doing: memory for queued messages and for the one being
 * joined (in bytes), and descriptors of both. */
size_t stream_held_bytes(const struct stream *stream);
size_t stream_held_descriptors(const struct stream *stream);

/* Asks the kernel how many descriptors that were sent the peer may not have received yet: at least
 * those are left in stream->out_unread, which until then counts all that were sent since. None are
 * left once the peer has received everything, or has closed its end. Takes no lock of the socket's.
 */
size_t stream_look_unread(struct stream *stream);

/* Receives at most one message: 1 with *ret set (the caller clears it), 0 when there is none now,
 * STREAM_CLOSED, STREAM_MALFORMED, or -errno. Reads one packet a call: 0 may mean that a message is
 * still incomplete, so callers wait for readiness again. Needs 68 KiB of stack.
 *
 * -EMFILE: this process ran out of descriptors. *ret is set nevertheless, with those that did
 * arrive and -1 for the others: for its ordinal and txid, and for the caller to clear. The stream
 * goes on. After every other failure nothing more can be received.
 *
 * Attachments have neither type nor rights nor koid yet: those travel in the body (codec_decode()).
 * Closing what a stranger sent can block, so this never does it, unless there is no memory to keep
 * it in: after a failure stream->partial holds the descriptors that arrived, until stream_deinit()
 * closes them, and who must not block takes them out before. */
int stream_receive(struct stream *stream, struct message *ret);

/* The same for a packet that was received elsewhere, with what packet_receive() said of it. Takes
 * its descriptors over. */
int stream_take_packet(struct stream *stream, int result, struct packet *packet,
                       struct message *ret);

/* The same as stream_receive(), but sleeps until a packet is there: saves a client that has nothing
 * else to do the poll(). 0 may also mean that the socket's O_NONBLOCK is set: poll then. shutdown()
 * by another thread ends the sleep. */
int stream_receive_wait(struct stream *stream, struct message *ret);

/* Closes the socket and drops what is queued. */
void stream_deinit(struct stream *stream);

#endif
