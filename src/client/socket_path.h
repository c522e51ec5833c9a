/* Where the daemon's socket is, and the way to it. */
#ifndef CLIENT_SOCKET_PATH_H
#define CLIENT_SOCKET_PATH_H

#include <sysmem/error.h>

/* Connects to `path`; NULL: to sysmem_default_socket_path(). The caller owns the descriptor.
 * Statuses as sysmem_allocator_connect() says; ZX_ERR_INVALID_ARGS: longer than a socket's path may
 * be. */
sysmem_status_t socket_path_connect(const char *path, int *ret_fd);

#endif
