/* What a device of the emulated hardware says: one request, one answer, as text. Pure but for the
 * memory that the hardware has. Used by tests and by people (sysmem-securemem --ask). */
#ifndef TEE_DEVICE_H
#define TEE_DEVICE_H

#include <stddef.h>

#include "base/strbuf.h"
#include "tee/hardware.h"

/* Bytes of one access, and of a request or an answer. */
#define DEVICE_MAX_ACCESS  ((size_t)32768)
#define DEVICE_MAX_MESSAGE (2 * DEVICE_MAX_ACCESS + 256)

/* Answers a request, which is NUL-terminated:
 *   read open|secure ADDRESS LENGTH    "ok HEX", "fault ADDRESS: WHY"
 *   write open|secure ADDRESS HEX      "ok", "fault ADDRESS: WHY"
 *   ranges                             "ok ADDRESS+SIZE ADDRESS+SIZE ..."
 * and "error WHY" to anything else. */
void device_answer(struct hardware *hardware, const char *request, struct strbuf *answer);

#endif
