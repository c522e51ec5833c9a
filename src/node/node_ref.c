#include "node/node_ref.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "os/random.h"

struct node_ref *node_ref_new(void)
{
    struct node_ref *ref = malloc(sizeof(*ref));
    int ends[2] = {-1, -1};
    if (ref == NULL || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        free(ref);
        return NULL;
    }
    *ref = (struct node_ref){.own_end = ends[0], .client_end = ends[1]};
    int bound = socket_name_bind(ref->own_end, &ref->name);
    if (bound == SOCKET_NAME_OK) {
        bound = socket_koid(ref->client_end, &ref->client_koid);
    }
    if (bound != SOCKET_NAME_OK) {
        node_ref_free(ref);
        errno = bound < 0 ? -bound : EINVAL;
        return NULL;
    }
    return ref;
}

int node_ref_duplicate(const struct node_ref *ref)
{
    return fd_dup(ref->client_end);
}

/* What clients have written to their end. */
static void drain(const struct node_ref *ref)
{
    char byte;
    for (int i = 0; i < 1024 && recv(ref->own_end, &byte, 1, MSG_DONTWAIT) > 0; i++) {
    }
}

bool node_ref_look_up(int fd, uint64_t *ret_koid)
{
    struct socket_name name;
    if (socket_name_of_peer(fd, &name) != SOCKET_NAME_OK) {
        return false;
    }
    *ret_koid = name.koid;
    return true;
}

bool node_ref_proves(const struct node_ref *ref, int fd)
{
    struct socket_name name;
    unsigned char sent[16];
    unsigned char got[sizeof(sent)];
    if (socket_name_of_peer(fd, &name) != SOCKET_NAME_OK || !socket_name_equal(&ref->name, &name) ||
        !random_fill(sent, sizeof(sent))) {
        return false;
    }
    drain(ref);
    return send(fd, sent, sizeof(sent), MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(sent) &&
           recv(ref->own_end, got, sizeof(got), MSG_DONTWAIT) == (ssize_t)sizeof(got) &&
           memcmp(sent, got, sizeof(sent)) == 0;
}

void node_ref_free(struct node_ref *ref)
{
    if (ref != NULL) {
        fd_close(&ref->own_end);
        fd_close(&ref->client_end);
        free(ref);
    }
}
