/* Packets that a stranger sends over a socket: the stream joins them to messages or refuses them,
 * keeps to its limits and leaves no descriptor open. A message that arrives is sent on by the same
 * code and must arrive as it was.
 *
 * Input: a byte, whether the stream's limits are lowered; then packets: a byte, how many
 * descriptors; three bytes, the packet's length; a byte, how many of its bytes follow; those. The
 * rest of a packet is zeros, so that short inputs make long messages. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/stream.h"

#define MAX_PACKET      ((size_t)128 * 1024)
#define LOW_BYTES       1000
#define LOW_ATTACHMENTS 3

/* Two connections: strangers' packets to `in`, and from `out` to `back` what has arrived. */
struct lines {
    int stranger;
    int gift;                /* what strangers send as descriptors */
    size_t sent_bytes;       /* of bodies, since the last message that arrived */
    size_t sent_descriptors; /* likewise */
    struct stream in;
    struct stream out;
    struct stream back;
};

static void lines_init(struct lines *lines, bool lowered)
{
    int first[2];
    int second[2];
    EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, first) == 0);
    EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, second) == 0);
    *lines = (struct lines){.stranger = first[0], .gift = open("/dev/null", O_RDONLY | O_CLOEXEC)};
    EXPECT(lines->gift >= 0);
    stream_init(&lines->in, first[1], 0);
    stream_init(&lines->out, second[0], SIZE_MAX);
    stream_init(&lines->back, second[1], 0);
    if (lowered) {
        lines->in.in_max_bytes = LOW_BYTES;
        lines->in.in_max_attachments = LOW_ATTACHMENTS;
    }
}

static void lines_deinit(struct lines *lines)
{
    (void)close(lines->stranger);
    (void)close(lines->gift);
    stream_deinit(&lines->in);
    stream_deinit(&lines->out);
    stream_deinit(&lines->back);
}

/* The number that the next descriptor gets: the same afterwards, or something stayed open. */
static int next_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    EXPECT(fd >= 0);
    (void)close(fd);
    return fd;
}

static bool send_packet(const struct lines *lines, unsigned char *bytes, size_t len,
                        size_t fd_count)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(ENVELOPE_PACKET_DESCRIPTORS * sizeof(int))];
    } control;
    struct iovec part = {.iov_base = bytes, .iov_len = len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count > 0) {
        int fds[ENVELOPE_PACKET_DESCRIPTORS];
        for (size_t i = 0; i < fd_count; i++) {
            fds[i] = lines->gift;
        }
        control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(fd_count * sizeof(int)),
                                          .cmsg_level = SOL_SOCKET,
                                          .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), fds, fd_count * sizeof(int));
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
    }
    return sendmsg(lines->stranger, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
}

/* Envelopes are pure: what is read is written the same, and its part lies within its message. */
static void check_envelope(const unsigned char *bytes, size_t len)
{
    struct envelope envelope;
    if (envelope_read(bytes, len, &envelope) != NULL) {
        return;
    }
    unsigned char again[ENVELOPE_BYTES];
    envelope_write(&envelope, again);
    EXPECT(memcmp(bytes, again, ENVELOPE_BYTES) == 0);
    struct envelope_part part = envelope_part(&envelope);
    EXPECT(part.body_len <= ENVELOPE_PACKET_BODY);
    EXPECT(part.attachment_count <= ENVELOPE_PACKET_DESCRIPTORS);
    EXPECT(part.body_len == 0 || part.body_start + part.body_len <= envelope.body_len);
    EXPECT(part.attachment_count == 0 ||
           part.attachment_start + part.attachment_count <= envelope.attachment_count);
}

static bool send_next(struct lines *lines, struct fuzz_input *input)
{
    static unsigned char bytes[MAX_PACKET];
    size_t fd_count = (size_t)fuzz_integer(input, 1) % (ENVELOPE_PACKET_DESCRIPTORS + 1);
    size_t len = 1 + (size_t)fuzz_integer(input, 3) % MAX_PACKET;
    size_t given;
    const uint8_t *head = fuzz_bytes(input, (size_t)fuzz_integer(input, 1), &given);
    memset(bytes, 0, len);
    memcpy(bytes, head, given < len ? given : len);
    check_envelope(bytes, len);
    lines->sent_bytes += len > ENVELOPE_BYTES ? len - ENVELOPE_BYTES : 0;
    lines->sent_descriptors += fd_count;
    return send_packet(lines, bytes, len, fd_count);
}

/* Sends the message on, which consumes it, and compares what comes out with what went in. */
static void pass_on(struct lines *lines, struct message *message)
{
    struct message before = *message;
    size_t room = before.body_len == 0 ? 1 : before.body_len;
    before.body = malloc(room);
    EXPECT(before.body != NULL);
    if (before.body_len > 0) {
        memcpy(before.body, message->body, before.body_len);
    }
    EXPECT(stream_send(&lines->out, message) == 0);
    struct message after;
    int r;
    while ((r = stream_receive(&lines->back, &after)) == 0) {
        EXPECT(stream_flush(&lines->out) == 0);
    }
    EXPECT(r == 1 && !stream_wants_write(&lines->out));
    EXPECT(after.ordinal == before.ordinal && after.txid == before.txid);
    EXPECT(after.body_len == before.body_len);
    EXPECT(after.body_len == 0 || memcmp(after.body, before.body, after.body_len) == 0);
    EXPECT(after.attachment_count == before.attachment_count);
    message_clear(&after);
    free(before.body);
}

/* Receives what one packet came to. False: nothing more can be received. */
static bool receive_one(struct lines *lines)
{
    const struct stream *in = &lines->in;
    struct message message;
    int r = stream_receive(&lines->in, &message);
    EXPECT(stream_held_bytes(in) <= in->in_max_bytes);
    if (r == 1) {
        EXPECT(message.body_len <= in->in_max_bytes);
        EXPECT(message.attachment_count <= in->in_max_attachments);
        EXPECT(message.body_len == lines->sent_bytes);
        EXPECT(message.attachment_count == lines->sent_descriptors);
        lines->sent_bytes = 0;
        lines->sent_descriptors = 0;
        for (size_t i = 0; i < message.attachment_count; i++) {
            EXPECT(fcntl(message.attachments[i].fd, F_GETFD) == FD_CLOEXEC);
        }
        pass_on(lines, &message);
        return true;
    }
    EXPECT(r == 0 || (r == STREAM_MALFORMED && in->reason != NULL));
    return r == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.at = data, .left = size};
    struct lines lines;
    int before = next_descriptor();
    lines_init(&lines, fuzz_integer(&input, 1) % 2 != 0);
    bool open = true;
    while (open && input.left > 0) {
        open = send_next(&lines, &input) && receive_one(&lines);
    }
    lines_deinit(&lines);
    EXPECT(next_descriptor() == before);
    return 0;
}
