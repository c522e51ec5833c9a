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

/* A peer that kept a duplicate of this end can shrink its buffer: grow it back. */
#define SEND_BUFFER_BYTES (256 * 1024)

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

int packet_send(int socket, const struct envelope *envelope, const unsigned char *body,
                const int *fds)
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
    bool grown = false;
    while (sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        if (errno == EMSGSIZE && !grown) {
            int bytes = SEND_BUFFER_BYTES;
            (void)setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
            grown = true;
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

int packet_receive(int socket, bool wait, struct packet *ret)
{
    union receive_control control;
    struct iovec part = {.iov_base = ret->bytes, .iov_len = sizeof(ret->bytes)};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof(control.bytes)};
    ret->fd_count = 0;
    ret->len = 0;
    int flags = wait ? MSG_CMSG_CLOEXEC : MSG_CMSG_CLOEXEC | MSG_DONTWAIT;
    ssize_t len = receive(socket, &header, flags);
    if (len < 0) {
        return len == -ECONNRESET ? PACKET_CLOSED : (int)len;
    }
    ret->len = (size_t)len;
    bool clean = take_control(&header, ret);
    if (len == 0) {
        return PACKET_CLOSED;
    }
    if ((header.msg_flags & MSG_TRUNC) != 0) {
        return PACKET_TRUNCATED;
    }
    if (!clean) {
        return PACKET_FOREIGN;
    }
    return (header.msg_flags & MSG_CTRUNC) != 0 ? -EMFILE : 1;
}
