#include "link.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int make_address(const char *path, struct sockaddr_un *ret)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(ret->sun_path)) {
        return -ENAMETOOLONG;
    }
    (void)snprintf(ret->sun_path, sizeof(ret->sun_path), "%s", path);
    return 0;
}

static int make_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

/* Binds to a name of its own first and renames when connections are welcome. */
int link_listen(const char *path)
{
    struct sockaddr_un address;
    char fresh[sizeof(address.sun_path) + 8];
    (void)snprintf(fresh, sizeof(fresh), "%s.new", path);
    int result = make_address(fresh, &address);
    if (result < 0) {
        return result;
    }
    int fd = make_socket();
    if (fd < 0) {
        return fd;
    }
    (void)unlink(fresh);
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0 ||
        rename(fresh, path) < 0) {
        result = -errno;
        (void)unlink(fresh);
        (void)close(fd);
        return result;
    }
    return fd;
}

int link_accept(int listener, struct link *ret)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    *ret = (struct link){.fd = fd};
    return 0;
}

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int try_connect(const struct sockaddr_un *address, struct link *ret)
{
    int fd = make_socket();
    if (fd < 0) {
        return fd;
    }
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
        int result = -errno;
        (void)close(fd);
        return result;
    }
    *ret = (struct link){.fd = fd};
    return 0;
}

/* Waits until something changes in the folder of `path`. */
static int watch_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    (void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
                   slash ? path : ".");
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch < 0 || inotify_add_watch(watch, folder, IN_CREATE | IN_MOVED_TO | IN_ATTRIB) < 0) {
        int result = -errno;
        if (watch >= 0) {
            (void)close(watch);
        }
        return result;
    }
    return watch;
}

int link_connect(const char *path, int timeout_ms, struct link *ret)
{
    struct sockaddr_un address;
    int result = make_address(path, &address);
    int watch = result < 0 ? result : watch_folder(path);
    if (watch < 0) {
        return watch;
    }
    int64_t deadline = now_ms() + timeout_ms;
    for (;;) {
        char events[4096];
        result = try_connect(&address, ret);
        if (result != -ENOENT && result != -ECONNREFUSED) {
            break;
        }
        int64_t left = deadline - now_ms();
        if (left <= 0) {
            result = -ETIMEDOUT;
            break;
        }
        /* Between bind() and listen() of a foreign program a refusal is followed by no event. */
        int64_t nap = result == -ECONNREFUSED && left > 10 ? 10 : left;
        (void)poll(&(struct pollfd){.fd = watch, .events = POLLIN}, 1, (int)nap);
        (void)!read(watch, events, sizeof(events));
    }
    (void)close(watch);
    return result;
}

void link_close(struct link *link)
{
    if (link->fd >= 0) {
        (void)close(link->fd);
        link->fd = -1;
    }
}

int link_send(struct link *link, const struct link_message *message, const char *text, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    struct iovec parts[] = {
        {.iov_base = (void *)message, .iov_len = sizeof(*message)},
        {.iov_base = (void *)text,    .iov_len = strlen(text)    },
    };
    struct msghdr packet = {.msg_iov = parts, .msg_iovlen = 2};
    if (fd >= 0) {
        packet.msg_control = &control;
        packet.msg_controllen = sizeof(control);
        control.header = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    }
    ssize_t sent;
    do {
        sent = sendmsg(link->fd, &packet, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        return errno == ECONNRESET ? -EPIPE : -errno;
    }
    link->bytes_sent += (uint64_t)sent;
    return 0;
}

/* The descriptor that came along, or -1. The kernel delivers at most the one that there is room
 * for. */
static int received_fd(struct msghdr *packet)
{
    int fd = -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(packet);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(int))) {
        memcpy(&fd, CMSG_DATA(header), sizeof(fd));
    }
    return fd;
}

int link_receive(struct link *link, struct link_message *ret, char text[LINK_MAX_TEXT], int *ret_fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    char words[LINK_MAX_TEXT] = "";
    struct link_message message;
    struct iovec parts[] = {
        {.iov_base = &message, .iov_len = sizeof(message)  },
        {.iov_base = words,    .iov_len = sizeof(words) - 1},
    };
    struct msghdr packet = {.msg_iov = parts,
                            .msg_iovlen = 2,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};
    ssize_t got;
    do {
        got = recvmsg(link->fd, &packet, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        return got == 0 || errno == ECONNRESET ? 0 : -errno;
    }
    int fd = received_fd(&packet);
    bool whole =
        (size_t)got >= sizeof(message) && (packet.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    if (whole && ret_fd) {
        *ret_fd = fd;
    } else if (fd >= 0) {
        (void)close(fd);
    }
    if (!whole) {
        return -EPROTO;
    }
    link->bytes_received += (uint64_t)got;
    *ret = message;
    if (text) {
        memcpy(text, words, sizeof(words));
    }
    return 1;
}
