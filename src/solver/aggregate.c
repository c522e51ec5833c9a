#include "solver/aggregate.h"

#include <string.h>

#include "solver/pair.h"

bool aggregate_build(struct work *work, const struct demand *const *demands, size_t count,
                     struct aggregate *ret)
{
    *ret = (struct aggregate){.demands = demands, .count = count};
    demand_init(&ret->total);
    for (size_t i = 0; i < count; i++) {
        work->participant = demands[i]->participant;
        if (!demand_fold(work, &ret->total, demands[i])) {
            return false;
        }
        work->progress++;
    }
    blame_nobody(work);
    return work->lenient || usage_check_all(work, &ret->total.usage);
}

static uint64_t demand_number(const struct demand *demand, size_t offset)
{
    uint64_t number;
    memcpy(&number, (const char *)demand + offset, sizeof(number));
    return number;
}

static void blame_extreme(struct work *work, const struct aggregate *aggregate, size_t offset,
                          bool largest)
{
    const struct demand *extreme = aggregate->demands[0];
    for (size_t i = 1; i < aggregate->count; i++) {
        uint64_t number = demand_number(aggregate->demands[i], offset);
        uint64_t so_far = demand_number(extreme, offset);
        if (largest ? number > so_far : number < so_far) {
            extreme = aggregate->demands[i];
        }
    }
    work->participant = extreme->participant;
}

void blame_smallest(struct work *work, const struct aggregate *aggregate, size_t offset)
{
    blame_extreme(work, aggregate, offset, false);
}

void blame_largest(struct work *work, const struct aggregate *aggregate, size_t offset)
{
    blame_extreme(work, aggregate, offset, true);
}

void blame_flag(struct work *work, const struct aggregate *aggregate, size_t offset, bool value)
{
    for (size_t i = 0; i < aggregate->count; i++) {
        bool flag;
        memcpy(&flag, (const char *)aggregate->demands[i] + offset, sizeof(flag));
        if (flag == value) {
            work->participant = aggregate->demands[i]->participant;
            return;
        }
    }
}

void blame_entry(struct work *work, const struct aggregate *aggregate, const struct entry *entry,
                 size_t offset, bool largest)
{
    const struct pair wanted = {.pixel_format = entry->pixel_format, .modifier = entry->modifier};
    const struct entry *extreme = NULL;
    for (size_t i = 0; i < aggregate->count; i++) {
        const struct format_list *list = &aggregate->demands[i]->formats;
        for (size_t j = 0; j < list->count; j++) {
            const struct entry *candidate = &list->entries[j];
            const struct pair pair = {.pixel_format = candidate->pixel_format,
                                      .modifier = candidate->modifier};
            struct pair both;
            if (!pair_combine(&wanted, &pair, &both)) {
                continue;
            }
            if (extreme == NULL ||
                (largest ? entry_number(candidate, offset) > entry_number(extreme, offset)
                         : entry_number(candidate, offset) < entry_number(extreme, offset))) {
                extreme = candidate;
                work->participant = aggregate->demands[i]->participant;
                work->entry = candidate->source;
            }
        }
    }
}

void blame_nobody(struct work *work)
{
    work->participant = WORK_NOBODY;
    work->entry = -1;
}
