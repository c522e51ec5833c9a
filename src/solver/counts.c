#include "solver/counts.h"

#include <inttypes.h>

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void counts_init(struct counts *counts)
{
    *counts = (struct counts){.max = UINT32_MAX};
}

bool counts_read(struct work *work, const struct sysmem_buffer_collection_constraints *constraints,
                 struct counts *ret)
{
    const struct sysmem_buffer_collection_constraints *c = constraints;
    bool slack = !work->environment->force_zero_slack;
    counts_init(ret);
    if (c->has.min_buffer_count_for_camping) {
        ret->camping = c->min_buffer_count_for_camping;
    }
    if (c->has.min_buffer_count_for_dedicated_slack && slack) {
        ret->dedicated_slack = c->min_buffer_count_for_dedicated_slack;
    }
    if (c->has.min_buffer_count_for_shared_slack && slack) {
        ret->shared_slack = c->min_buffer_count_for_shared_slack;
    }
    if (c->has.min_buffer_count) {
        ret->min = c->min_buffer_count;
    }
    if (c->has.max_buffer_count) {
        ret->max = c->max_buffer_count;
    }
    if (ret->max == 0) {
        return refuse(work, "max_buffer_count", "wanted at least 1 or unset, got 0");
    }
    if (ret->min > ret->max) {
        return refuse(work, "min_buffer_count",
                      "wanted at most max_buffer_count %" PRIu64 ", got %" PRIu64, ret->max,
                      ret->min);
    }
    return true;
}

void counts_fold(struct counts *counts, const struct counts *other)
{
    counts->camping += other->camping; /* 32 bits each: cannot overflow before 2^32 participants */
    counts->dedicated_slack += other->dedicated_slack;
    counts->shared_slack = max_u64(counts->shared_slack, other->shared_slack);
    counts->min = max_u64(counts->min, other->min);
    counts->max = other->max < counts->max ? other->max : counts->max;
}

uint64_t counts_needed(const struct counts *counts)
{
    return max_u64(counts->camping + counts->dedicated_slack + counts->shared_slack, counts->min);
}
