#include "client/socket_path.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <sysmem/allocator.h>

#include "base/fd.h"
#include "os/socket_place.h"
#include "zx/status.h"

const char *sysmem_default_socket_path(char *buf, size_t size)
{
    return socket_place(buf, size);
}

sysmem_status_t socket_path_connect(const char *path, int *ret_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char buf[sizeof(address.sun_path)];
    if (path == NULL) {
        path = sysmem_default_socket_path(buf, sizeof(buf));
    }
    if (path == NULL || path[0] == '\0' || strlen(path) >= sizeof(address.sun_path)) {
        return ZX_ERR_INVALID_ARGS;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    FD_CLEANUP int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return status_from_errno(errno);
    }
    while (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        switch (errno) {
        case EINTR:
            break;
        case ENOTDIR:
            return ZX_ERR_NOT_FOUND;
        case EPROTOTYPE: /* somebody listens, but not for this */
            return ZX_ERR_PEER_CLOSED;
        default:
            return status_from_errno(errno);
        }
    }
    *ret_fd = fd_take(&fd);
    return 0;
}
