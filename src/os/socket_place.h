/* Where the daemon's socket is: what the daemon and its clients must agree on. */
#ifndef OS_SOCKET_PLACE_H
#define OS_SOCKET_PLACE_H

#include <stddef.h>

#define SOCKET_PLACE_SYSTEM "/run/sysmem/sysmem.sock"

/* Writes the path: $SYSMEM_SOCKET if it is set and not empty; else, for a user other than root
 * whose $XDG_RUNTIME_DIR is an absolute path, sysmem.sock in it; else SOCKET_PLACE_SYSTEM.
 * $XDG_RUNTIME_DIR must be absolute by its own definition; what isn't, is not set. `buf`, or NULL:
 * longer than `size` - 1 bytes. Not to be called while another thread changes the environment. */
const char *socket_place(char *buf, size_t size);

#endif
