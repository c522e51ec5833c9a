/* What the sources of this module have between themselves, where it is too little for a header of
 * its own. No other module includes this. */
#ifndef SERVER_INTERNAL_H
#define SERVER_INTERNAL_H

#include "server/server.h"

/* listener.c: a socket that listens at `path` (mode 0660; a stale file is replaced, a live one
 * refused). The descriptor, or -errno with the reason in the log. */
int listener_open(const char *path);
int listener_start(struct server *server);

/* heaps.c: makes the heaps of the configuration. 0, or -errno with the reason in the log. */
int server_make_heaps(struct server *server);

/* executor.c */
void server_executor_init(struct server *server);

#endif
