/* WaitForChange: calls of Debug channels that wait until something happens. */
#ifndef SERVER_WATCH_H
#define SERVER_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "server/binding.h"

/* Remembers a call, which is answered from the loop once something happened after event `seen`.
 * False: one is pending already. */
bool watch_begin(struct binding *binding, uint32_t txid, uint64_t seen);

/* Answers the calls that can be answered. At the end of each turn of the loop. */
void watch_answer(struct server *server);

#endif
