/* Speaking to the daemon by hand, rules and all: what a hostile or careless client may send. */
#ifndef DAEMON_RAW_H
#define DAEMON_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/method.h"

/* A connected pair: [0] stays here, [1] is for sending away. Asserts. */
void raw_pair(int ret_ends[2]);

/* One packet as it is, with descriptors (which stay the caller's). False: the peer is gone. */
bool raw_send(int fd, const void *bytes, size_t len, const int *fds, size_t fd_count);

/* A request, encoded; `table` may be NULL; its handle fields hold slots of fds (1, 2, ...). */
bool raw_request(int fd, enum model_protocol protocol, const char *method, uint32_t txid,
                 const void *table, const int *fds, size_t fd_count);

/* Waits for a whole reply to `txid`. 0: it came (its descriptors are closed); -EPIPE: the daemon
 * closed the channel instead; -ETIMEDOUT. */
int raw_wait_reply(int fd, uint32_t txid);

/* Waits until the daemon has closed the channel, dropping what comes before. False: it does not. */
bool raw_wait_closed(int fd);

/* The usual beginning: asks an Allocator connection for a root token and returns the token's client
 * end. Asserts. */
int raw_root_token(int allocator);

/* Whether a Sync on a token or collection is answered. */
bool raw_sync(int fd, enum model_protocol protocol);

#endif
