/* Regions stand in a list by address, so that neighbours are found when one is given back. The free
 * ones stand also in a treap by size and then address: a search tree whose nodes have random
 * priorities, no node's above its parent's, which keeps it flat. */
#include "heap/region_map.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/checked.h"

static bool is_before(const struct region *a, const struct region *b)
{
    return a->size != b->size ? a->size < b->size : a->start < b->start;
}

/* A sequence without a pattern that matters (a Weyl sequence, mixed). */
static uint64_t next_priority(struct region_map *map)
{
    uint64_t z = map->last_priority += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void tree_add(struct region_map *map, struct region *region)
{
    region->priority = next_priority(map);
    struct region **at = &map->by_size;
    while (*at != NULL && (*at)->priority >= region->priority) {
        at = is_before(*at, region) ? &(*at)->larger : &(*at)->smaller;
    }
    struct region *rest = *at; /* is split below the new one */
    *at = region;
    struct region **smaller = &region->smaller;
    struct region **larger = &region->larger;
    while (rest != NULL) {
        if (is_before(rest, region)) {
            *smaller = rest;
            smaller = &rest->larger;
            rest = rest->larger;
        } else {
            *larger = rest;
            larger = &rest->smaller;
            rest = rest->smaller;
        }
    }
    *smaller = NULL;
    *larger = NULL;
}

static void tree_remove(struct region_map *map, struct region *region)
{
    struct region **at = &map->by_size;
    while (*at != region) {
        at = is_before(*at, region) ? &(*at)->larger : &(*at)->smaller;
    }
    struct region *smaller = region->smaller;
    struct region *larger = region->larger;
    while (smaller != NULL && larger != NULL) { /* joined in its place */
        if (smaller->priority > larger->priority) {
            *at = smaller;
            at = &smaller->larger;
            smaller = smaller->larger;
        } else {
            *at = larger;
            at = &larger->smaller;
            larger = larger->smaller;
        }
    }
    *at = smaller != NULL ? smaller : larger;
}

/* The first one that does not come before a region of that size and address; NULL: none. */
static struct region *tree_from(const struct region_map *map, uint64_t size, uint64_t start)
{
    const struct region key = {.size = size, .start = start};
    struct region *found = NULL;
    for (struct region *at = map->by_size; at != NULL;) {
        if (is_before(at, &key)) {
            at = at->larger;
        } else {
            found = at;
            at = at->smaller;
        }
    }
    return found;
}

/* The last one that comes before it; NULL: none. */
static const struct region *tree_before(const struct region_map *map, const struct region *key)
{
    const struct region *found = NULL;
    for (const struct region *at = map->by_size; at != NULL;) {
        if (is_before(at, key)) {
            found = at;
            at = at->larger;
        } else {
            at = at->smaller;
        }
    }
    return found;
}

static struct region *region_new(uint64_t start, uint64_t size)
{
    struct region *region = calloc(1, sizeof(*region));
    if (region != NULL) {
        list_init(&region->link);
        region->start = start;
        region->size = size;
    }
    return region;
}

int region_map_init(struct region_map *map, uint64_t start, uint64_t size)
{
    assert(size > 0 && start <= UINT64_MAX - size);
    struct region *all = region_new(start, size);
    if (all == NULL) {
        return -ENOMEM;
    }
    *map = (struct region_map){.free_bytes = size};
    list_init(&map->regions);
    list_append(&map->regions, &all->link);
    tree_add(map, all);
    return 0;
}

void region_map_deinit(struct region_map *map)
{
    list_for_each_safe (link, next, &map->regions) {
        free(region_of(link));
    }
    *map = (struct region_map){0};
    list_init(&map->regions);
}

/* Whether a free region has room, and where. */
static bool has_room(const struct region *region, uint64_t size, uint64_t alignment,
                     uint64_t *ret_start)
{
    uint64_t start;
    if (!checked_round_up_u64(region->start, alignment, &start)) {
        return false;
    }
    uint64_t skipped = start - region->start;
    if (skipped > region->size || region->size - skipped < size) {
        return false;
    }
    *ret_start = start;
    return true;
}

/* Cuts a region, which is in no tree, in two at an offset. NULL: no memory, and nothing happened.
 */
static struct region *region_cut(struct region *region, uint64_t offset)
{
    struct region *rest = region_new(region->start + offset, region->size - offset);
    if (rest != NULL) {
        rest->owner = region->owner;
        region->size = offset;
        list_append(region->link.next, &rest->link); /* before the next one: after this one */
    }
    return rest;
}

/* Takes [start, start + size) out of a free region. NULL: no memory, and nothing happened. */
static struct region *carve(struct region_map *map, struct region *region, uint64_t start,
                            uint64_t size)
{
    tree_remove(map, region);
    uint64_t skipped = start - region->start;
    struct region *taken = skipped > 0 ? region_cut(region, skipped) : region;
    struct region *rest = taken;
    if (taken != NULL && taken->size > size) {
        rest = region_cut(taken, size);
    }
    if (rest == NULL && taken != NULL && taken != region) { /* back as it was */
        region->size += taken->size;
        list_remove(&taken->link);
        free(taken);
    }
    if (rest == NULL || taken != region) {
        tree_add(map, region);
    }
    if (rest != NULL && rest != taken) {
        tree_add(map, rest);
    }
    return rest == NULL ? NULL : taken;
}

int region_map_take(struct region_map *map, uint64_t size, uint64_t alignment, uint64_t owner,
                    struct region **ret)
{
    assert(size > 0 && is_power_of_two_u64(alignment));
    uint64_t start = 0;
    struct region *region = tree_from(map, size, 0);
    while (region != NULL && !has_room(region, size, alignment, &start)) {
        region = tree_from(map, region->size, region->start + 1);
    }
    if (region == NULL) {
        return -ENOSPC;
    }
    struct region *taken = carve(map, region, start, size);
    if (taken == NULL) {
        return -ENOMEM;
    }
    taken->taken = true;
    taken->owner = owner;
    map->taken_count++;
    map->free_bytes -= size;
    *ret = taken;
    return 0;
}

/* The free region at a link goes into `region`, which is its neighbour. */
static void absorb(struct region_map *map, struct region *region, struct list *link)
{
    if (link == &map->regions || region_of(link)->taken) {
        return;
    }
    struct region *other = region_of(link);
    tree_remove(map, other);
    region->start = other->start < region->start ? other->start : region->start;
    region->size += other->size;
    list_remove(link);
    free(other);
}

void region_map_give(struct region_map *map, struct region *region)
{
    assert(region->taken);
    region->taken = false;
    map->taken_count--;
    map->free_bytes += region->size;
    absorb(map, region, region->link.prev);
    absorb(map, region, region->link.next);
    tree_add(map, region);
}

uint64_t region_map_largest_sum(const struct region_map *map, size_t count)
{
    const struct region after_all = {.size = UINT64_MAX, .start = UINT64_MAX};
    const struct region *region = tree_before(map, &after_all);
    uint64_t sum = 0;
    for (size_t i = 0; i < count && region != NULL; i++) {
        sum += region->size;
        region = tree_before(map, region);
    }
    return sum;
}

uint64_t region_map_largest_free(const struct region_map *map)
{
    return region_map_largest_sum(map, 1);
}
