/* Heaps that other processes serve: heap/external.h over links. The loop's thread only. */
#ifndef SERVER_LINK_HEAP_H
#define SERVER_LINK_HEAP_H

#include <stddef.h>

#include "server/binding.h"

/* How many there are of processes that this uid answers for: heaps that can be used, those that
 * have not said OnRegister yet, and replaced ones that still have buffers. Not those whose process
 * is gone: how long clients keep their buffers is not for that uid to say. */
size_t link_heap_count(const struct server *server, uid_t uid);

/* Calls the heap on a client's end, which is taken over in every case. It can be used once it has
 * sent OnRegister. NULL, or why not. */
const char *link_heap_begin(struct binding *from, const struct sysmem_heap *id, int fd);

#endif
