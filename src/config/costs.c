/* "format_costs": a later entry replaces an earlier one with an equal key.
 * Source: spec/fuchsia.sysmem2.txt, TABLES, FormatCostEntry and FormatCostKey. */
#include <stdlib.h>

#include <sysmem/format.h>

#include "config/sections.h"
#include "model/tables.h"
#include "solver/cost.h"
#include "json/json.h"

static bool set_bits(uint32_t *bits, bool *has)
{
    *has = *has && *bits != 0;
    *bits = *has ? *bits : 0;
    return *has;
}

/* Brings keys that are logically equal into the same form: the modifier set, usage only where it
 * has bits. */
static void apply_defaults(struct sysmem_format_cost_key *key)
{
    struct sysmem_buffer_usage *usage = &key->buffer_usage_bits;
    if (!key->has.pixel_format_modifier) {
        SYSMEM_SET(key, pixel_format_modifier, SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR);
    }
    bool any = set_bits(&usage->none, &usage->has.none);
    any |= set_bits(&usage->cpu, &usage->has.cpu);
    any |= set_bits(&usage->vulkan, &usage->has.vulkan);
    any |= set_bits(&usage->display, &usage->has.display);
    any |= set_bits(&usage->video, &usage->has.video);
    key->has.buffer_usage_bits = key->has.buffer_usage_bits && any;
}

static int compare_bits(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

/* The order of keys with defaults applied. */
static int compare_keys(const struct sysmem_format_cost_key *a,
                        const struct sysmem_format_cost_key *b)
{
    const struct sysmem_buffer_usage *usage_a = &a->buffer_usage_bits;
    const struct sysmem_buffer_usage *usage_b = &b->buffer_usage_bits;
    const int orders[] = {
        format_cost_compare(a, b),
        compare_bits(usage_a->none, usage_b->none),
        compare_bits(usage_a->cpu, usage_b->cpu),
        compare_bits(usage_a->vulkan, usage_b->vulkan),
        compare_bits(usage_a->display, usage_b->display),
        compare_bits(usage_a->video, usage_b->video),
    };
    size_t i = 0;
    while (i + 1 < sizeof(orders) / sizeof(orders[0]) && orders[i] == 0) {
        i++;
    }
    return orders[i];
}

static bool read_entry(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret)
{
    struct sysmem_format_cost_entry *entry = ret;
    if (!reader_table(reader, path, json, &model_type_format_cost_entry, entry)) {
        return false;
    }
    if (!entry->has.key || !entry->key.has.pixel_format) {
        return reader_fail(reader, path, "wanted key.pixel_format, got none");
    }
    if (!entry->has.cost) {
        return reader_fail(reader, path, "wanted a cost, got none");
    }
    apply_defaults(&entry->key);
    return true;
}

/* An entry, and how many stood before it in the files. */
struct ranked {
    struct sysmem_format_cost_entry entry;
    size_t rank;
};

static int compare_ranks(const struct ranked *a, const struct ranked *b)
{
    return (a->rank > b->rank) - (a->rank < b->rank);
}

static int by_format_and_rank(const void *left, const void *right)
{
    const struct ranked *a = left;
    const struct ranked *b = right;
    int order = format_cost_compare(&a->entry.key, &b->entry.key);
    return order != 0 ? order : compare_ranks(a, b);
}

/* Entries with an equal key come together, in the order of the files. */
static int by_key_and_rank(const void *left, const void *right)
{
    const struct ranked *a = left;
    const struct ranked *b = right;
    int order = compare_keys(&a->entry.key, &b->entry.key);
    return order != 0 ? order : compare_ranks(a, b);
}

/* Keeps the last one of those with an equal key. Returns how many are left. */
static size_t drop_replaced(struct ranked *ranked, size_t count)
{
    size_t kept = 0;
    qsort(ranked, count, sizeof(*ranked), by_key_and_rank);
    for (size_t i = 0; i < count; i++) {
        bool replaced =
            i + 1 < count && compare_keys(&ranked[i].entry.key, &ranked[i + 1].entry.key) == 0;
        if (!replaced) {
            ranked[kept++] = ranked[i];
        }
    }
    return kept;
}

/* The entries of `config` with those of a file merged in, in the order that the solver wants: the
 * one from the file stands behind all others for its format, since ties go to the later one. */
static bool merge(struct reader *reader, struct config *config,
                  const struct sysmem_format_cost_entry *added, size_t added_count)
{
    size_t had = config->format_cost_count;
    size_t count = had + added_count;
    struct ranked *ranked = arena_alloc_array(reader->arena, count, sizeof(*ranked));
    struct sysmem_format_cost_entry *merged =
        arena_alloc_array(reader->arena, count, sizeof(*merged));
    if (ranked == NULL || merged == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        ranked[i].entry = i < had ? config->format_costs[i] : added[i - had];
        ranked[i].rank = i;
    }
    size_t kept = drop_replaced(ranked, count);
    qsort(ranked, kept, sizeof(*ranked), by_format_and_rank);
    for (size_t i = 0; i < kept; i++) {
        merged[i] = ranked[i].entry;
    }
    config->format_costs = merged;
    config->format_cost_count = kept;
    config->tally.format_costs = added_count;
    config->tally.format_costs_replaced = count - kept;
    return true;
}

bool config_read_costs(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret)
{
    void *items = NULL;
    size_t count = 0;
    if (!reader_list(reader, path, json, read_entry, sizeof(struct sysmem_format_cost_entry),
                     &items, &count)) {
        return false;
    }
    return merge(reader, ret, items, count) || reader_fail(reader, path, "no memory");
}

json_t *config_write_costs(const struct config *config)
{
    json_t *list = json_array();
    for (size_t i = 0; i < config->format_cost_count; i++) {
        config_append(&list,
                      table_to_json(&model_type_format_cost_entry, &config->format_costs[i], NULL));
    }
    return list;
}
