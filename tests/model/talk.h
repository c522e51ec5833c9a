/* Methods by their names, on channels of any protocol. */
#ifndef TESTS_MODEL_TALK_H
#define TESTS_MODEL_TALK_H

#include <stdbool.h>

#include "client/channel.h"

/* The row of a method that the channel's protocol has. */
const struct model_method *talk_method(const struct channel *channel, const char *name);

/* One-way. That the channel closes shows in what is asked on it next. */
void talk_send(struct channel *channel, const char *name, void *request);

/* A call that the daemon must answer, or close the channel. */
sysmem_status_t talk_ask(struct channel *channel, const char *name, void *request);

/* Asks an Allocator for nothing: what the daemon was handling is done then. False: it doesn't
 * answer. */
bool talk_barrier(struct channel *allocator);

/* A channel's handle of a socket, which it then owns. */
zx_handle_t talk_handle(int fd);

/* Takes in what has arrived, and waits until the deadline for the daemon's close. */
bool talk_sees_close(struct channel *channel, zx_time_t deadline);

#endif
