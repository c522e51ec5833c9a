/* The socket on which devices of the emulated hardware speak: one request a packet, one answer each
 * (tee/device.h). For poll(2); one thread. */
#ifndef TEE_SOCKET_H
#define TEE_SOCKET_H

#include <poll.h>

#include "base/strbuf.h"
#include "tee/hardware.h"

#define SOCKET_MAX_DEVICES 15

struct socket_devices {
    struct pollfd polls[1 + SOCKET_MAX_DEVICES]; /* the listener, and those that are connected */
    nfds_t count;
    const char *path;
};

/* Listens at a path (mode 0660; a socket there that nobody serves is replaced). 0 or -errno
 * (-EADDRINUSE: another driver does, or it is another kind of file). */
int socket_devices_init(struct socket_devices *devices, const char *path);

/* After poll(): accepts and answers. */
void socket_devices_serve(struct socket_devices *devices, struct hardware *hardware);

void socket_devices_deinit(struct socket_devices *devices);

/* The other side: makes one request at such a path, and appends the answer. 0 or -errno. */
int socket_ask(const char *path, const char *request, struct strbuf *answer);

#endif
