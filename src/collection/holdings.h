/* How many handles of a buffer are held now, and for which participants they were made: by the
 * kernel's word, counted when somebody asks. docs/lifetime.md tells how, and what clients can do
 * about it. */
#ifndef COLLECTION_HOLDINGS_H
#define COLLECTION_HOLDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer/buffer.h"

/* A participant may take as many locks on its buffers as it likes. */
#define HOLDINGS_MAX_HANDLES 256

struct holding {
    uint32_t participant; /* its number; one that nobody has: somebody made the lock himself */
    uint32_t handles;     /* at least 1 */
};

struct holdings {
    struct holding list[HOLDINGS_MAX_HANDLES]; /* participants ascend */
    uint32_t count;
    uint32_t handles; /* all together */
    bool more;        /* there are others: counting ended at the most handles, or for want of time,
                       * perhaps before the first */
};

/* Counts the handles of one kind of buffer `index`, until there are no more, until
 * HOLDINGS_MAX_HANDLES, or until `deadline_ns` (monotonic clock). The kernel is asked at least
 * once. */
void holdings_count(const struct buffer_set *buffers, uint32_t index, bool weak,
                    uint64_t deadline_ns, struct holdings *ret);

#endif
