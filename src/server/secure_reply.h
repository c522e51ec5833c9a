/* What the driver of secure memory answers while it is being registered, held against what the
 * interface demands, field by field: it is no more trusted than any client. Pure.
 * Source: spec/fuchsia.sysmem2.txt, SecureMem and TABLES. */
#ifndef SERVER_SECURE_REPLY_H
#define SERVER_SECURE_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "heap/range_set.h"
#include "heap/secure_mem.h"
#include "model/secure_mem.h"

/* What the interface's vectors hold at most. */
#define SECURE_REPLY_MAX_HEAPS  32
#define SECURE_REPLY_MAX_RANGES 128

/* Each returns NULL; or what is wrong, in words, and then *ret is not to be used. What *ret points
 * to is the response's. */

/* The first dynamic heap; its heap_type is NULL if there is none. */
const char *secure_reply_dynamic(const struct model_secure_mem_get_dynamic_secure_heaps_response *r,
                                 struct sysmem_heap *ret);

/* The properties of `heap`. */
const char *secure_reply_properties(
    const struct model_secure_mem_get_physical_secure_heap_properties_response *r,
    const struct sysmem_heap *heap, struct secure_mem_properties *ret);

/* Heap `index` of those whose ranges the TEE protects. */
struct secure_reply_heap {
    struct sysmem_heap id;
    struct range ranges[SECURE_REPLY_MAX_RANGES];
    size_t range_count;
};

const char *secure_reply_physical(
    const struct model_secure_mem_get_physical_secure_heaps_response *r, size_t index,
    struct secure_reply_heap *ret);

#endif
