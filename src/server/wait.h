/* WaitForAllBuffersAllocated: calls that are answered later, and what a participant gets. */
#ifndef SERVER_WAIT_H
#define SERVER_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "server/binding.h"

/* Remembers a call. NULL, or why not: too many are pending, or no memory. */
const char *wait_add(struct binding *binding, uint32_t txid);

/* Answers all pending calls: with an enum sysmem_error, or with the buffers (0). */
void wait_answer_all(struct binding *binding, uint32_t error);

#endif
