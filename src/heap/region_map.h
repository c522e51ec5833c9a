/* Which parts of a range of addresses are taken: a region allocator. Pure but for memory of its
 * own; not thread-safe. */
#ifndef HEAP_REGION_MAP_H
#define HEAP_REGION_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

/* Taken or free; no two free ones touch. All of them together are the map's range. */
struct region {
    struct list link; /* by address */
    uint64_t start;
    uint64_t size;  /* more than 0 */
    uint64_t owner; /* as its taker said; of a free one: of who gave it back last, or 0 */
    bool taken;
    /* Where a free one stands among the free ones: region_map.c */
    struct region *smaller;
    struct region *larger;
    uint64_t priority;
};

struct region_map {
    struct list regions;    /* by address */
    struct region *by_size; /* the free ones, a tree */
    uint64_t free_bytes;
    size_t taken_count;
    uint64_t last_priority;
};

/* A free range; start + size does not overflow, size is more than 0. 0 or -ENOMEM. */
int region_map_init(struct region_map *map, uint64_t start, uint64_t size);
void region_map_deinit(struct region_map *map);

/* Takes the smallest free region that has room for `size` bytes from a multiple of `alignment` on
 * (a power of two), of several the lowest, and in it the lowest such place. What is left of it
 * stays free. 0; -ENOSPC: none has room; -ENOMEM: no memory for the books. Takes the time of a look
 * into a tree, and of one more for each free region that has the size and, for the alignment, no
 * room. */
int region_map_take(struct region_map *map, uint64_t size, uint64_t alignment, uint64_t owner,
                    struct region **ret);

/* Gives a taken region back, which is gone from here. Never fails. */
void region_map_give(struct region_map *map, struct region *region);

/* Bytes of the largest free region; of the `count` largest together. */
uint64_t region_map_largest_free(const struct region_map *map);
uint64_t region_map_largest_sum(const struct region_map *map, size_t count);

static inline struct region *region_of(struct list *link)
{
    return container_of(link, struct region, link);
}

#endif
