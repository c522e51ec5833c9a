/* One SEQPACKET packet carries the text and the descriptor; one byte comes back. Without that
 * answer a sender could end up in the queue of a receiver that was just leaving, and its descriptor
 * would be lost. */
#include "cli/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <zircon/syscalls.h>

#include "base/fd.h"

/* The time left, at least a moment: 0 would mean for ever. */
static struct timeval time_left(zx_time_t deadline)
{
    zx_time_t now = zx_clock_get_monotonic();
    zx_duration_t left = deadline > now ? deadline - now : 0;
    if (left > ZX_SEC(1000000)) {
        left = ZX_SEC(1000000);
    }
    return (struct timeval){.tv_sec = left / ZX_SEC(1),
                            .tv_usec = left % ZX_SEC(1) / ZX_USEC(1) + 1};
}

/* Bounds every following operation on a socket by the deadline. */
static int set_deadline(int fd, zx_time_t deadline)
{
    struct timeval left = time_left(deadline);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &left, sizeof(left)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &left, sizeof(left)) < 0) {
        return -errno;
    }
    return 0;
}

static int address_of(const char *path, struct sockaddr_un *ret)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(ret->sun_path)) {
        return len == 0 ? -ENOENT : -ENAMETOOLONG;
    }
    memcpy(ret->sun_path, path, len + 1);
    return 0;
}

static int open_directory_of(const char *path)
{
    char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        (void)snprintf(directory, sizeof(directory), ".");
    } else {
        /* "/x" is in "/" */
        int len = slash == path ? 1 : (int)(slash - path);
        (void)snprintf(directory, sizeof(directory), "%.*s", len, path);
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* --- sending --- */

/* Control data for one descriptor. */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

static int send_packet(int socket_fd, const char *text, int fd)
{
    union control control = {0};
    struct iovec part = {.iov_base = (void *)text, .iov_len = strlen(text)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(rights), &fd, sizeof(int));
    return sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* One try: -EAGAIN when the deadline came, -ENOENT or -ECONNREFUSED when nobody listens (any more).
 */
static int try_send(const struct sockaddr_un *address, const char *header, int fd,
                    zx_time_t deadline)
{
    FD_CLEANUP int socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int r = socket_fd < 0 ? -errno : set_deadline(socket_fd, deadline);
    if (r < 0) {
        return r;
    }
    if (connect(socket_fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
        return -errno;
    }
    r = send_packet(socket_fd, header, fd);
    if (r == -EPIPE || r == -ECONNRESET) {
        return -ECONNREFUSED;
    }
    char answer = 0;
    ssize_t n = r < 0 ? 0 : recv(socket_fd, &answer, 1, 0);
    if (n < 0) {
        return errno == ECONNRESET ? -ECONNREFUSED : -errno;
    }
    return r < 0 ? r : n == 1 ? 0 : -ECONNREFUSED;
}

/* Waits until something appears in the watched directory. */
static int wait_for_change(int inotify_fd, zx_time_t deadline)
{
    struct timeval left = time_left(deadline);
    int64_t ms = (int64_t)left.tv_sec * 1000 + left.tv_usec / 1000 + 1;
    struct pollfd poll_fd = {.fd = inotify_fd, .events = POLLIN};
    if (zx_clock_get_monotonic() >= deadline) {
        return -ETIMEDOUT;
    }
    if (poll(&poll_fd, 1, ms > INT_MAX ? INT_MAX : (int)ms) < 0 && errno != EINTR) {
        return -errno;
    }
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    while (read(inotify_fd, events, sizeof(events)) > 0) {
    }
    return 0;
}

int transfer_send(const char *path, const char *header, int fd, zx_time_t deadline)
{
    struct sockaddr_un address;
    int r = address_of(path, &address);
    if (r < 0) {
        return r;
    }
    FD_CLEANUP int directory_fd = open_directory_of(path);
    if (directory_fd < 0) {
        return directory_fd;
    }
    FD_CLEANUP int inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    char watched[64];
    (void)snprintf(watched, sizeof(watched), "/proc/self/fd/%d", directory_fd);
    if (inotify_fd < 0 ||
        inotify_add_watch(inotify_fd, watched, IN_CREATE | IN_MOVED_TO | IN_DELETE) < 0) {
        return -errno;
    }
    for (;;) {
        r = try_send(&address, header, fd, deadline);
        if (r == -EAGAIN || r == -EINPROGRESS) {
            return -ETIMEDOUT;
        }
        if (r != -ENOENT && r != -ECONNREFUSED) {
            return r;
        }
        r = wait_for_change(inotify_fd, deadline);
        if (r < 0) {
            return r;
        }
    }
}

/* --- receiving --- */

/* Puts a listening socket at the path in one step, so that a sender that sees it can connect. */
static int listen_at(const char *path, int directory_fd)
{
    struct stat st;
    if (fstatat(directory_fd, base_of(path), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        !S_ISSOCK(st.st_mode)) {
        return -EEXIST;
    }
    FD_CLEANUP int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    char temporary[32];
    (void)snprintf(temporary, sizeof(temporary), ".sysmemctl-%d", (int)getpid());
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory_fd,
                   temporary);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        return -errno;
    }
    if (listen(fd, 16) < 0 || renameat(directory_fd, temporary, directory_fd, base_of(path)) < 0) {
        int error = errno;
        (void)unlinkat(directory_fd, temporary, 0);
        return -error;
    }
    return fd_take(&fd);
}

/* The packet of a sender: its text, and its descriptor in *ret_fd (-1: it brought none). */
static int receive_packet(int fd, char header[TRANSFER_MAX_HEADER], int *ret_fd)
{
    union control control = {0};
    struct iovec part = {.iov_base = header, .iov_len = TRANSFER_MAX_HEADER - 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (n < 0) {
        return -errno;
    }
    header[n] = '\0';
    *ret_fd = -1;
    const struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    if (rights != NULL && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS &&
        rights->cmsg_len == CMSG_LEN(sizeof(int))) {
        memcpy(ret_fd, CMSG_DATA(rights), sizeof(int));
    }
    return 0;
}

/* Serves one sender. -ECONNRESET: it brought nothing, or left. */
static int accept_one(int listen_fd, zx_time_t deadline, char header[TRANSFER_MAX_HEADER],
                      int *ret_fd)
{
    FD_CLEANUP int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    FD_CLEANUP int received = -1;
    int r = set_deadline(fd, deadline);
    if (r == 0) {
        r = receive_packet(fd, header, &received);
    }
    if (r < 0) {
        return r;
    }
    if (received < 0 || send(fd, "k", 1, MSG_NOSIGNAL) != 1) {
        return -ECONNRESET;
    }
    *ret_fd = fd_take(&received);
    return 0;
}

int transfer_receive(const char *path, zx_time_t deadline, char header[TRANSFER_MAX_HEADER],
                     int *ret_fd)
{
    struct sockaddr_un address;
    int r = address_of(path, &address);
    if (r < 0) {
        return r;
    }
    FD_CLEANUP int directory_fd = open_directory_of(path);
    if (directory_fd < 0) {
        return directory_fd;
    }
    FD_CLEANUP int listen_fd = listen_at(path, directory_fd);
    if (listen_fd < 0) {
        return listen_fd;
    }
    do {
        r = set_deadline(listen_fd, deadline);
        if (r == 0) {
            r = accept_one(listen_fd, deadline, header, ret_fd);
        }
    } while (r == -ECONNRESET || r == -EINTR);
    (void)unlinkat(directory_fd, base_of(path), 0);
    return r == -EAGAIN ? -ETIMEDOUT : r;
}
