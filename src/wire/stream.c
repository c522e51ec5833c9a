#include "wire/stream.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/fd.h"
#include "wire/packet.h"

/* What the kernel counts for a packet is more than this, whatever its length. */
#define LEAST_TRUESIZE 512

/* A message that waits, wholly or from packet `envelope.index` on. */
struct stream_queued {
    struct stream_queued *next;
    struct message message;
    struct envelope envelope;
};

void stream_init(struct stream *stream, int fd, size_t out_limit)
{
    *stream = (struct stream){.fd = fd,
                              .out_limit = out_limit,
                              .in_max_bytes = MESSAGE_MAX_BYTES,
                              .in_max_attachments = MESSAGE_MAX_ATTACHMENTS};
    message_init(&stream->partial, 0, 0);
}

static void close_attached(struct stream *stream, int *fd)
{
    if (stream->close_attached == NULL) {
        fd_close(fd);
    } else if (*fd >= 0) {
        stream->close_attached(stream, fd_take(fd));
    }
}

/* Drops what cannot be sent, or is sent. */
static void drop(struct stream *stream, struct message *message)
{
    for (size_t i = 0; i < message->attachment_count; i++) {
        close_attached(stream, &message->attachments[i].fd);
    }
    message_clear(message);
}

static void drop_queue(struct stream *stream)
{
    while (stream->out_first != NULL) {
        struct stream_queued *queued = stream->out_first;
        stream->out_first = queued->next;
        drop(stream, &queued->message);
        free(queued);
    }
    stream->out_last = NULL;
    stream->out_bytes = 0;
    stream->out_descriptors = 0;
}

void stream_deinit(struct stream *stream)
{
    drop_queue(stream);
    message_clear(&stream->partial);
    fd_close(&stream->fd);
    *stream = (struct stream){.fd = -1};
}

/* --- Sending --- */

static size_t cost_of(const struct message *message)
{
    return sizeof(struct stream_queued) + message->body_len +
           message->attachment_count * STREAM_DESCRIPTOR_CHARGE;
}

/* The kernel holds the packet's descriptors now: ours go at once. */
static void close_sent(struct stream *stream, struct message *message,
                       const struct envelope_part *part)
{
    const struct stream_density density = {part->attachment_count, LEAST_TRUESIZE + part->body_len};
    struct stream_density *densest = &stream->out_densest;
    stream->out_unread += part->attachment_count;
    if (density.descriptors * densest->bytes >= densest->descriptors * density.bytes) {
        *densest = density;
    }
    for (size_t i = 0; i < part->attachment_count; i++) {
        close_attached(stream, &message->attachments[part->attachment_start + i].fd);
    }
}

/* Sends from packet envelope->index on, which moves along. 1: all of it went; 0: the rest has to
 * wait; else STREAM_CLOSED or -errno. */
static int send_packets(struct stream *stream, struct message *message, struct envelope *envelope)
{
    stream->out_starved = false;
    for (;;) {
        struct envelope_part part = envelope_part(envelope);
        int fds[ENVELOPE_PACKET_DESCRIPTORS];
        for (size_t i = 0; i < part.attachment_count; i++) {
            fds[i] = message->attachments[part.attachment_start + i].fd;
        }
        const unsigned char *body = part.body_len > 0 ? message->body + part.body_start : NULL;
        int error = packet_send(stream->fd, envelope, body, fds, !stream->is_shared);
        switch (error) {
        case 0:
            break;
        case -ETOOMANYREFS:
        case -ENOBUFS:
            stream->out_starved = true;
            return 0;
        case -EAGAIN:
            return 0;
        case -EPIPE:
        case -ECONNRESET:
            return STREAM_CLOSED;
        default:
            return error;
        }
        close_sent(stream, message, &part);
        if (part.last) {
            return 1;
        }
        envelope->index++;
    }
}

/* Moves the message into the queue. */
static int enqueue(struct stream *stream, struct message *message, const struct envelope *envelope)
{
    size_t cost = cost_of(message);
    size_t start = envelope_part(envelope).attachment_start;
    size_t descriptors = start < message->attachment_count ? message->attachment_count - start : 0;
    bool begun = envelope->index > 0;
    if (!begun && (cost > stream->out_limit || stream->out_bytes > stream->out_limit - cost)) {
        return STREAM_FULL;
    }
    struct stream_queued *queued = malloc(sizeof(*queued));
    if (queued == NULL) {
        return -ENOMEM;
    }
    *queued = (struct stream_queued){.message = *message, .envelope = *envelope};
    message_init(message, 0, 0);
    if (stream->out_last == NULL) {
        stream->out_first = queued;
    } else {
        stream->out_last->next = queued;
    }
    stream->out_last = queued;
    stream->out_bytes += cost;
    stream->out_descriptors += descriptors;
    return 0;
}

int stream_send(struct stream *stream, struct message *message)
{
    struct envelope envelope = {
        .ordinal = message->ordinal,
        .txid = message->txid,
        .body_len = (uint32_t)message->body_len,
        .attachment_count = (uint16_t)message->attachment_count,
    };
    int result = 0;
    if (message->body_len > MESSAGE_MAX_BYTES) {
        result = -EMSGSIZE;
    } else if (stream->out_first == NULL) {
        result = send_packets(stream, message, &envelope);
    }
    if (result == 0) {
        result = enqueue(stream, message, &envelope);
    }
    drop(stream, message);
    return result == 1 ? 0 : result;
}

int stream_flush(struct stream *stream)
{
    while (stream->out_first != NULL) {
        struct stream_queued *queued = stream->out_first;
        size_t unread = stream->out_unread;
        int result = send_packets(stream, &queued->message, &queued->envelope);
        stream->out_descriptors -= stream->out_unread - unread;
        if (result == 0) {
            return 0;
        }
        if (result != 1) {
            drop_queue(stream);
            return result;
        }
        stream->out_bytes -= cost_of(&queued->message);
        stream->out_first = queued->next;
        if (stream->out_first == NULL) {
            stream->out_last = NULL;
        }
        message_clear(&queued->message);
        free(queued);
    }
    return 0;
}

size_t stream_held_bytes(const struct stream *stream)
{
    return stream->out_bytes + (stream->partial_open ? stream->partial_envelope.body_len : 0);
}

size_t stream_held_descriptors(const struct stream *stream)
{
    return stream->out_descriptors + stream->partial.attachment_count;
}

size_t stream_look_unread(struct stream *stream)
{
    int bytes = 0;
    if (stream->out_unread > 0 && ioctl(stream->fd, SIOCOUTQ, &bytes) == 0) {
        const struct stream_density *densest = &stream->out_densest;
        size_t most = (size_t)bytes * densest->descriptors / densest->bytes;
        stream->out_unread = most < stream->out_unread ? most : stream->out_unread;
    }
    if (stream->out_unread == 0) {
        stream->out_densest = (struct stream_density){0};
    }
    return stream->out_unread;
}

/* --- Receiving --- */

/* Makes room for all of a message, whose size has been found to be within the limits. */
static int open_partial(struct stream *stream, const struct envelope *envelope)
{
    struct message *partial = &stream->partial;
    message_init(partial, envelope->ordinal, envelope->txid);
    if (envelope->body_len > 0) {
        partial->body = malloc(envelope->body_len);
    }
    if (envelope->attachment_count > 0) {
        partial->attachments = calloc(envelope->attachment_count, sizeof(*partial->attachments));
        partial->attachment_size = partial->attachments == NULL ? 0 : envelope->attachment_count;
    }
    if ((partial->body == NULL) != (envelope->body_len == 0) ||
        partial->attachment_size != envelope->attachment_count) {
        return -ENOMEM;
    }
    stream->partial_open = true;
    stream->partial_envelope = *envelope;
    return 0;
}

/* Why the packet cannot be the one that comes next; NULL: it can. */
static const char *packet_fault(const struct stream *stream, const struct packet *packet,
                                const struct envelope *envelope)
{
    if (envelope->body_len > stream->in_max_bytes) {
        return "a body longer than is accepted";
    }
    if (envelope->attachment_count > stream->in_max_attachments) {
        return "more descriptors than are accepted";
    }
    uint16_t wanted = stream->partial_open ? stream->partial_envelope.index : 0;
    if (envelope->index != wanted ||
        (stream->partial_open && !envelope_same_message(envelope, &stream->partial_envelope))) {
        return "a packet out of its order";
    }
    struct envelope_part part = envelope_part(envelope);
    if (packet->len - ENVELOPE_BYTES != part.body_len) {
        return "a packet whose length is not what its envelope says";
    }
    if (packet->fd_count != part.attachment_count) {
        return "a packet whose number of descriptors is not what its envelope says";
    }
    return NULL;
}

/* Adds the packet to the message being joined. 1: that was the last one. */
static int join(struct stream *stream, struct packet *packet, const struct envelope *envelope)
{
    int error = stream->partial_open ? 0 : open_partial(stream, envelope);
    if (error != 0) {
        return error;
    }
    struct message *partial = &stream->partial;
    struct envelope_part part = envelope_part(envelope);
    if (part.body_len > 0) {
        memcpy(partial->body + part.body_start, packet->bytes + ENVELOPE_BYTES, part.body_len);
        partial->body_len = part.body_start + part.body_len;
    }
    for (size_t i = 0; i < packet->fd_count; i++) {
        partial->attachments[partial->attachment_count++] =
            (struct attachment){.fd = packet->fds[i]};
    }
    packet->fd_count = 0;
    stream->partial_envelope.index++;
    return part.last ? 1 : 0;
}

static void close_descriptors(struct packet *packet)
{
    for (size_t i = 0; i < packet->fd_count; i++) {
        fd_close(&packet->fds[i]);
    }
    packet->fd_count = 0;
}

/* Leaves what a stranger sent to the stream's owner: see stream_receive(). */
static void keep_descriptors(struct stream *stream, struct packet *packet)
{
    struct message *partial = &stream->partial;
    size_t size = partial->attachment_count + packet->fd_count;
    struct attachment *bigger =
        packet->fd_count == 0 ? NULL : realloc(partial->attachments, size * sizeof(*bigger));
    if (bigger == NULL) {
        close_descriptors(packet);
        return;
    }
    for (size_t i = 0; i < packet->fd_count; i++) {
        bigger[partial->attachment_count++] = (struct attachment){.fd = packet->fds[i]};
    }
    partial->attachments = bigger;
    partial->attachment_size = size;
}

static int malformed(struct stream *stream, struct packet *packet, const char *reason)
{
    keep_descriptors(stream, packet);
    stream->reason = reason;
    return STREAM_MALFORMED;
}

/* What packet_receive() said, if it was not 1. */
static int receive_failed(struct stream *stream, struct packet *packet, int result)
{
    switch (result) {
    case -EAGAIN:
        return 0;
    case PACKET_CLOSED:
        stream->reason = stream->partial_open ? "closed in the middle of a message" : "closed";
        keep_descriptors(stream, packet); /* an empty packet reads as the end, too */
        return STREAM_CLOSED;
    case PACKET_TRUNCATED:
        return malformed(stream, packet, "a packet longer than packets may be");
    case PACKET_FOREIGN:
        return malformed(stream, packet, "control data other than descriptors");
    default:
        stream->reason = strerrordesc_np(-result);
        keep_descriptors(stream, packet);
        return result;
    }
}

/* The packet goes on with gaps for the descriptors that did not arrive, so that the message that it
 * belongs to can be named. */
static void lose_descriptors(struct stream *stream, struct packet *packet)
{
    struct envelope envelope;
    if (envelope_read(packet->bytes, packet->len, &envelope) == NULL) {
        size_t wanted = envelope_part(&envelope).attachment_count;
        while (packet->fd_count < wanted) {
            packet->fds[packet->fd_count++] = -1;
        }
    }
    stream->partial_lost = true;
}

static int hand_out(struct stream *stream, struct message *ret)
{
    bool lost = stream->partial_lost;
    *ret = stream->partial;
    message_init(&stream->partial, 0, 0);
    stream->partial_open = false;
    stream->partial_lost = false;
    if (lost) {
        stream->reason = "no descriptors left";
        return -EMFILE;
    }
    return 1;
}

int stream_take_packet(struct stream *stream, int result, struct packet *packet,
                       struct message *ret)
{
    if (result == -EMFILE) {
        lose_descriptors(stream, packet);
    } else if (result != 1) {
        return receive_failed(stream, packet, result);
    }
    struct envelope envelope;
    const char *fault = envelope_read(packet->bytes, packet->len, &envelope);
    if (fault == NULL) {
        fault = packet_fault(stream, packet, &envelope);
    }
    if (fault != NULL) {
        return malformed(stream, packet, fault);
    }
    result = join(stream, packet, &envelope);
    if (result < 0) {
        return receive_failed(stream, packet, result);
    }
    return result == 1 ? hand_out(stream, ret) : 0;
}

static int receive(struct stream *stream, bool wait, struct message *ret)
{
    struct packet packet;
    int result = packet_receive(stream->fd, wait, &packet);
    return stream_take_packet(stream, result, &packet, ret);
}

int stream_receive(struct stream *stream, struct message *ret)
{
    return receive(stream, false, ret);
}

int stream_receive_wait(struct stream *stream, struct message *ret)
{
    return receive(stream, true, ret);
}
