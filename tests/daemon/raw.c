#include "raw.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "model/requests.h"
#include "support/daemon.h"
#include "wire/codec.h"
#include "wire/envelope.h"
#include "wire/message.h"
#include "wire/packet.h"

void raw_pair(int ret_ends[2])
{
    int failed = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_ends);
    assert(failed == 0);
    (void)failed;
}

bool raw_send(int fd, const void *bytes, size_t len, const int *fds, size_t fd_count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * 253)];
    } control = {0};
    struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
    struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
    if (fd_count > 0) {
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(rights), fds, sizeof(int) * fd_count);
    }
    return sendmsg(fd, &header, MSG_NOSIGNAL) >= 0;
}

bool raw_request(int fd, enum model_protocol protocol, const char *method, uint32_t txid,
                 const void *table, const int *fds, size_t fd_count)
{
    const struct model_method *row = model_method_by_name(protocol, method);
    assert(row != NULL);
    struct message message;
    message_init(&message, row->ordinal, txid);
    for (size_t i = 0; i < fd_count; i++) {
        struct attachment attachment = {.fd = fd_dup(fds[i])};
        int slot = message_attach(&message, &attachment);
        assert(slot == (int)i + 1);
        (void)slot;
    }
    enum codec_status coded = codec_encode(table == NULL ? NULL : row->request, table, &message);
    assert(coded == CODEC_OK);
    (void)coded;
    unsigned char packet[ENVELOPE_BYTES + ENVELOPE_PACKET_BODY];
    const struct envelope envelope = {
        .ordinal = row->ordinal,
        .txid = txid,
        .body_len = (uint32_t)message.body_len,
        .attachment_count = (uint16_t)fd_count,
    };
    assert(message.body_len <= ENVELOPE_PACKET_BODY);
    envelope_write(&envelope, packet);
    if (message.body_len > 0) {
        memcpy(packet + ENVELOPE_BYTES, message.body, message.body_len);
    }
    bool sent = raw_send(fd, packet, ENVELOPE_BYTES + message.body_len, fds, fd_count);
    message_clear(&message);
    return sent;
}

/* One packet, dropped with its descriptors: its length, 0 at the end, or -errno. */
static ssize_t drop_packet(int fd, struct envelope *ret)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int polled = poll(&ready, 1, DAEMON_PATIENCE_MS);
    if (polled <= 0) {
        return polled == 0 ? -ETIMEDOUT : -errno;
    }
    unsigned char bytes[ENVELOPE_BYTES + ENVELOPE_PACKET_BODY];
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * 253)];
    } control;
    struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
    struct msghdr header = {.msg_iov = &iov,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof(control.bytes)};
    ssize_t len = recvmsg(fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (len <= 0) {
        return len == 0 ? 0 : -errno;
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c != NULL; c = CMSG_NXTHDR(&header, c)) {
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; c->cmsg_type == SCM_RIGHTS && i < count; i++) {
            int received;
            memcpy(&received, CMSG_DATA(c) + i * sizeof(int), sizeof(received));
            (void)close(received);
        }
    }
    const char *why = envelope_read(bytes, (size_t)len, ret);
    assert(why == NULL);
    (void)why;
    return len;
}

int raw_wait_reply(int fd, uint32_t txid)
{
    for (;;) {
        struct envelope envelope;
        ssize_t len = drop_packet(fd, &envelope);
        if (len <= 0) {
            return len == 0 || len == -ECONNRESET ? -EPIPE : (int)len;
        }
        if (envelope.txid == txid && envelope_part(&envelope).last) {
            return 0;
        }
    }
}

bool raw_wait_closed(int fd)
{
    int status;
    do {
        struct envelope envelope;
        status = (int)drop_packet(fd, &envelope);
    } while (status > 0);
    return status == 0 || status == -ECONNRESET;
}

int raw_root_token(int allocator)
{
    int ends[2];
    raw_pair(ends);
    struct model_allocator_allocate_shared_collection_request request = {0};
    SYSMEM_SET(&request, token_request, 1);
    bool sent = raw_request(allocator, MODEL_PROTOCOL_ALLOCATOR, "AllocateSharedCollection", 0,
                            &request, &ends[1], 1);
    assert(sent);
    (void)sent;
    fd_close(&ends[1]);
    return ends[0];
}

bool raw_sync(int fd, enum model_protocol protocol)
{
    static uint32_t txid = 1000;
    txid++;
    return raw_request(fd, protocol, "Sync", txid, NULL, NULL, 0) && raw_wait_reply(fd, txid) == 0;
}
