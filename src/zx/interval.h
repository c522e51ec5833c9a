/* A set of ranges that do not overlap, in order, which finds neighbours and holes in logarithmic
 * time. Not thread-safe. */
#ifndef ZX_INTERVAL_H
#define ZX_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

/* A range [start, end), end > start. Embedded in what it stands for; start and end stay as they are
 * while it is in a tree. */
struct interval {
    uint64_t start;
    uint64_t end;
    uint32_t kind; /* whatever the one who embeds it tells by */

    /* The tree's. */
    uint32_t priority;
    struct interval *left;
    struct interval *right;
    uint64_t first;  /* the lowest start here and below */
    uint64_t last;   /* the highest end here and below */
    uint64_t widest; /* the widest hole between two of those here and below */
};

/* A zeroed tree is an empty one. */
struct interval_tree {
    struct interval *root;
    uint32_t random;
};

/* Adds a range, which must not overlap any other. */
void interval_tree_insert(struct interval_tree *tree, struct interval *interval);

/* Takes a range out that is in the tree. */
void interval_tree_remove(struct interval_tree *tree, struct interval *interval);

/* The lowest range that ends above `address`, or NULL. */
struct interval *interval_tree_find(const struct interval_tree *tree, uint64_t address);

/* Where to look for a hole: `size` bytes at a multiple of `align` (a power of two), all within
 * [low, high). Ranges below `low` must not be in the tree. */
struct interval_hole {
    uint64_t low;
    uint64_t high;
    uint64_t size;
    uint64_t align;
};

/* A hole that fits; false if there is none. Without alignment (1) it is the lowest one, found in
 * logarithmic time; with it, so is one that is wider than size + align, and only when there is none
 * of these each hole of at least `size` is tried. size + align must not overflow. */
bool interval_tree_find_hole(const struct interval_tree *tree, const struct interval_hole *hole,
                             uint64_t *ret_start);

#endif
