/* The format, and the size that it brings. */
#include <float.h>
#include <inttypes.h>

#include <sysmem/format.h>

#include "base/checked.h"
#include "image/layout.h"
#include "image/modifier.h"
#include "image/pixel_format.h"
#include "solver/choose.h"
#include "solver/cost.h"
#include "solver/text.h"
#include "solver/trace.h"

/* Names both sides of a contradiction that no single participant has by itself. */
static bool refuse_contradiction(struct work *work, const struct aggregate *aggregate,
                                 const struct entry *entry, const struct contradiction *bad)
{
    struct text format = text_of_format(entry->pixel_format, entry->modifier);
    blame_entry(work, aggregate, entry, bad->low_offset, true);
    refuse(work, bad->low_field,
           "wanted at least %" PRIu64 " for %s, got %s %" PRIu64 " from the others", bad->low,
           format.text, bad->high_field, bad->high);
    blame_entry(work, aggregate, entry, bad->high_offset, false);
    refuse(work, bad->high_field,
           "wanted at most %" PRIu64 " for %s, got %s %" PRIu64 " from the others", bad->high,
           format.text, bad->low_field, bad->low);
    blame_nobody(work);
    return false;
}

/* Whether the pixel format, or if it is left open any one, has one of the color spaces. */
static bool has_color_space(const struct entry *entry)
{
    bool open = entry->pixel_format == SYSMEM_PIXEL_FORMAT_DO_NOT_CARE;
    color_space_set possible =
        open ? ~COLOR_SPACE_SET_UNKNOWN : color_spaces_of(pixel_format_find(entry->pixel_format));
    return entry->color_spaces == COLOR_SPACE_SET_ANY || (entry->color_spaces & possible) != 0;
}

/* Why a folded format cannot be used, or NULL. */
static const char *fault_of(const struct work *work, const struct aggregate *aggregate,
                            const struct entry *entry)
{
    if (!entry_is_specific(entry)) {
        if (work->lenient) {
            return has_color_space(entry) ? NULL
                                          : "wanted color spaces that some image of the pixel "
                                            "format has, got others";
        }
        return "wanted a pixel format and modifier from at least one participant, got DO_NOT_CARE "
               "from all";
    }
    if (entry->color_spaces == COLOR_SPACE_SET_ANY && !work->lenient) {
        return "wanted a color space from at least one participant, got DO_NOT_CARE from all";
    }
    if (aggregate->total.memory.secure && !modifier_is_protected_compatible(entry->modifier)) {
        return "wanted a format that is possible in secure memory, got transaction elimination";
    }
    return NULL;
}

struct dropped {
    const char *fault; /* NULL: see the contradiction */
    struct contradiction contradiction;
    struct entry entry;
};

static void trace_dropped(struct work *work, const struct dropped *dropped)
{
    struct text format = text_of_format(dropped->entry.pixel_format, dropped->entry.modifier);
    const struct contradiction *bad = &dropped->contradiction;
    if (dropped->fault != NULL) {
        trace(work, SOLVER_STEP_FORMAT_DROPPED, "%s: %s", format.text, dropped->fault);
    } else {
        trace(work, SOLVER_STEP_FORMAT_DROPPED, "%s: %s %" PRIu64 " exceeds %s %" PRIu64,
              format.text, bad->low_field, bad->low, bad->high_field, bad->high);
    }
}

/* Brings an entry into its final form, or says why it must go. */
static bool finish(struct work *work, const struct aggregate *aggregate, struct entry *entry,
                   struct dropped *dropped)
{
    struct dropped bad = {.entry = *entry};
    bad.fault = fault_of(work, aggregate, entry);
    if (bad.fault == NULL && !entry_settle(entry)) {
        bad.fault =
            "wanted sizes and rows that fit in 32 bits once they are aligned, got greater ones";
    }
    if (bad.fault == NULL && entry_check(entry, &bad.contradiction)) {
        return true;
    }
    bad.entry = *entry;
    *dropped = bad;
    trace_dropped(work, dropped);
    return false;
}

/* A total order: no two entries have the same pair. What leaves something open, which only who is
 * lenient can have, is for want of anything else. */
static bool is_better(const struct entry *a, float cost_a, const struct entry *b, float cost_b)
{
    if (entry_is_complete(a) != entry_is_complete(b)) {
        return entry_is_complete(a);
    }
    if (cost_a != cost_b) {
        return cost_a < cost_b;
    }
    if (a->pixel_format != b->pixel_format) {
        return a->pixel_format < b->pixel_format;
    }
    return a->modifier < b->modifier;
}

static void trace_cost(struct work *work, const struct entry *entry, float cost)
{
    if (work->tracer == NULL) {
        return;
    }
    struct text format = text_of_format(entry->pixel_format, entry->modifier);
    if (cost == FLT_MAX) {
        trace(work, SOLVER_STEP_FORMAT_COST, "%s: no cost is configured", format.text);
    } else {
        trace(work, SOLVER_STEP_FORMAT_COST, "%s: cost %g", format.text, (double)cost);
    }
}

bool choose_format(struct work *work, const struct aggregate *aggregate, struct entry *ret)
{
    const struct format_list *list = &aggregate->total.formats;
    struct dropped dropped = {.fault = "wanted an image format, got none"};
    struct entry best = {0};
    float best_cost = 0;
    bool found = false;
    for (size_t i = 0; i < list->count; i++) {
        struct entry entry = list->entries[i];
        if (!finish(work, aggregate, &entry, &dropped)) {
            continue;
        }
        float cost = format_cost(work->environment, entry.pixel_format, entry.modifier,
                                 &aggregate->total.usage);
        trace_cost(work, &entry, cost);
        if (!found || is_better(&entry, cost, &best, best_cost)) {
            best = entry;
            best_cost = cost;
            found = true;
        }
    }
    if (!found && dropped.fault == NULL) {
        return refuse_contradiction(work, aggregate, &dropped.entry, &dropped.contradiction);
    }
    if (!found) {
        return refuse_nobody(work, "%s", dropped.fault);
    }
    if (best.color_spaces != COLOR_SPACE_SET_ANY) {
        best.color_spaces = color_space_set_of(color_space_best(best.color_spaces));
    }
    *ret = best;
    return true;
}

/* One dimension of the largest image that everyone must be able to count on. */
static uint64_t needed(uint32_t min, uint32_t required, uint32_t alignment)
{
    uint64_t size = min > required ? min : required;
    return (size + alignment - 1) / alignment * alignment;
}

/* Notes that the size asked for (the low side, of which `low` follows) exceeds a maximum. */
static bool refuse_size(struct work *work, const struct aggregate *aggregate,
                        const struct entry *entry, struct contradiction bad)
{
    bool required = entry->required_max_size.width > entry->min_size.width ||
                    entry->required_max_size.height > entry->min_size.height;
    bad.low_field = required ? "required_max_size" : "min_size";
    bad.low_offset = required ? offsetof(struct entry, required_max_size.width)
                              : offsetof(struct entry, min_size.width);
    return refuse_contradiction(work, aggregate, entry, &bad);
}

#define EXCEEDS(field, member, amount, limit)                                                      \
    ((struct contradiction){                                                                       \
        .high_field = (field),                                                                     \
        .high_offset = offsetof(struct entry, member),                                             \
        .low = (amount),                                                                           \
        .high = (limit),                                                                           \
    })

static bool check_area(struct work *work, const struct aggregate *aggregate, const struct entry *e,
                       uint64_t pixels)
{
    uint64_t most = e->max_width_times_height < UINT32_MAX ? e->max_width_times_height : UINT32_MAX;
    return pixels <= most ||
           refuse_size(work, aggregate, e,
                       EXCEEDS("max_width_times_height", max_width_times_height, pixels, most));
}

/* Every number fits in 64 bits until it was compared with a maximum of 32. */
static bool choose_extent(struct work *work, const struct aggregate *aggregate,
                          const struct entry *e, struct image *ret)
{
    uint64_t width = needed(e->min_size.width, e->required_max_size.width, e->size_alignment.width);
    uint64_t height =
        needed(e->min_size.height, e->required_max_size.height, e->size_alignment.height);
    if (width > e->max_size.width) {
        return refuse_size(work, aggregate, e,
                           EXCEEDS("max_size", max_size.width, width, e->max_size.width));
    }
    if (height > e->max_size.height) {
        return refuse_size(work, aggregate, e,
                           EXCEEDS("max_size", max_size.height, height, e->max_size.height));
    }
    *ret = (struct image){e->pixel_format, e->modifier, (uint32_t)width, (uint32_t)height, 0};
    return true;
}

static bool image_bytes(struct work *work, const struct aggregate *aggregate, const struct entry *e,
                        uint64_t *ret)
{
    struct image image;
    if (!choose_extent(work, aggregate, e, &image)) {
        return false;
    }
    bool specific = entry_is_specific(e); /* always, but when lenient */
    uint64_t row = specific ? pixel_format_find(e->pixel_format)->stride_bytes : 0;
    row *= image.width;
    row = row > e->min_bytes_per_row ? row : e->min_bytes_per_row;
    row = row > 1 ? row : 1;
    if (!checked_round_up_u64(row, e->bytes_per_row_divisor, &row) || row > e->max_bytes_per_row) {
        return refuse_size(
            work, aggregate, e,
            EXCEEDS("max_bytes_per_row", max_bytes_per_row, row, e->max_bytes_per_row));
    }
    if (!check_area(work, aggregate, e, (uint64_t)image.width * image.height)) {
        return false;
    }
    image.bytes_per_row = (uint32_t)row;
    *ret = 0;
    return !specific || image_size_bytes(&image, ret) ||
           refuse_nobody(work, "wanted an image whose size fits in 64 bits, got %ux%u of %s",
                         image.width, image.height,
                         text_of_format(e->pixel_format, e->modifier).text);
}

static bool check_limits(struct work *work, uint64_t size, uint32_t buffer_count)
{
    const struct solver_limits *limits = &work->environment->limits;
    uint64_t total;
    if (size > limits->max_buffer_bytes) {
        return refuse_nobody(
            work, "wanted %" PRIu64 " bytes a buffer, got the limit max_buffer_bytes %" PRIu64,
            size, limits->max_buffer_bytes);
    }
    if (!checked_mul_u64(size, buffer_count, &total) || total > limits->max_collection_bytes) {
        return refuse_nobody(work,
                             "wanted %u buffers of %" PRIu64
                             " bytes, got the limit max_collection_bytes %" PRIu64,
                             buffer_count, size, limits->max_collection_bytes);
    }
    if (size > limits->max_allocation_size) {
        return refuse_nobody(
            work, "wanted %" PRIu64 " bytes a buffer, got the limit max_allocation_size %" PRIu64,
            size, limits->max_allocation_size);
    }
    return true;
}

bool choose_size(struct work *work, const struct aggregate *aggregate, const struct entry *format,
                 uint32_t buffer_count, uint64_t *ret)
{
    const struct memory *memory = &aggregate->total.memory;
    uint64_t image = 0;
    if (format != NULL && !image_bytes(work, aggregate, format, &image)) {
        return false;
    }
    uint64_t size = memory->min_size > 1 ? memory->min_size : 1;
    size = size > image ? size : image;
    if (size > memory->max_size) {
        blame_smallest(work, aggregate, offsetof(struct demand, memory.max_size));
        refuse(work, "buffer_memory_constraints.max_size_bytes",
               "wanted at most %" PRIu64 ", got %" PRIu64 " that %s needs", memory->max_size, size,
               image == size ? "an image" : "min_size_bytes of the others");
        if (image < size) {
            blame_largest(work, aggregate, offsetof(struct demand, memory.min_size));
            refuse(work, "buffer_memory_constraints.min_size_bytes",
                   "wanted at least %" PRIu64 ", got max_size_bytes %" PRIu64 " from the others",
                   size, memory->max_size);
        }
        blame_nobody(work);
        return false;
    }
    if (!work->lenient && !check_limits(work, size, buffer_count)) {
        return false;
    }
    *ret = size;
    return true;
}
