/* The floor: the system calls that no implementation of the protocol can do without, and nothing
 * else. The same socketpairs, messages, memfds, reopenings and descriptor passes as the real thing;
 * no checks, locks, watches, seals or tables. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdint.h>

/* What the client asks of the floor's server; the sizes are those of the real messages. */
enum floor_operation {
    FLOOR_SYNC,      /* answered */
    FLOOR_NEW_TOKEN, /* descriptor: the server end of the root token */
    FLOOR_DUPLICATE, /* answered with the client end of a second token */
    FLOOR_BIND, /* argument: which token; descriptors: its client end, a collection's server end */
    FLOOR_SET_CONSTRAINTS, /* argument: how many buffers */
    FLOOR_WAIT,            /* answered with a description of each buffer of its own */
    FLOOR_RELEASE,
};

#define FLOOR_SMALL_BODY       16  /* bytes */
#define FLOOR_CONSTRAINTS_BODY 64  /* bytes */
#define FLOOR_SETTINGS_BODY    128 /* bytes */
#define FLOOR_MAX_BUFFERS      128

/* Serves connections of the listening socket one after the other, waiting in epoll_wait(2). Returns
 * when something is refused. */
void floor_serve(int listener);

#endif
