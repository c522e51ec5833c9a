#include "solver/demand.h"

void demand_init(struct demand *demand)
{
    *demand = (struct demand){.participant = WORK_NOBODY};
    counts_init(&demand->counts);
    memory_init(&demand->memory);
}

bool demand_read(struct work *work, const struct sysmem_buffer_collection_constraints *constraints,
                 struct demand *ret)
{
    ret->participant = work->participant;
    return usage_read(work, constraints, &ret->usage) &&
           counts_read(work, constraints, &ret->counts) &&
           memory_read(work, constraints, &ret->usage, &ret->memory) &&
           format_list_read(work, constraints, &ret->usage, &ret->formats);
}

bool demand_fold(struct work *work, struct demand *total, const struct demand *other)
{
    usage_fold(&total->usage, &other->usage);
    counts_fold(&total->counts, &other->counts);
    return memory_fold(work, &total->memory, &other->memory) &&
           format_list_fold(work, &total->formats, &other->formats);
}

static bool is_area(struct sysmem_size size)
{
    return size.width > 0 && size.height > 0;
}

bool demand_gives_size(const struct sysmem_buffer_collection_constraints *constraints)
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
