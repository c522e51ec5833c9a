#include "solver/entry.h"

#include <string.h>

#include <sysmem/format.h>

#include "base/checked.h"
#include "image/layout.h"
#include "image/pixel_format.h"
#include "solver/text.h"

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static struct sysmem_size min_size(struct sysmem_size a, struct sysmem_size b)
{
    return (struct sysmem_size){min_u32(a.width, b.width), min_u32(a.height, b.height)};
}

static struct sysmem_size max_size(struct sysmem_size a, struct sysmem_size b)
{
    return (struct sysmem_size){max_u32(a.width, b.width), max_u32(a.height, b.height)};
}

/* Reading a table */

static bool read_color_spaces(struct work *work,
                              const struct sysmem_image_format_constraints *table,
                              color_space_set *ret)
{
    static const char field[] = "color_spaces";
    if (!table->has.color_spaces || table->color_spaces_count == 0) {
        return refuse(work, field, "wanted at least one color space, got none");
    }
    color_space_set set = 0;
    for (size_t i = 0; i < table->color_spaces_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (table->color_spaces[i] == table->color_spaces[j]) {
                return refuse(work, field, "wanted each color space once, got %s again",
                              text_of_value(&model_color_space_names, table->color_spaces[i]).text);
            }
        }
        set |= color_space_set_of(table->color_spaces[i]);
    }
    if ((set & COLOR_SPACE_SET_ANY) != 0 && set != COLOR_SPACE_SET_ANY) {
        return refuse(work, field, "wanted DO_NOT_CARE alone, got %s",
                      text_of_color_spaces(set).text);
    }
    *ret = set;
    return true;
}

static void read_bounds(const struct sysmem_image_format_constraints *table, struct entry *ret)
{
    const struct sysmem_size one = {1, 1};
    const struct sysmem_size most = {UINT32_MAX, UINT32_MAX};
    const struct sysmem_size zero = {0, 0};
    ret->min_size = table->has.min_size ? table->min_size : zero;
    ret->max_size = table->has.max_size ? table->max_size : most;
    ret->size_alignment = table->has.size_alignment ? table->size_alignment : one;
    ret->display_rect_alignment =
        table->has.display_rect_alignment ? table->display_rect_alignment : one;
    ret->required_min_size = table->has.required_min_size ? table->required_min_size : most;
    ret->required_max_size = table->has.required_max_size ? table->required_max_size : zero;
}

static void read_rows(const struct sysmem_image_format_constraints *table, struct entry *ret)
{
    ret->min_bytes_per_row = table->has.min_bytes_per_row ? table->min_bytes_per_row : 0;
    ret->max_bytes_per_row = table->has.max_bytes_per_row ? table->max_bytes_per_row : UINT32_MAX;
    ret->max_width_times_height =
        table->has.max_width_times_height ? table->max_width_times_height : UINT32_MAX;
    ret->bytes_per_row_divisor =
        table->has.bytes_per_row_divisor ? table->bytes_per_row_divisor : 1;
    ret->start_offset_divisor = table->has.start_offset_divisor ? table->start_offset_divisor : 1;
    ret->pixel_boundary = table->has.require_bytes_per_row_at_pixel_boundary &&
                          table->require_bytes_per_row_at_pixel_boundary;
    if (table->has.is_alpha_present) {
        ret->alpha = table->is_alpha_present ? ALPHA_PRESENT : ALPHA_ABSENT;
    }
}

static bool check_alignment(struct work *work, const char *field, struct sysmem_size alignment)
{
    if (!is_power_of_two_u64(alignment.width) || !is_power_of_two_u64(alignment.height)) {
        return refuse(work, field, "wanted powers of two, got %ux%u", alignment.width,
                      alignment.height);
    }
    return true;
}

static bool check_divisors(struct work *work, const struct entry *entry)
{
    uint32_t page = work->environment->page_size;
    if (!check_alignment(work, "size_alignment", entry->size_alignment) ||
        !check_alignment(work, "display_rect_alignment", entry->display_rect_alignment)) {
        return false;
    }
    if (entry->bytes_per_row_divisor == 0) {
        return refuse(work, "bytes_per_row_divisor", "wanted at least 1, got 0");
    }
    if (!is_power_of_two_u64(entry->start_offset_divisor) || entry->start_offset_divisor > page) {
        return refuse(work, "start_offset_divisor", "wanted a power of two of at most %u, got %u",
                      page, entry->start_offset_divisor);
    }
    if (entry->required_min_size.width == 0 || entry->required_min_size.height == 0) {
        return refuse(work, "required_min_size", "wanted at least 1x1, got %ux%u",
                      entry->required_min_size.width, entry->required_min_size.height);
    }
    return true;
}

bool entry_read(struct work *work, const struct sysmem_image_format_constraints *table,
                struct entry *ret)
{
    *ret = (struct entry){.source = work->entry};
    if (!read_color_spaces(work, table, &ret->color_spaces)) {
        return false;
    }
    read_bounds(table, ret);
    read_rows(table, ret);
    return check_divisors(work, ret);
}

/* Settling and checking */

bool entry_is_specific(const struct entry *entry)
{
    return entry->pixel_format != SYSMEM_PIXEL_FORMAT_DO_NOT_CARE &&
           entry->modifier != SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE;
}

bool entry_is_complete(const struct entry *entry)
{
    return entry_is_specific(entry) && entry->color_spaces != COLOR_SPACE_SET_ANY;
}

static void raise_min_bytes_per_row(struct entry *entry)
{
    const struct image_row_limits limits = {
        .min_width = entry->min_size.width,
        .max_width = entry->max_size.width,
        .width_alignment = entry->size_alignment.width,
        .min_bytes_per_row = entry->min_bytes_per_row,
        .max_bytes_per_row = entry->max_bytes_per_row,
        .bytes_per_row_divisor = entry->bytes_per_row_divisor,
    };
    uint32_t row;
    entry->min_bytes_per_row = max_u32(entry->min_bytes_per_row, entry->bytes_per_row_divisor);
    if (image_min_bytes_per_row(entry->pixel_format, entry->modifier, &limits,
                                entry->min_size.width, &row)) {
        entry->min_bytes_per_row = max_u32(entry->min_bytes_per_row, row);
    } /* else one of entry_check()'s bounds is broken, or the rows are the host's business */
}

static bool add_demands_of_format(struct entry *entry)
{
    const struct pixel_format *format = pixel_format_find(entry->pixel_format);
    if (format == NULL) {
        return false;
    }
    uint32_t unit = format->size_divisor;
    uint32_t divisor;
    if (!checked_lcm_u32(entry->bytes_per_row_divisor, format->sample_alignment, &divisor) ||
        (entry->pixel_boundary && !checked_lcm_u32(divisor, format->stride_bytes, &divisor))) {
        return false;
    }
    entry->size_alignment = max_size(entry->size_alignment, (struct sysmem_size){unit, unit});
    entry->bytes_per_row_divisor = divisor;
    entry->start_offset_divisor = max_u32(entry->start_offset_divisor, format->sample_alignment);
    raise_min_bytes_per_row(entry);
    return true;
}

/* UINT32_MAX stands for no maximum, and stays. */
static uint32_t round_max(uint32_t max, uint32_t alignment)
{
    return max == UINT32_MAX ? max : round_down_u32(max, alignment);
}

bool entry_settle(struct entry *entry)
{
    entry->min_size = max_size(entry->min_size, entry->size_alignment);
    if (entry_is_specific(entry) && !add_demands_of_format(entry)) {
        return false;
    }
    struct sysmem_size alignment = entry->size_alignment;
    uint32_t divisor = entry->bytes_per_row_divisor;
    entry->max_size.width = round_max(entry->max_size.width, alignment.width);
    entry->max_size.height = round_max(entry->max_size.height, alignment.height);
    entry->max_bytes_per_row = round_max(entry->max_bytes_per_row, divisor);
    return checked_round_up_u32(entry->min_size.width, alignment.width, &entry->min_size.width) &&
           checked_round_up_u32(entry->min_size.height, alignment.height,
                                &entry->min_size.height) &&
           checked_round_up_u32(entry->min_bytes_per_row, divisor, &entry->min_bytes_per_row);
}

#define BOUNDS(low, low_member, high, high_member)                                                 \
    {                                                                                              \
        low, high, offsetof(struct entry, low_member), offsetof(struct entry, high_member)         \
    }

static const struct {
    const char *low_field;
    const char *high_field;
    size_t low_offset;
    size_t high_offset;
} bounds[] = {
    BOUNDS("min_size", min_size.width, "max_size", max_size.width),
    BOUNDS("min_size", min_size.height, "max_size", max_size.height),
    BOUNDS("min_bytes_per_row", min_bytes_per_row, "max_bytes_per_row", max_bytes_per_row),
    BOUNDS("min_size", min_size.width, "required_min_size", required_min_size.width),
    BOUNDS("required_max_size", required_max_size.width, "max_size", max_size.width),
    BOUNDS("min_size", min_size.height, "required_min_size", required_min_size.height),
    BOUNDS("required_max_size", required_max_size.height, "max_size", max_size.height),
};

uint64_t entry_number(const struct entry *entry, size_t offset)
{
    if (offset == offsetof(struct entry, max_width_times_height)) {
        return entry->max_width_times_height;
    }
    uint32_t number;
    memcpy(&number, (const char *)entry + offset, sizeof(number));
    return number;
}

bool entry_check(const struct entry *entry, struct contradiction *ret)
{
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        uint64_t low = entry_number(entry, bounds[i].low_offset);
        uint64_t high = entry_number(entry, bounds[i].high_offset);
        if (low > high) {
            *ret = (struct contradiction){bounds[i].low_field,
                                          bounds[i].high_field,
                                          bounds[i].low_offset,
                                          bounds[i].high_offset,
                                          low,
                                          high};
            return false;
        }
    }
    uint64_t pixels = (uint64_t)entry->min_size.width * entry->min_size.height;
    uint64_t most =
        entry->max_width_times_height < UINT32_MAX ? entry->max_width_times_height : UINT32_MAX;
    if (pixels > most) {
        *ret = (struct contradiction){"min_size",
                                      "max_width_times_height",
                                      offsetof(struct entry, min_size.width),
                                      offsetof(struct entry, max_width_times_height),
                                      pixels,
                                      most};
        return false;
    }
    return true;
}

/* Folding */

static const char *fold_color_spaces(struct entry *entry, const struct entry *other)
{
    color_space_set set = entry->color_spaces & other->color_spaces;
    if (entry->color_spaces == COLOR_SPACE_SET_ANY) {
        set = other->color_spaces;
    } else if (other->color_spaces == COLOR_SPACE_SET_ANY) {
        set = entry->color_spaces;
    }
    if (set != COLOR_SPACE_SET_ANY && entry_is_specific(entry)) {
        set &= color_spaces_of(pixel_format_find(entry->pixel_format));
    }
    entry->color_spaces = set;
    return set == 0 ? "color_spaces" : NULL;
}

static const char *fold_alpha(struct entry *entry, const struct entry *other)
{
    if (other->alpha == ALPHA_UNSET || other->alpha == entry->alpha) {
        return NULL;
    }
    if (entry->alpha != ALPHA_UNSET) {
        return "is_alpha_present";
    }
    entry->alpha = other->alpha;
    return NULL;
}

const char *entry_fold(struct entry *entry, const struct entry *other)
{
    const char *conflict = fold_color_spaces(entry, other);
    if (conflict == NULL) {
        conflict = fold_alpha(entry, other);
    }
    if (conflict != NULL) {
        return conflict;
    }
    if (!checked_lcm_u32(entry->bytes_per_row_divisor, other->bytes_per_row_divisor,
                         &entry->bytes_per_row_divisor)) {
        return "bytes_per_row_divisor";
    }
    entry->min_size = max_size(entry->min_size, other->min_size);
    entry->max_size = min_size(entry->max_size, other->max_size);
    entry->min_bytes_per_row = max_u32(entry->min_bytes_per_row, other->min_bytes_per_row);
    entry->max_bytes_per_row = min_u32(entry->max_bytes_per_row, other->max_bytes_per_row);
    if (other->max_width_times_height < entry->max_width_times_height) {
        entry->max_width_times_height = other->max_width_times_height;
    }
    entry->size_alignment = max_size(entry->size_alignment, other->size_alignment);
    entry->display_rect_alignment =
        max_size(entry->display_rect_alignment, other->display_rect_alignment);
    entry->required_min_size = min_size(entry->required_min_size, other->required_min_size);
    entry->required_max_size = max_size(entry->required_max_size, other->required_max_size);
    entry->start_offset_divisor = max_u32(entry->start_offset_divisor, other->start_offset_divisor);
    entry->pixel_boundary |= other->pixel_boundary;
    return NULL;
}
