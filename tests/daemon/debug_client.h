/* Speaking the Debug protocol to a daemon, as this user and as another one. */
#ifndef DAEMON_DEBUG_CLIENT_H
#define DAEMON_DEBUG_CLIENT_H

#include "client/channel.h"
#include "model/debug.h"
#include "support/daemon.h"

/* A channel that speaks it. Asserts. */
struct channel *debug_open(const struct daemon *daemon);

/* Starts a daemon that other users can connect to. Only root can become another one: for others the
 * test is skipped. */
void debug_start_for_all(struct daemon *daemon);
void debug_start_for_all_with(struct daemon *daemon, const struct daemon_options *options);

/* Whether `check` returns 0 in a process of another user. */
bool debug_other_uid_finds(const struct daemon *daemon, int (*check)(const struct daemon *));

#endif
