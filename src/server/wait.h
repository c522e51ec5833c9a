/* WaitForAllBuffersAllocated: calls that are answered later, and what a participant gets. */
#ifndef SERVER_WAIT_H
#define SERVER_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "server/binding.h"

/* Remembers a call. NULL, or why not: too many are pending, or no memory. */
const char *wait_add(struct binding *binding, uint32_t txid);

/* The buffers are there: the pending calls are answered, one after the other, from the loop. */
void wait_answer_soon(struct binding *binding);

/* Answers one call that is due with the buffers. True: there are more. */
bool wait_answer_one(struct binding *binding);

/* Of a channel that ends: answers one pending call with the error that it ends with. False: there
 * is none. */
bool wait_fail_one(struct binding *binding);

#endif
