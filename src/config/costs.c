/* "format_costs": a later entry replaces an earlier one with an equal key.
 * Source: spec/fuchsia.sysmem2.txt, TABLES, FormatCostEntry and FormatCostKey. */
#include <math.h>
#include <string.h>

#include <sysmem/format.h>

#include "config/sections.h"
#include "model/tables.h"

static uint64_t modifier_of(const struct sysmem_format_cost_key *key)
{
    return key->has.pixel_format_modifier ? key->pixel_format_modifier
                                          : SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR;
}

/* Unset usage is no usage. */
static struct sysmem_buffer_usage usage_of(const struct sysmem_format_cost_key *key)
{
    struct sysmem_buffer_usage usage = {0};
    if (key->has.buffer_usage_bits) {
        const struct sysmem_buffer_usage *set = &key->buffer_usage_bits;
        usage.none = set->has.none ? set->none : 0;
        usage.cpu = set->has.cpu ? set->cpu : 0;
        usage.vulkan = set->has.vulkan ? set->vulkan : 0;
        usage.display = set->has.display ? set->display : 0;
        usage.video = set->has.video ? set->video : 0;
    }
    return usage;
}

/* Whether two keys are equal once defaults are applied. */
static bool keys_equal(const struct sysmem_format_cost_key *a,
                       const struct sysmem_format_cost_key *b)
{
    struct sysmem_buffer_usage usage_a = usage_of(a);
    struct sysmem_buffer_usage usage_b = usage_of(b);
    return a->pixel_format == b->pixel_format && modifier_of(a) == modifier_of(b) &&
           usage_a.none == usage_b.none && usage_a.cpu == usage_b.cpu &&
           usage_a.vulkan == usage_b.vulkan && usage_a.display == usage_b.display &&
           usage_a.video == usage_b.video;
}

static bool read_entry(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret)
{
    struct sysmem_format_cost_entry *entry = ret;
    if (!reader_table(reader, path, json, &model_type_format_cost_entry, entry)) {
        return false;
    }
    if (!entry->has.key || !entry->key.has.pixel_format) {
        return reader_fail(reader, path, "key.pixel_format is missing");
    }
    if (!entry->has.cost || !isfinite(entry->cost)) {
        return reader_fail(reader, path, "cost: wanted a finite number");
    }
    return true;
}

/* Takes out the entry that `entry` replaces: ties between entries go to the later one, so that the
 * new one must stand behind all others. */
static size_t drop_equal(struct sysmem_format_cost_entry *entries, size_t count,
                         const struct sysmem_format_cost_entry *entry)
{
    for (size_t i = 0; i < count; i++) {
        if (keys_equal(&entries[i].key, &entry->key)) {
            memmove(&entries[i], &entries[i + 1], (count - i - 1) * sizeof(*entries));
            return count - 1;
        }
    }
    return count;
}

bool config_read_costs(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret)
{
    struct config *config = ret;
    void *items = NULL;
    size_t count = 0;
    if (!reader_list(reader, path, json, read_entry, sizeof(struct sysmem_format_cost_entry),
                     &items, &count)) {
        return false;
    }
    struct sysmem_format_cost_entry *merged =
        arena_alloc_array(reader->arena, config->format_cost_count + count, sizeof(*merged));
    if (merged == NULL) {
        return reader_fail(reader, path, "no memory");
    }
    size_t merged_count = config->format_cost_count;
    if (merged_count > 0) {
        memcpy(merged, config->format_costs, merged_count * sizeof(*merged));
    }
    const struct sysmem_format_cost_entry *added = items;
    for (size_t i = 0; i < count; i++) {
        merged_count = drop_equal(merged, merged_count, &added[i]);
        merged[merged_count++] = added[i];
    }
    config->format_costs = merged;
    config->format_cost_count = merged_count;
    return true;
}
