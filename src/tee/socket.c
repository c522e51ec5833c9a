#include "tee/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "tee/device.h"

/* -ENAMETOOLONG. */
static int address_of(const char *path, struct sockaddr_un *ret)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(ret->sun_path)) {
        return -ENAMETOOLONG;
    }
    memcpy(ret->sun_path, path, strlen(path) + 1);
    return 0;
}

/* Another kind of file refuses connections, too, and has to stay. */
static bool is_socket(const char *path)
{
    struct stat found;
    return lstat(path, &found) == 0 && S_ISSOCK(found.st_mode);
}

/* Binds, over a socket's file that nobody serves any more. 0 or -errno. */
static int bind_over(int fd, const struct sockaddr_un *address)
{
    const struct sockaddr *at = (const struct sockaddr *)address;
    mode_t before = umask(0117);
    int failed = bind(fd, at, sizeof(*address)) < 0 ? -errno : 0;
    if (failed == -EADDRINUSE && is_socket(address->sun_path) &&
        connect(fd, at, sizeof(*address)) < 0 && errno == ECONNREFUSED &&
        unlink(address->sun_path) == 0) {
        failed = bind(fd, at, sizeof(*address)) < 0 ? -errno : 0;
    }
    (void)umask(before);
    return failed;
}

static int listen_at(const char *path)
{
    struct sockaddr_un address;
    if (address_of(path, &address) < 0) {
        return -ENAMETOOLONG;
    }
    /* SOCK_NONBLOCK: who connected may be gone again, and the driver must not wait for the next. */
    FD_CLEANUP int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    int failed = bind_over(fd, &address);
    if (failed == 0 && listen(fd, SOCKET_MAX_DEVICES) < 0) {
        failed = -errno;
        (void)unlink(path);
    }
    return failed == 0 ? fd_take(&fd) : failed;
}

int socket_devices_init(struct socket_devices *devices, const char *path)
{
    int fd = listen_at(path);
    *devices = (struct socket_devices){.path = path, .count = fd < 0 ? 0 : 1};
    devices->polls[0] = (struct pollfd){.fd = fd, .events = POLLIN};
    return fd < 0 ? fd : 0;
}

static void take_device(struct socket_devices *devices)
{
    int fd = accept4(devices->polls[0].fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0 && devices->count == sizeof(devices->polls) / sizeof(devices->polls[0])) {
        fd_close(&fd); /* too many */
    } else if (fd >= 0) {
        devices->polls[devices->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
}

/* Answers one request. False: the device is gone, or does not take its answer. */
static bool serve_one(int fd, struct hardware *hardware)
{
    bool goes_on = false;
    char *request = malloc(DEVICE_MAX_MESSAGE + 1);
    ssize_t size = request == NULL ? 0 : recv(fd, request, DEVICE_MAX_MESSAGE, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) {
        goes_on = true; /* it has asked nothing yet */
    } else if (size > 0) {
        struct strbuf answer = {0};
        request[size] = '\0';
        device_answer(hardware, request, &answer);
        goes_on = !answer.failed && send(fd, strbuf_text(&answer), answer.len,
                                         MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)answer.len;
        strbuf_deinit(&answer);
    }
    free(request);
    return goes_on;
}

void socket_devices_serve(struct socket_devices *devices, struct hardware *hardware)
{
    for (nfds_t i = devices->count; i-- > 1;) {
        struct pollfd *poll = &devices->polls[i];
        if (poll->revents != 0 && !serve_one(poll->fd, hardware)) {
            fd_close(&poll->fd);
            *poll = devices->polls[--devices->count];
        }
    }
    if (devices->count > 0 && devices->polls[0].revents != 0) {
        take_device(devices);
    }
}

void socket_devices_deinit(struct socket_devices *devices)
{
    for (nfds_t i = 0; i < devices->count; i++) {
        fd_close(&devices->polls[i].fd);
    }
    if (devices->count > 0) {
        (void)unlink(devices->path);
    }
    devices->count = 0;
}

int socket_ask(const char *path, const char *request, struct strbuf *answer)
{
    struct sockaddr_un address;
    if (address_of(path, &address) < 0) {
        return -ENAMETOOLONG;
    }
    FD_CLEANUP int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    size_t size = strlen(request);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        send(fd, request, size, MSG_NOSIGNAL) != (ssize_t)size) {
        return -errno;
    }
    char *buffer = malloc(DEVICE_MAX_MESSAGE);
    ssize_t got = buffer == NULL ? -1 : recv(fd, buffer, DEVICE_MAX_MESSAGE, 0);
    int failed = got > 0 ? 0 : got == 0 ? -EPIPE : -errno;
    if (failed == 0) {
        strbuf_add(answer, buffer, (size_t)got);
    }
    free(buffer);
    return failed;
}
