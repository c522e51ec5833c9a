/* Moving one descriptor, with a few words about it, to another process over a Unix socket at a
 * path: the receiver listens, the sender waits for it. Both sides know whether it arrived. */
#ifndef CLI_TRANSFER_H
#define CLI_TRANSFER_H

#include <stddef.h>

#include <zircon/types.h>

#define TRANSFER_MAX_HEADER 1024 /* bytes, with the NUL */

/* Sends a copy of `fd` and a text, waiting for a receiver. 0 once the receiver has it; -ETIMEDOUT:
 * the deadline is past; another -errno: the path cannot be used, or the system refused. */
int transfer_send(const char *path, const char *header, int fd, zx_time_t deadline);

/* Listens at `path`, replacing a socket that was left there, and takes what one sender brings; the
 * path is gone afterwards. The caller owns *ret_fd. 0, -ETIMEDOUT, -EEXIST (something is there that
 * is no socket), or another -errno. */
int transfer_receive(const char *path, zx_time_t deadline, char header[TRANSFER_MAX_HEADER],
                     int *ret_fd);

#endif
