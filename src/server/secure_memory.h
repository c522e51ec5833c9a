/* The daemon's secure memory: the pool of the configuration, the heaps that a driver has offered,
 * and whether they can be had. Heaps stay when their driver goes, for the next one; how a driver is
 * spoken to is link_secure_mem.h's. docs/secure.md. The loop's thread only. */
#ifndef SERVER_SECURE_MEMORY_H
#define SERVER_SECURE_MEMORY_H

#include <stddef.h>

#include "heap/secure.h"
#include "server/secure_reply.h"
#include "server/server.h"

struct link_secure_mem;

struct secure_memory_heap {
    struct heap *heap; /* the registry's */
    bool is_attached;  /* it has hardware */
    bool was_ready;    /* and may have buffers */
};

struct secure_memory {
    struct server *server;
    struct pool *pool; /* NULL: none is configured. The first heap's, once it is there */
    struct secure_memory_heap
        dynamic; /* on the pool; its heap is NULL until a driver has named it */
    struct secure_memory_heap fixed[SECURE_REPLY_MAX_HEAPS]; /* of the TEE */
    size_t fixed_count;
    struct link_secure_mem *driver; /* who is registered; NULL: nobody */
};

/* What a driver offers. */
struct secure_memory_fixed {
    struct secure_reply_heap heap;
    struct secure_mem_properties properties;
};

struct secure_memory_offer {
    struct sysmem_heap dynamic; /* heap_type NULL: none */
    struct secure_mem_properties properties;
    struct secure_memory_fixed fixed[SECURE_REPLY_MAX_HEAPS];
    size_t fixed_count;
};

/* The pool of the configuration, if there is one: then secure memory is expected. 0, or -errno with
 * the reason in the log. */
int secure_memory_begin(struct server *server);

/* After the heaps are freed. */
void secure_memory_end(struct server *server);

/* The addresses of the pool, which there is. */
struct range secure_memory_pool_range(const struct secure_memory *memory);

/* NULL; or what speaks against the dynamic heap being called so, in words. */
const char *secure_memory_refuse_dynamic(const struct secure_memory *memory,
                                         const struct sysmem_heap *id);

/* Makes or finds the heaps of the offer and gives them their hardware. `attached` is told when the
 * buffers that there are are protected again, perhaps before this returns. NULL; or why not, in
 * words: then and when `attached` hears of a failure, secure_memory_lose() follows. */
const char *secure_memory_take(struct secure_memory *memory, struct secure_mem *hardware,
                               const struct secure_memory_offer *offer,
                               const struct heap_secure_attached *attached);

/* All that was taken is protected: it can be had from now on. */
void secure_memory_set_ready(struct secure_memory *memory);

/* The hardware is gone, for the reason `why`, which stays. Who needs secure memory fails from now
 * on, if it was there before, and waits on otherwise. Heaps that were never ready are forgotten. */
void secure_memory_lose(struct secure_memory *memory, const char *why);

#endif
