/* From one participant's image_format_constraints to a list of formats. */
#include <sysmem/format.h>

#include "image/color_space.h"
#include "image/modifier.h"
#include "image/pixel_format.h"
#include "solver/formats.h"
#include "solver/pair.h"
#include "solver/text.h"

struct pair_list {
    struct pair *pairs;
    size_t count;
};

static size_t count_pairs(const struct sysmem_buffer_collection_constraints *constraints)
{
    size_t count = 0;
    for (size_t i = 0; i < constraints->image_format_constraints_count; i++) {
        const struct sysmem_image_format_constraints *table =
            &constraints->image_format_constraints[i];
        count +=
            table->has.pixel_format_and_modifiers ? table->pixel_format_and_modifiers_count : 0;
        count += table->has.pixel_format ? 1 : 0;
    }
    return count;
}

uint64_t format_modifier_of(const struct sysmem_image_format_constraints *table, bool is_used)
{
    if (table->has.pixel_format_modifier) {
        return table->pixel_format_modifier;
    }
    if (table->pixel_format == SYSMEM_PIXEL_FORMAT_DO_NOT_CARE || !is_used) {
        return SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE;
    }
    return SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR;
}

static bool add_pair(struct work *work, struct pair_list *list, uint32_t pixel_format,
                     uint64_t modifier)
{
    if (pixel_format == SYSMEM_PIXEL_FORMAT_INVALID ||
        modifier == SYSMEM_PIXEL_FORMAT_MODIFIER_INVALID) {
        return refuse(work,
                      pixel_format == SYSMEM_PIXEL_FORMAT_INVALID ? "pixel_format"
                                                                  : "pixel_format_modifier",
                      "wanted a value or DO_NOT_CARE, got INVALID");
    }
    if (!pair_is_wild(pixel_format, modifier) &&
        !image_format_is_supported(pixel_format, modifier)) {
        return refuse(work, "pixel_format", "wanted a format and modifier that go together, got %s",
                      text_of_format(pixel_format, modifier).text);
    }
    list->pairs[list->count++] = (struct pair){
        .pixel_format = pixel_format,
        .modifier = modifier,
        .source = work->entry,
    };
    return true;
}

static bool add_pairs_of_table(struct work *work, struct pair_list *list,
                               const struct sysmem_image_format_constraints *table,
                               const struct usage *usage)
{
    size_t count =
        table->has.pixel_format_and_modifiers ? table->pixel_format_and_modifiers_count : 0;
    if (!table->has.pixel_format && table->has.pixel_format_modifier) {
        return refuse(work, "pixel_format", "wanted a value with pixel_format_modifier, got none");
    }
    if (!table->has.pixel_format && count == 0) {
        return refuse(work, "pixel_format",
                      "wanted a value here or in pixel_format_and_modifiers, got none");
    }
    for (size_t i = 0; i < count; i++) {
        const struct sysmem_pixel_format_and_modifier *item = &table->pixel_format_and_modifiers[i];
        if (!add_pair(work, list, item->pixel_format, item->pixel_format_modifier)) {
            return false;
        }
    }
    return !table->has.pixel_format || add_pair(work, list, table->pixel_format,
                                                format_modifier_of(table, usage_is_real(usage)));
}

static bool check_overlap(struct work *work, const struct pair_list *list)
{
    const struct pair *first;
    const struct pair *second;
    if (!pairs_find_overlap(list->pairs, list->count, &first, &second)) {
        return true;
    }
    if (first->source > second->source) { /* whichever comes later is too much */
        const struct pair *later = first;
        first = second;
        second = later;
    }
    work->entry = second->source;
    struct text wanted = text_of_format(first->pixel_format, first->modifier);
    struct text got = text_of_format(second->pixel_format, second->modifier);
    refuse(work, "pixel_format", "wanted nothing else that covers %s, got %s", wanted.text,
           got.text);
    work->entry = -1;
    return false;
}

/* Whether some image has the pair. */
static bool is_usable(const struct pair *pair)
{
    return (pair->pixel_format == SYSMEM_PIXEL_FORMAT_DO_NOT_CARE ||
            pixel_format_is_usable(pair->pixel_format)) &&
           (pair->modifier == SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE ||
            modifier_is_usable(pair->modifier));
}

static bool check_color_spaces(struct work *work, const struct entry *entry)
{
    color_space_set set = entry->color_spaces;
    if (!entry_is_specific(entry) || set == COLOR_SPACE_SET_ANY) {
        return true;
    }
    color_space_set supported = color_spaces_of(pixel_format_find(entry->pixel_format));
    if ((set & ~supported) != 0) {
        return refuse(work, "color_spaces", "wanted color spaces that go with %s, got %s",
                      text_of_format(entry->pixel_format, entry->modifier).text,
                      text_of_color_spaces(set & ~supported).text);
    }
    return true;
}

static bool check_entry(struct work *work, struct entry *entry)
{
    struct contradiction bad;
    if (!entry_settle(entry)) {
        return refuse(work, "size_alignment",
                      "wanted sizes and rows that fit in 32 bits once they are aligned for %s, "
                      "got greater ones",
                      text_of_format(entry->pixel_format, entry->modifier).text);
    }
    if (!entry_check(entry, &bad)) {
        return refuse(work, bad.low_field, "wanted at most %s %llu, got %llu for %s",
                      bad.high_field, (unsigned long long)bad.high, (unsigned long long)bad.low,
                      text_of_format(entry->pixel_format, entry->modifier).text);
    }
    return check_color_spaces(work, entry);
}

/* Tables are read once, their pairs then start from a copy. */
static struct entry *read_tables(struct work *work,
                                 const struct sysmem_buffer_collection_constraints *constraints)
{
    size_t count = constraints->image_format_constraints_count;
    struct entry *tables = work_alloc(work, count, sizeof(*tables));
    for (size_t i = 0; tables != NULL && i < count; i++) {
        work->entry = (int)i;
        if (!entry_read(work, &constraints->image_format_constraints[i], &tables[i])) {
            tables = NULL;
        }
    }
    work->entry = -1;
    return tables;
}

static bool build_entries(struct work *work, const struct pair_list *list,
                          const struct entry *tables, struct format_list *ret)
{
    size_t usable = 0;
    for (size_t i = 0; i < list->count; i++) {
        usable += is_usable(&list->pairs[i]) ? 1 : 0;
    }
    ret->entries = work_alloc(work, usable, sizeof(*ret->entries));
    if (ret->entries == NULL) {
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct pair *pair = &list->pairs[i];
        struct entry entry = tables[pair->source];
        entry.pixel_format = pair->pixel_format;
        entry.modifier = pair->modifier;
        work->entry = pair->source;
        if (!check_entry(work, &entry)) {
            work->entry = -1;
            return false;
        }
        if (is_usable(pair)) {
            ret->entries[ret->count++] = entry;
            ret->specific_count += entry_is_specific(&entry) ? 1 : 0;
        }
    }
    work->entry = -1;
    return true;
}

static bool gather_pairs(struct work *work,
                         const struct sysmem_buffer_collection_constraints *constraints,
                         const struct usage *usage, struct pair_list *ret)
{
    bool ok = true;
    ret->count = 0;
    ret->pairs = work_alloc(work, count_pairs(constraints), sizeof(*ret->pairs));
    if (ret->pairs == NULL) {
        return false;
    }
    for (size_t i = 0; ok && i < constraints->image_format_constraints_count; i++) {
        work->entry = (int)i;
        ok = add_pairs_of_table(work, ret, &constraints->image_format_constraints[i], usage);
    }
    work->entry = -1;
    return ok;
}

bool format_list_read(struct work *work,
                      const struct sysmem_buffer_collection_constraints *constraints,
                      const struct usage *usage, struct format_list *ret)
{
    struct pair_list list;
    *ret = (struct format_list){0};
    if (!constraints->has.image_format_constraints ||
        constraints->image_format_constraints_count == 0) {
        return true;
    }
    ret->constrained = true;
    const struct entry *tables = read_tables(work, constraints);
    if (tables == NULL || !gather_pairs(work, constraints, usage, &list)) {
        return false;
    }
    work->effort += 8 * list.count; /* to read one takes about as long as to compare eight */
    pairs_sort(list.pairs, list.count);
    return check_overlap(work, &list) && build_entries(work, &list, tables, ret);
}
