#include "heap/range_set.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_before(struct range a, struct range b)
{
    return a.start != b.start ? a.start < b.start : a.end > b.end;
}

/* The index of the first that does not come before `range`. */
static size_t place_of(const struct range_set *set, struct range range)
{
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_before(set->ranges[middle], range)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int range_set_reserve(struct range_set *set)
{
    if (set->count < set->capacity) {
        return 0;
    }
    size_t capacity = set->capacity == 0 ? 16 : 2 * set->capacity;
    struct range *ranges = reallocarray(set->ranges, capacity, sizeof(*ranges));
    if (ranges == NULL) {
        return -ENOMEM;
    }
    set->ranges = ranges;
    set->capacity = capacity;
    return 0;
}

void range_set_add(struct range_set *set, struct range range)
{
    assert(set->count < set->capacity && range.start < range.end && !range_set_has(set, range));
    size_t at = place_of(set, range);
    memmove(&set->ranges[at + 1], &set->ranges[at], (set->count - at) * sizeof(range));
    set->ranges[at] = range;
    set->count++;
}

void range_set_remove(struct range_set *set, struct range range)
{
    assert(range_set_has(set, range));
    size_t at = place_of(set, range);
    set->count--;
    memmove(&set->ranges[at], &set->ranges[at + 1], (set->count - at) * sizeof(range));
}

bool range_set_has(const struct range_set *set, struct range range)
{
    size_t at = place_of(set, range);
    return at < set->count && range_equals(set->ranges[at], range);
}

size_t range_set_behind(const struct range_set *set, uint64_t address)
{
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->ranges[middle].end <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint64_t range_set_bytes(const struct range_set *set)
{
    uint64_t bytes = 0;
    uint64_t covered = 0; /* up to here it is counted */
    for (size_t i = 0; i < set->count; i++) {
        struct range range = set->ranges[i];
        uint64_t from = range.start > covered ? range.start : covered;
        bytes += range.end > from ? range.end - from : 0;
        covered = range.end > covered ? range.end : covered;
    }
    return bytes;
}

void range_set_deinit(struct range_set *set)
{
    free(set->ranges);
    *set = (struct range_set){0};
}
