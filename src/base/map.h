/* A hash map from 64-bit numbers (koids, ids, uids) to pointers. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot;

struct map {
    struct map_slot *slots;
    size_t capacity; /* 0 or a power of two */
    size_t count;
};

/* A zeroed map is an empty one. */

/* The value of a key, or NULL. */
void *map_get(const struct map *map, uint64_t key);

/* Adds or replaces; value is not NULL. False: no memory. */
bool map_put(struct map *map, uint64_t key, void *value);

/* Takes a key out and returns its value, or NULL. */
void *map_take(struct map *map, uint64_t key);

/* Walks the map: start with *cursor 0; false at the end. The map must not change meanwhile. */
bool map_next(const struct map *map, size_t *cursor, uint64_t *ret_key, void **ret_value);

/* Frees the table, not the values. */
void map_deinit(struct map *map);

#endif
