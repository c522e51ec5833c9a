/* GetNodeRef: a handle that proves that its holder asked this node for it.
 *
 * An event has nothing that another process could recognise it by, so a node ref is one end of a
 * socket pair whose other end is bound to a name and stays with the node. */
#ifndef NODE_NODE_REF_H
#define NODE_NODE_REF_H

#include <stdbool.h>
#include <stdint.h>

#include "os/socket_name.h"

#define NODE_REF_DESCRIPTORS 2 /* that one keeps open */

struct node_ref {
    struct socket_name name; /* of own_end */
    int own_end;
    int client_end; /* duplicated for each request */
    uint64_t client_koid;
};

/* NULL with errno: the system refuses. */
struct node_ref *node_ref_new(void);

/* A descriptor for the client, or -errno. */
int node_ref_duplicate(const struct node_ref *ref);

/* Of what may be a client's end: the koid of the other end, by which the ref is looked up. False:
 * it is none. */
bool node_ref_look_up(int fd, uint64_t *ret_koid);

/* Whether `fd` is a duplicate of the client's end, by its name and by a message that comes through.
 */
bool node_ref_proves(const struct node_ref *ref, int fd);

/* NULL is fine. */
void node_ref_free(struct node_ref *ref);

#endif
