/* What is measured: the floor or the real thing. Either has a server in a process of its own, which
 * gets a listening socket, and a client in this one. All functions return 0 or -errno, unless they
 * say more. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <stdint.h>

#include "freed.h"

#define SUBJECT_BUFFER_BYTES 4096
#define SUBJECT_PARTICIPANTS 2

struct subject {
    const char *name;
    /* Becomes the server, in a process of its own. Returns only to say that it cannot. */
    void (*serve)(const struct subject *subject, int listener);
    const char *program; /* what serve() executes, or NULL */
    /* The client: connects to the socket at `path`. */
    int (*connect)(const char *path, void **ret_client);
    void (*disconnect)(void *client);
    /* One round trip. */
    int (*sync)(void *client);
    /* Two participants and `buffers` buffers of SUBJECT_BUFFER_BYTES, from the first message until
     * the memory of the last buffer has been given back. Returns the time in nanoseconds, without
     * that of placing the watches, or -errno. */
    int64_t (*cycle)(void *client, uint32_t buffers, struct freed *freed);
};

extern const struct subject floor_subject;

/* With `program` still to be set. */
extern const struct subject real_subject;

#endif
