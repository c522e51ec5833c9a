/* The way to the daemon, and what to tell people when there is none. */
#ifndef CLI_DAEMON_H
#define CLI_DAEMON_H

#include <sysmem/error.h>

#include "base/strbuf.h"
#include "client/channel.h"

/* Connects to the socket at `path` (NULL: where clients look). The caller owns *ret_fd. On failure
 * *ret_reason gets what is wrong and what to do about it. */
sysmem_status_t daemon_connect(const char *path, int *ret_fd, struct strbuf *ret_reason);

/* Opens the Debug protocol of the daemon at `path`. On failure the reason goes to standard error.
 */
bool daemon_open_debug(const char *path, struct channel **ret);

/* Calls a method of the Debug protocol and prints on standard error why it failed. Returns whether
 * there is an answer in *ret, which the caller clears. */
bool daemon_ask(struct channel *debug, const char *method, void *request,
                struct channel_reply *ret);

#endif
