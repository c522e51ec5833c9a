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

/* Answers all pending calls with an enum sysmem_error. */
void wait_fail_all(struct binding *binding, uint32_t error);

#endif
