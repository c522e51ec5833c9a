/* The driver of secure memory, a process that has registered: heap/secure_mem.h over a link, and
 * what is asked of it before its heaps can be had. docs/secure.md. The loop's thread only. */
#ifndef SERVER_LINK_SECURE_MEM_H
#define SERVER_LINK_SECURE_MEM_H

#include "server/binding.h"

/* Asks the driver on a client's end, which is taken over in every case, what it has. Secure memory
 * can be had once all is answered as it should be; if it is not, the driver's channel closes, with
 * the reason in the log. NULL, or why not: the reason may be that there is a driver already
 * (link_secure_mem_is_there()). */
const char *link_secure_mem_begin(struct binding *from, int fd);

/* Whether one is registered. */
bool link_secure_mem_is_there(const struct server *server);

/* Lets the driver go, if there is one, in good order: its channel closes. Who needs secure memory
 * fails from now on, with `why`, which stays: "the driver of secure memory has left". */
void link_secure_mem_end(struct server *server, const char *why);

#endif
