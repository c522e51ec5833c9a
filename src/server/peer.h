/* What the kernel knows of the process at the other end of an accepted connection. */
#ifndef SERVER_PEER_H
#define SERVER_PEER_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether the process that connected belonged to a group when it did (SO_PEERCRED, SO_PEERGROUPS).
 */
bool peer_is_in_group(int fd, gid_t group);

#endif
