#include "collection/holdings.h"

#include <errno.h>

#include "collection/collection.h"

static void add(struct holdings *holdings, uint32_t participant)
{
    struct holding *last = &holdings->list[holdings->count - (holdings->count > 0 ? 1 : 0)];
    if (holdings->count == 0 || last->participant != participant) {
        last = &holdings->list[holdings->count++];
        *last = (struct holding){.participant = participant};
    }
    last->handles++;
    holdings->handles++;
}

void holdings_count(const struct buffer_set *buffers, uint32_t index, bool weak,
                    uint64_t deadline_ns, struct holdings *ret)
{
    struct buffer_walk walk;
    uint32_t participant = 0;
    ret->count = 0;
    ret->handles = 0;
    ret->more = false;
    buffer_walk_begin(&walk, buffers, index, weak);
    int r;
    while ((r = buffer_walk_next(&walk, &participant)) == 1 || r == -EAGAIN) {
        if (ret->handles == HOLDINGS_MAX_HANDLES) {
            ret->more = true;
            return;
        }
        if (r == 1) {
            add(ret, participant);
        }
        if (collection_now_ns() >= deadline_ns) {
            ret->more = true;
            return;
        }
    }
    ret->more = r == -EOPNOTSUPP; /* by companion: never known */
}
