#include "buffer/asap.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "os/socket_name.h"

void asap_init(struct asap *asap)
{
    *asap = (struct asap){.client_fd = -1, .server_fd = -1};
}

/* The client end finds its related koid by the name that the server end is bound to. */
static int make_pair(struct asap *asap)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return -errno;
    }
    FD_CLEANUP int client = ends[0];
    FD_CLEANUP int server = ends[1];
    struct socket_name name;
    int r = socket_koid(client, &asap->koid);
    r = r < 0 ? r : socket_name_bind(server, &name);
    if (r < 0) {
        return r;
    }
    if (shutdown(server, SHUT_RD) != 0) { /* whoever has the client end cannot send */
        return -errno;
    }
    asap->client_fd = fd_take(&client);
    asap->server_fd = fd_take(&server);
    return 0;
}

int asap_client_end(struct asap *asap, int *ret_fd, uint64_t *ret_koid)
{
    int r = asap->client_fd >= 0 ? 0 : make_pair(asap);
    if (r < 0) {
        return r;
    }
    if (asap->signalled) {
        asap_signal(asap);
    }
    int copy = fd_dup(asap->client_fd);
    if (copy < 0) {
        return copy;
    }
    *ret_fd = copy;
    *ret_koid = asap->koid;
    return 0;
}

void asap_signal(struct asap *asap)
{
    asap->signalled = true;
    if (asap->server_fd >= 0) {
        /* Not by closing alone: that says nothing while a forked child has a copy. */
        (void)shutdown(asap->server_fd, SHUT_RDWR);
        fd_close(&asap->server_fd);
    }
}

void asap_deinit(struct asap *asap)
{
    asap_signal(asap);
    fd_close(&asap->client_fd);
}

int asap_take_end(struct asap *asap)
{
    asap_signal(asap);
    return fd_take(&asap->client_fd);
}
