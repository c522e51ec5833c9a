#include "buffer/companion.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/fd.h"
#include "os/memfile.h"

void companion_init(struct companion *companion)
{
    *companion = (struct companion){.near_fd = -1, .far_fd = -1};
}

int companion_give(struct companion *companion, int *ret_fd)
{
    if (companion->near_fd < 0) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
            return -errno;
        }
        companion->far_fd = ends[0];
        companion->near_fd = ends[1];
    }
    if (companion->far_fd < 0) {
        return -ESTALE;
    }
    return memfile_reopen(MEMFILE_NO_DIR, companion->far_fd, MEMFILE_READ_ONLY, ret_fd);
}

void companion_drop(struct companion *companion)
{
    fd_close(&companion->far_fd);
}

bool companion_is_gone(const struct companion *companion)
{
    if (companion->near_fd < 0) {
        return true;
    }
    struct pollfd near = {.fd = companion->near_fd};
    return poll(&near, 1, 0) == 1 && (near.revents & (POLLERR | POLLHUP)) != 0;
}

void companion_deinit(struct companion *companion)
{
    fd_close(&companion->far_fd);
    fd_close(&companion->near_fd);
}
