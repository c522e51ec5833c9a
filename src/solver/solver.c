#include "solver/solver.h"

#include <sysmem/format.h>

#include "image/color_space.h"
#include "image/pixel_format.h"
#include "solver/aggregate.h"
#include "solver/choose.h"
#include "solver/work.h"

static const struct solver_heap system_ram = {
    .heap = {.heap_type = SYSMEM_HEAP_TYPE_SYSTEM_RAM, .id = 0, .has = {true, true}},
    .cpu_supported = true,
    .ram_supported = true,
    .inaccessible_supported = true,
};

void solver_environment_init(struct solver_environment *environment)
{
    *environment = (struct solver_environment){
        .heaps = &system_ram,
        .heap_count = 1,
        .limits =
            {
                     .max_allocation_size = UINT64_MAX,
                     .max_buffer_bytes = UINT64_C(256) << 20,
                     .max_collection_bytes = UINT64_C(1) << 30,
                     .max_buffers = 128,
                     .max_group_combinations = 64,
                     },
        .page_size = 4096,
    };
}

/* Everything that was decided. */
struct choice {
    uint32_t buffer_count;
    const struct solver_heap *heap;
    uint32_t domain;
    const struct entry *format; /* NULL: no image */
    uint64_t size;
};

static void write_memory(const struct aggregate *aggregate, const struct choice *choice,
                         struct sysmem_buffer_memory_settings *ret)
{
    SYSMEM_SET(ret, size_bytes, choice->size);
    SYSMEM_SET(ret, is_physically_contiguous, aggregate->total.memory.contiguous);
    SYSMEM_SET(ret, is_secure, aggregate->total.memory.secure);
    SYSMEM_SET(ret, coherency_domain, choice->domain);
    SYSMEM_SET(ret, heap, choice->heap->heap);
    if (!ret->heap.has.id) {
        SYSMEM_SET(&ret->heap, id, 0);
    }
}

/* Every field is set, except is_alpha_present where nobody gave it or the format has no such
 * channel, and the list of pairs. */
static void write_image(const struct entry *entry, const uint32_t *color_space,
                        struct sysmem_image_format_constraints *ret)
{
    SYSMEM_SET(ret, pixel_format, entry->pixel_format);
    SYSMEM_SET(ret, pixel_format_modifier, entry->modifier);
    SYSMEM_SET_VECTOR(ret, color_spaces, color_space, 1);
    SYSMEM_SET(ret, min_size, entry->min_size);
    SYSMEM_SET(ret, max_size, entry->max_size);
    SYSMEM_SET(ret, min_bytes_per_row, entry->min_bytes_per_row);
    SYSMEM_SET(ret, max_bytes_per_row, entry->max_bytes_per_row);
    SYSMEM_SET(ret, max_width_times_height, entry->max_width_times_height);
    SYSMEM_SET(ret, size_alignment, entry->size_alignment);
    SYSMEM_SET(ret, display_rect_alignment, entry->display_rect_alignment);
    SYSMEM_SET(ret, required_min_size, entry->required_min_size);
    SYSMEM_SET(ret, required_max_size, entry->required_max_size);
    SYSMEM_SET(ret, bytes_per_row_divisor, entry->bytes_per_row_divisor);
    SYSMEM_SET(ret, start_offset_divisor, entry->start_offset_divisor);
    SYSMEM_SET(ret, require_bytes_per_row_at_pixel_boundary, entry->pixel_boundary);
    if (entry->alpha != ALPHA_UNSET && pixel_format_find(entry->pixel_format)->has_alpha) {
        SYSMEM_SET(ret, is_alpha_present, entry->alpha == ALPHA_PRESENT);
    }
}

static void write_outcome(const struct aggregate *aggregate, const struct choice *choice,
                          struct solver_outcome *ret)
{
    ret->buffer_count = choice->buffer_count;
    write_memory(aggregate, choice, &ret->settings.buffer_settings);
    ret->settings.has.buffer_settings = true;
    if (choice->format != NULL) {
        ret->color_space = color_space_best(choice->format->color_spaces);
        write_image(choice->format, &ret->color_space, &ret->settings.image_format_constraints);
        ret->settings.has.image_format_constraints = true;
    }
}

static bool solve(struct work *work, const struct solver_participant *participants, size_t count)
{
    struct aggregate aggregate;
    struct entry format;
    struct choice choice = {0};
    if (!aggregate_build(work, participants, count, &aggregate) ||
        !choose_count(work, &aggregate, &choice.buffer_count) ||
        !choose_memory(work, &aggregate, &choice.heap, &choice.domain)) {
        return false;
    }
    if (aggregate.total.formats.constrained) {
        if (!choose_format(work, &aggregate, &format)) {
            return false;
        }
        choice.format = &format;
    }
    if (!choose_size(work, &aggregate, choice.format, choice.buffer_count, &choice.size)) {
        return false;
    }
    write_outcome(&aggregate, &choice, work->outcome);
    return true;
}

void solver_solve(const struct solver_participant *participants, size_t count,
                  const struct solver_environment *environment, struct solver_outcome *ret)
{
    struct work work = {
        .environment = environment,
        .outcome = ret,
        .participant = WORK_NOBODY,
        .entry = -1,
    };
    ret->error = 0;
    ret->buffer_count = 0;
    ret->settings = (struct sysmem_single_buffer_settings){0};
    ret->color_space = SYSMEM_COLOR_SPACE_INVALID;
    ret->reason_count = 0;
    arena_init(&work.arena, SIZE_MAX);
    if (!solve(&work, participants, count)) {
        ret->error =
            work.no_memory ? SYSMEM_ERROR_NO_MEMORY : SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY;
    }
    arena_clear(&work.arena);
}
