/* Unguessable bits, from the kernel. */
#ifndef OS_RANDOM_H
#define OS_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

#define RANDOM_MAX 64

/* Fills buf with `size` (at most RANDOM_MAX) random bytes. Bytes are fetched ahead, so most calls
 * make no system call; a forked child fetches its own. False: the kernel has none to give. Any
 * thread may call. */
bool random_fill(void *buf, size_t size);

#endif
