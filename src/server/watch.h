/* WaitForChange: calls of Debug channels that wait until something happens. */
#ifndef SERVER_WATCH_H
#define SERVER_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "server/binding.h"

/* A channel's first call makes it hear what happens from now on, and is answered at once; false in
 * *ret_pending says so. A later one is remembered, and answered from the loop once something
 * happened since the former answer. NULL, or why not. */
const char *watch_begin(struct binding *binding, uint32_t txid, bool *ret_pending);

/* Answers the calls that can be answered. At the end of each turn of the loop. */
void watch_answer(struct server *server);

#endif
