#include "tree.h"

#include <string.h>

#include "dice.h"

static void add(struct tree *tree, size_t parent, bool is_group)
{
    struct tree_node *node = &tree->nodes[tree->count++];
    *node = (struct tree_node){
        .parent = (int)parent,
        .nth = tree->nodes[parent].children++,
        .is_group = is_group,
    };
}

void tree_make(struct tree *tree, uint64_t seed)
{
    uint64_t dice = seed;
    uint32_t additions = dice_below(&dice, TREE_NODES);
    memset(tree, 0, sizeof(*tree));
    tree->nodes[0].parent = -1;
    tree->count = 1;
    for (uint32_t i = 0; i < additions && tree->count + 2 <= TREE_NODES; i++) {
        size_t parent = dice_below(&dice, tree->count);
        bool is_group = !tree->nodes[parent].is_group && dice_below(&dice, 2) == 0;
        add(tree, parent, is_group);
        if (is_group) {
            add(tree, tree->count - 1, false);
        }
    }
}

struct tree_order tree_tokens(const struct tree *tree)
{
    struct tree_order tokens = {.count = 0};
    struct tree_order queue = {.nodes = {0}, .count = 1};
    for (size_t at = 0; at < queue.count; at++) {
        size_t node = queue.nodes[at];
        if (!tree->nodes[node].is_group) {
            tokens.nodes[tokens.count++] = node;
        }
        for (size_t i = node + 1; i < tree->count; i++) {
            if (tree->nodes[i].parent == (int)node) {
                queue.nodes[queue.count++] = i;
            }
        }
    }
    return tokens;
}

static void visit(const struct tree *tree, size_t node, struct tree_order *groups)
{
    if (tree->nodes[node].is_group) {
        groups->nodes[groups->count++] = node;
    }
    for (size_t i = node + 1; i < tree->count; i++) {
        if (tree->nodes[i].parent == (int)node) {
            visit(tree, i, groups);
        }
    }
}

struct tree_order tree_groups(const struct tree *tree)
{
    struct tree_order groups = {.count = 0};
    visit(tree, 0, &groups);
    return groups;
}

int tree_group_of(const struct tree *tree, size_t node, uint32_t *ret_child)
{
    const struct tree_node *at = &tree->nodes[node];
    while (at->parent >= 0 && !tree->nodes[at->parent].is_group) {
        at = &tree->nodes[at->parent];
    }
    *ret_child = at->parent < 0 ? 0 : at->nth;
    return at->parent;
}

size_t tree_place(const struct tree_order *order, size_t node)
{
    size_t place = 0;
    while (order->nodes[place] != node) {
        place++;
    }
    return place;
}
