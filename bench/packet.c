#include "packet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define HEAD_BYTES offsetof(struct packet, body)

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * PACKET_MAX_FDS)];
};

int packet_send(int socket, const struct packet *packet)
{
    union control control;
    size_t fd_bytes = packet->fd_count * sizeof(int);
    struct iovec bytes = {.iov_base = (void *)packet, .iov_len = HEAD_BYTES + packet->body_len};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    if (fd_bytes > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(fd_bytes);
        control.header = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(fd_bytes)};
        memcpy(CMSG_DATA(&control.header), packet->fds, fd_bytes);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int packet_receive(int socket, struct packet *ret)
{
    union control control;
    struct iovec bytes = {.iov_base = ret, .iov_len = HEAD_BYTES + sizeof(ret->body)};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    ssize_t size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (size <= 0) {
        return size == 0 || errno == ECONNRESET ? 0 : -errno;
    }
    if ((size_t)size < HEAD_BYTES || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        return -EPROTO;
    }
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    ret->body_len = (size_t)size - HEAD_BYTES;
    ret->fd_count = header ? (header->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
    if (header) {
        memcpy(ret->fds, CMSG_DATA(header), ret->fd_count * sizeof(int));
    }
    return 1;
}
