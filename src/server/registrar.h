/* Who may register what: the configuration's "registrars", as they are for one Registry channel. It
 * is decided when the channel is asked for, by the connection that it was asked on: that is whose
 * uid and groups the kernel vouches for. */
#ifndef SERVER_REGISTRAR_H
#define SERVER_REGISTRAR_H

#include <stdbool.h>

#include "server/binding.h"

struct registrar;

/* What the process at the other end of an accepted connection may. NULL: no memory. The caller
 * frees it with free(). */
struct registrar *registrar_new(const struct binding *allocator);

bool registrar_may_serve_heap(const struct registrar *registrar, const struct config *config,
                              const char *heap_type);
bool registrar_may_serve_secure_mem(const struct registrar *registrar, const struct config *config);

#endif
