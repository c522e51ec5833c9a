/* The server's process of a subject, and the socket that it listens on. */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "subject.h"

struct server {
    pid_t pid; /* 0: somebody else's server */
    char folder[64];
    char path[108];
};

/* Starts the server of a subject at a private socket, at which one can connect at once. `traced`:
 * it waits, stopped, for this process to trace it. 0 or -errno. */
int server_start(struct server *server, const struct subject *subject, bool traced);

/* Ends the process and removes the socket. */
void server_stop(struct server *server);

#endif
