#include "solver/aggregate.h"

#include <string.h>

#include "solver/pair.h"

static bool is_area(struct sysmem_size size)
{
    return size.width > 0 && size.height > 0;
}

static bool gives_size(const struct sysmem_buffer_collection_constraints *constraints)
{
    const struct sysmem_buffer_memory_constraints *memory = &constraints->buffer_memory_constraints;
    if (constraints->has.buffer_memory_constraints && memory->has.min_size_bytes &&
        memory->min_size_bytes > 0) {
        return true;
    }
    if (!constraints->has.image_format_constraints) {
        return false;
    }
    for (size_t i = 0; i < constraints->image_format_constraints_count; i++) {
        const struct sysmem_image_format_constraints *image =
            &constraints->image_format_constraints[i];
        if ((image->has.min_size && is_area(image->min_size)) ||
            (image->has.required_max_size && is_area(image->required_max_size))) {
            return true;
        }
    }
    return false;
}

static bool demand_read(struct work *work,
                        const struct sysmem_buffer_collection_constraints *constraints,
                        struct demand *ret)
{
    ret->participant = work->participant;
    return usage_read(work, constraints, &ret->usage) &&
           counts_read(work, constraints, &ret->counts) &&
           memory_read(work, constraints, &ret->usage, &ret->memory) &&
           format_list_read(work, constraints, &ret->usage, &ret->formats);
}

static bool demand_fold(struct work *work, struct demand *total, const struct demand *other)
{
    usage_fold(&total->usage, &other->usage);
    counts_fold(&total->counts, &other->counts);
    return memory_fold(work, &total->memory, &other->memory) &&
           format_list_fold(work, &total->formats, &other->formats);
}

static void demand_init(struct demand *demand)
{
    *demand = (struct demand){.participant = WORK_NOBODY};
    counts_init(&demand->counts);
    memory_init(&demand->memory);
}

static bool check_anyone_gives_size(struct work *work,
                                    const struct solver_participant *participants, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (participants[i].constraints != NULL && gives_size(participants[i].constraints)) {
            return true;
        }
    }
    return refuse_nobody(work, "wanted min_size_bytes, min_size or required_max_size from at least "
                               "one participant, got none");
}

bool aggregate_build(struct work *work, const struct solver_participant *participants, size_t count,
                     struct aggregate *ret)
{
    struct demand *demands = work_alloc(work, count, sizeof(*demands));
    if (demands == NULL || !check_anyone_gives_size(work, participants, count)) {
        return false;
    }
    *ret = (struct aggregate){.demands = demands};
    demand_init(&ret->total);
    for (size_t i = 0; i < count; i++) {
        if (participants[i].constraints == NULL) {
            continue;
        }
        struct demand *demand = &demands[ret->count++];
        work->participant = (int)i;
        if (!demand_read(work, participants[i].constraints, demand) ||
            !demand_fold(work, &ret->total, demand)) {
            return false;
        }
    }
    blame_nobody(work);
    return usage_check_all(work, &ret->total.usage);
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
    const struct demand *extreme = &aggregate->demands[0];
    for (size_t i = 1; i < aggregate->count; i++) {
        uint64_t number = demand_number(&aggregate->demands[i], offset);
        uint64_t so_far = demand_number(extreme, offset);
        if (largest ? number > so_far : number < so_far) {
            extreme = &aggregate->demands[i];
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
        memcpy(&flag, (const char *)&aggregate->demands[i] + offset, sizeof(flag));
        if (flag == value) {
            work->participant = aggregate->demands[i].participant;
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
        const struct format_list *list = &aggregate->demands[i].formats;
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
                work->participant = aggregate->demands[i].participant;
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
