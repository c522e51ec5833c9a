/* Ranges of addresses, sorted. Pure but for memory of its own; not thread-safe. */
#ifndef HEAP_RANGE_SET_H
#define HEAP_RANGE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From `start` up to, and without, `end`. Never empty. */
struct range {
    uint64_t start;
    uint64_t end;
};

/* No two are equal; they may overlap. Sorted by start, of several with one start the longest first:
 * what a range contains comes after it. A zeroed set is an empty one. */
struct range_set {
    struct range *ranges;
    size_t count;
    size_t capacity;
};

static inline bool range_equals(struct range a, struct range b)
{
    return a.start == b.start && a.end == b.end;
}

static inline bool range_contains(struct range outer, struct range inner)
{
    return outer.start <= inner.start && inner.end <= outer.end;
}

static inline bool range_overlaps(struct range a, struct range b)
{
    return a.start < b.end && b.start < a.end;
}

static inline uint64_t range_size(struct range range)
{
    return range.end - range.start;
}

/* The smallest range that contains both. */
static inline struct range range_hull(struct range a, struct range b)
{
    return (struct range){
        .start = a.start < b.start ? a.start : b.start,
        .end = a.end > b.end ? a.end : b.end,
    };
}

/* Makes room for one more, so that adding it cannot fail. 0 or -ENOMEM. */
int range_set_reserve(struct range_set *set);

/* Adds a range that is not there; there is room for it. */
void range_set_add(struct range_set *set, struct range range);

/* Takes out a range that is there. */
void range_set_remove(struct range_set *set, struct range range);

bool range_set_has(const struct range_set *set, struct range range);

/* Of a set in which none overlap: the index of the first that ends behind `address`; `count` if
 * none does. */
size_t range_set_behind(const struct range_set *set, uint64_t address);

/* The bytes that its ranges cover. */
uint64_t range_set_bytes(const struct range_set *set);

void range_set_deinit(struct range_set *set);

#endif
