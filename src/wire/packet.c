#include "wire/packet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/fd.h"

#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif

#define RIGHTS_BYTES CMSG_SPACE(sizeof(int) * ENVELOPE_PACKET_DESCRIPTORS)
#define FOREIGN_BYTES                                                                              \
    512 /* so that what a peer switched on (credentials, times) does not displace descriptors */

/* Whoever has a duplicate of an end, and the administrator, can make its buffer small: it is grown
 * back. The least holds the largest packet, with what the kernel adds. */
#define SEND_BUFFER_BYTES (256 * 1024)
#define LEAST_SEND_BUFFER (128 * 1024)

union send_control {
    struct cmsghdr align;
    unsigned char bytes[RIGHTS_BYTES];
};

union receive_control {
    struct cmsghdr align;
    unsigned char bytes[RIGHTS_BYTES + FOREIGN_BYTES];
};

static void put_descriptors(struct msghdr *header, union send_control *control, const int *fds,
                            size_t fd_count)
{
    header->msg_control = control->bytes;
    header->msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
    memset(control->bytes, 0, header->msg_controllen);
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(header);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
    memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * fd_count);
}

static void grow(int socket)
{
    int bytes = SEND_BUFFER_BYTES;
    (void)setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

void packet_grow(int socket)
{
    int bytes = 0;
    socklen_t len = sizeof(bytes);
    if (getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, &len) == 0 && bytes < LEAST_SEND_BUFFER) {
        grow(socket);
    }
}

int packet_send(int socket, const struct envelope *envelope, const unsigned char *body,
                const int *fds, bool may_grow)
{
    struct envelope_part part = envelope_part(envelope);
    unsigned char head[ENVELOPE_BYTES];
    envelope_write(envelope, head);
    struct iovec vectors[2] = {
        {.iov_base = head,         .iov_len = sizeof(head) },
        {.iov_base = (void *)body, .iov_len = part.body_len}, /* only read; iovec has no const */
    };
    struct msghdr header = {.msg_iov = vectors, .msg_iovlen = part.body_len > 0 ? 2 : 1};
    union send_control control;
    if (part.attachment_count > 0) {
        put_descriptors(&header, &control, fds, part.attachment_count);
    }
    while (sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        if (errno == EMSGSIZE && may_grow) {
            grow(socket);
            may_grow = false;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

/* Takes the descriptors of one control message, all of which fit: the control buffer holds no more.
 */
static void take_descriptors(const struct cmsghdr *cmsg, struct packet *ret)
{
    size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(fd));
        if (ret->fd_count < ENVELOPE_PACKET_DESCRIPTORS) {
            ret->fds[ret->fd_count++] = fd;
        } else {
            fd_close(&fd);
        }
    }
}

/* False: there was something that is not a list of descriptors. */
static bool take_control(struct msghdr *header, struct packet *ret)
{
    bool clean = true;
    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(header); cmsg != NULL;
         cmsg = CMSG_NXTHDR(header, cmsg)) {
        bool socket_level = cmsg->cmsg_level == SOL_SOCKET;
        if (socket_level && (cmsg->cmsg_type == SCM_RIGHTS || cmsg->cmsg_type == SCM_PIDFD)) {
            take_descriptors(cmsg, ret);
        }
        clean = clean && socket_level && cmsg->cmsg_type == SCM_RIGHTS;
    }
    return clean;
}

/* A peer that closed with our packets unread leaves one ECONNRESET before what it sent: only the
 * call after that tells. */
static ssize_t receive(int socket, struct msghdr *header, int flags)
{
    size_t control_room = header->msg_controllen;
    bool reset = false;
    for (;;) {
        header->msg_controllen = control_room;
        ssize_t len = recvmsg(socket, header, flags);
        if (len >= 0) {
            return len;
        }
        if (errno == ECONNRESET && !reset) {
            reset = true;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
}

/* Receives into the parts, and the descriptors into *ret. The length, or -errno; *ret_status: what
 * the control data and the flags say, like packet_receive(). */
static ssize_t receive_parts(int socket, struct iovec *parts, size_t part_count, int flags,
                             struct packet *ret, int *ret_status)
{
    union receive_control control;
    struct msghdr header = {.msg_iov = parts,
                            .msg_iovlen = part_count,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof(control.bytes)};
    ret->fd_count = 0;
    ret->len = 0;
    ssize_t len = receive(socket, &header, flags | MSG_CMSG_CLOEXEC);
    if (len < 0) {
        return len;
    }
    bool clean = take_control(&header, ret);
    if ((header.msg_flags & MSG_TRUNC) != 0) {
        *ret_status = PACKET_TRUNCATED;
    } else if (!clean) {
        *ret_status = PACKET_FOREIGN;
    } else {
        *ret_status = (header.msg_flags & MSG_CTRUNC) != 0 ? -EMFILE : 1;
    }
    return len;
}

int packet_receive(int socket, bool wait, struct packet *ret)
{
    struct iovec part = {.iov_base = ret->bytes, .iov_len = sizeof(ret->bytes)};
    int status = 1;
    ssize_t len = receive_parts(socket, &part, 1, wait ? 0 : MSG_DONTWAIT, ret, &status);
    if (len <= 0) {
        return len == -ECONNRESET || len == 0 ? PACKET_CLOSED : (int)len;
    }
    ret->len = (size_t)len;
    return status;
}

int packet_forward(int socket, int result, const struct packet *packet)
{
    struct iovec parts[2] = {
        {.iov_base = &result,               .iov_len = sizeof(result)},
        {.iov_base = (void *)packet->bytes, .iov_len = packet->len   }, /* only read */
    };
    struct msghdr header = {.msg_iov = parts, .msg_iovlen = 2};
    union send_control control;
    if (packet->fd_count > 0) {
        put_descriptors(&header, &control, packet->fds, packet->fd_count);
    }
    while (sendmsg(socket, &header, MSG_NOSIGNAL) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

int packet_receive_forwarded(int socket, struct packet *ret, int *ret_result)
{
    int result = 0;
    struct iovec parts[2] = {
        {.iov_base = &result,    .iov_len = sizeof(result)    },
        {.iov_base = ret->bytes, .iov_len = sizeof(ret->bytes)},
    };
    int status = 1;
    ssize_t len = receive_parts(socket, parts, 2, MSG_DONTWAIT, ret, &status);
    if (len < (ssize_t)sizeof(result)) {
        return len < 0 ? (int)len : PACKET_CLOSED;
    }
    ret->len = (size_t)len - sizeof(result);
    *ret_result = result == 1 ? status : result;
    return 1;
}
