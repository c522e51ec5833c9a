/* A treap: a search tree by start that is a heap by random priorities, so that its height is
 * logarithmic whatever the order of insertions. Each node knows the widest hole below it, which is
 * what leads the search for a hole past the subtrees that have none. */
#include "zx/interval.h"

#include <assert.h>
#include <stddef.h>

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void update(struct interval *node)
{
    const struct interval *left = node->left;
    const struct interval *right = node->right;
    node->first = node->start;
    node->last = node->end;
    node->widest = 0;
    if (left != NULL) {
        node->first = left->first;
        node->widest = max_u64(left->widest, node->start - left->last);
    }
    if (right != NULL) {
        node->last = right->last;
        node->widest = max_u64(node->widest, max_u64(right->widest, right->first - node->end));
    }
}

/* Splits a subtree into what starts below `at` and the rest. */
static void split(struct interval *node, uint64_t at, struct interval **ret_low,
                  struct interval **ret_high)
{
    if (node == NULL) {
        *ret_low = NULL;
        *ret_high = NULL;
    } else if (node->start < at) {
        split(node->right, at, &node->right, ret_high);
        update(node);
        *ret_low = node;
    } else {
        split(node->left, at, ret_low, &node->left);
        update(node);
        *ret_high = node;
    }
}

static struct interval *merge(struct interval *low, struct interval *high)
{
    if (low == NULL || high == NULL) {
        return low != NULL ? low : high;
    }
    if (low->priority > high->priority) {
        low->right = merge(low->right, high);
        update(low);
        return low;
    }
    high->left = merge(low, high->left);
    update(high);
    return high;
}

static struct interval *insert(struct interval *node, struct interval *interval)
{
    if (node == NULL || interval->priority > node->priority) {
        split(node, interval->start, &interval->left, &interval->right);
        node = interval;
    } else if (interval->start < node->start) {
        node->left = insert(node->left, interval);
    } else {
        node->right = insert(node->right, interval);
    }
    update(node);
    return node;
}

static struct interval *take_out(struct interval *node, const struct interval *interval)
{
    assert(node != NULL);
    if (node == interval) {
        return merge(node->left, node->right);
    }
    if (interval->start < node->start) {
        node->left = take_out(node->left, interval);
    } else {
        node->right = take_out(node->right, interval);
    }
    update(node);
    return node;
}

/* xorshift32: only the shape of the tree hangs on it. */
static uint32_t next_random(struct interval_tree *tree)
{
    uint32_t x = tree->random == 0 ? 0x9E3779B9U : tree->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    tree->random = x;
    return x;
}

void interval_tree_insert(struct interval_tree *tree, struct interval *interval)
{
    assert(interval->start < interval->end);
    interval->priority = next_random(tree);
    tree->root = insert(tree->root, interval);
}

void interval_tree_remove(struct interval_tree *tree, struct interval *interval)
{
    tree->root = take_out(tree->root, interval);
}

struct interval *interval_tree_find(const struct interval_tree *tree, uint64_t address)
{
    struct interval *found = NULL;
    for (struct interval *node = tree->root; node != NULL;) {
        if (node->end > address) {
            found = node;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return found;
}

struct search {
    uint64_t size;
    uint64_t align;
    uint64_t width; /* subtrees without a hole that wide are passed by */
    uint64_t start; /* of what was found */
};

/* Whether what is asked for fits between two neighbours, the ends of whom are low and high. */
static bool fits(struct search *search, uint64_t low, uint64_t high)
{
    if (high <= low || high - low < search->size) {
        return false;
    }
    uint64_t skip = (0 - low) & (search->align - 1);
    if (high - low - search->size < skip) {
        return false;
    }
    search->start = low + skip;
    return true;
}

/* Looks through a subtree and the holes on both its sides, which begin at `low` and end at `high`.
 */
static bool look(const struct interval *node, uint64_t low, uint64_t high, struct search *search)
{
    while (node != NULL) {
        if (node->start >= high) {
            node = node->left;
            continue;
        }
        uint64_t above = node->last < high ? high - node->last : 0;
        if (max_u64(node->widest, max_u64(node->first - low, above)) < search->width) {
            return false;
        }
        if (look(node->left, low, node->start, search)) {
            return true;
        }
        low = node->end;
        node = node->right;
    }
    return fits(search, low, high);
}

bool interval_tree_find_hole(const struct interval_tree *tree, const struct interval_hole *hole,
                             uint64_t *ret_start)
{
    struct search search = {.size = hole->size, .align = hole->align};
    /* A hole that is wider by the alignment fits wherever it starts: the first one met will do. */
    search.width = hole->size + hole->align - 1;
    bool is_found = look(tree->root, hole->low, hole->high, &search);
    if (!is_found && hole->align > 1) {
        search.width = hole->size;
        is_found = look(tree->root, hole->low, hole->high, &search);
    }
    if (is_found) {
        *ret_start = search.start;
    }
    return is_found;
}
