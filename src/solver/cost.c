#include "solver/cost.h"

#include <float.h>
#include <stdbool.h>

#include <sysmem/format.h>

/* The usage that an entry is for. `none` plays no part. */
static struct usage usage_of(const struct sysmem_format_cost_key *key)
{
    const struct sysmem_buffer_usage *bits = &key->buffer_usage_bits;
    if (!key->has.buffer_usage_bits) {
        return (struct usage){0};
    }
    return (struct usage){
        .cpu = bits->has.cpu ? bits->cpu : 0,
        .vulkan = bits->has.vulkan ? bits->vulkan : 0,
        .display = bits->has.display ? bits->display : 0,
        .video = bits->has.video ? bits->video : 0,
    };
}

static bool is_subset(const struct usage *part, const struct usage *whole)
{
    return (part->cpu & ~whole->cpu) == 0 && (part->vulkan & ~whole->vulkan) == 0 &&
           (part->display & ~whole->display) == 0 && (part->video & ~whole->video) == 0;
}

static int count_bits(const struct usage *usage)
{
    return __builtin_popcount(usage->cpu) + __builtin_popcount(usage->vulkan) +
           __builtin_popcount(usage->display) + __builtin_popcount(usage->video);
}

static uint64_t modifier_of(const struct sysmem_format_cost_key *key)
{
    return key->has.pixel_format_modifier ? key->pixel_format_modifier
                                          : SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR;
}

static int compare_to(const struct sysmem_format_cost_key *key, uint32_t pixel_format,
                      uint64_t modifier)
{
    if (key->pixel_format != pixel_format) {
        return key->pixel_format < pixel_format ? -1 : 1;
    }
    uint64_t own = modifier_of(key);
    return own < modifier ? -1 : own > modifier;
}

int format_cost_compare(const struct sysmem_format_cost_key *a,
                        const struct sysmem_format_cost_key *b)
{
    return compare_to(a, b->pixel_format, modifier_of(b));
}

/* The first entry that is for the format, if any is. */
static size_t first_for(const struct solver_environment *environment, uint32_t pixel_format,
                        uint64_t modifier)
{
    size_t low = 0;
    size_t high = environment->format_cost_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_to(&environment->format_costs[middle].key, pixel_format, modifier) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

float format_cost(const struct solver_environment *environment, uint32_t pixel_format,
                  uint64_t modifier, const struct usage *usage)
{
    float cost = FLT_MAX;
    int most_bits = -1;
    for (size_t i = first_for(environment, pixel_format, modifier);
         i < environment->format_cost_count &&
         compare_to(&environment->format_costs[i].key, pixel_format, modifier) == 0;
         i++) {
        const struct sysmem_format_cost_entry *entry = &environment->format_costs[i];
        struct usage wanted = usage_of(&entry->key);
        int bits = count_bits(&wanted);
        if (is_subset(&wanted, usage) && bits >= most_bits) { /* of equals the later one counts */
            most_bits = bits;
            cost = entry->has.cost ? entry->cost : FLT_MAX;
        }
    }
    return cost;
}
