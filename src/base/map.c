/* Open addressing with linear probing; a removal closes the gap behind it, so there are no
 * tombstones. */
#include "base/map.h"

#include <stdlib.h>

struct map_slot {
    uint64_t key;
    void *value; /* NULL: free */
};

/* Clients choose some keys (koids are theirs to ask for): mix well enough that runs do not cluster.
 */
static size_t home_of(const struct map *map, uint64_t key)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdULL;
    key ^= key >> 33;
    return (size_t)key & (map->capacity - 1);
}

static struct map_slot *slot_of(const struct map *map, uint64_t key)
{
    size_t i = home_of(map, key);
    while (map->slots[i].value != NULL && map->slots[i].key != key) {
        i = (i + 1) & (map->capacity - 1);
    }
    return &map->slots[i];
}

void *map_get(const struct map *map, uint64_t key)
{
    return map->count == 0 ? NULL : slot_of(map, key)->value;
}

static bool map_grow(struct map *map)
{
    struct map bigger = {.capacity = map->capacity == 0 ? 16 : map->capacity * 2};
    bigger.slots = calloc(bigger.capacity, sizeof(*bigger.slots));
    if (bigger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].value != NULL) {
            *slot_of(&bigger, map->slots[i].key) = map->slots[i];
        }
    }
    bigger.count = map->count;
    free(map->slots);
    *map = bigger;
    return true;
}

bool map_put(struct map *map, uint64_t key, void *value)
{
    if (map->count * 4 >= map->capacity * 3 && !map_grow(map)) {
        return false;
    }
    struct map_slot *slot = slot_of(map, key);
    map->count += slot->value == NULL ? 1 : 0;
    *slot = (struct map_slot){.key = key, .value = value};
    return true;
}

void *map_take(struct map *map, uint64_t key)
{
    if (map->count == 0) {
        return NULL;
    }
    struct map_slot *slot = slot_of(map, key);
    void *value = slot->value;
    if (value == NULL) {
        return NULL;
    }
    size_t mask = map->capacity - 1;
    size_t hole = (size_t)(slot - map->slots);
    for (size_t i = (hole + 1) & mask; map->slots[i].value != NULL; i = (i + 1) & mask) {
        size_t home = home_of(map, map->slots[i].key);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            map->slots[hole] = map->slots[i];
            hole = i;
        }
    }
    map->slots[hole].value = NULL;
    map->count--;
    return value;
}

bool map_next(const struct map *map, size_t *cursor, uint64_t *ret_key, void **ret_value)
{
    while (*cursor < map->capacity) {
        const struct map_slot *slot = &map->slots[(*cursor)++];
        if (slot->value != NULL) {
            *ret_key = slot->key;
            *ret_value = slot->value;
            return true;
        }
    }
    return false;
}

void map_deinit(struct map *map)
{
    free(map->slots);
    *map = (struct map){0};
}
