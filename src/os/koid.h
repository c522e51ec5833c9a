/* Numbers for objects that are no sockets (a socket's koid is its cookie, os/socket_name.h): VMOs,
 * VMARs, events of one process. They never meet a socket's cookie nor a number that another process
 * took. */
#ifndef OS_KOID_H
#define OS_KOID_H

#include <stdbool.h>
#include <stdint.h>

/* A new number, never 0. Bit 62 is set and bit 63 clear: the kernel's cookies count up from 1 and,
 * rarely, down from the top. Below stand 38 random bits of the process and a counter. Any thread
 * may call; a forked child draws its own bits. No system call but at the first number and then once
 * in 16 million. */
uint64_t koid_new(void);

/* Whether a number may be one that this process took. Any thread may call. */
bool koid_is_own(uint64_t koid);

#endif
