/* Random trees of tokens and token groups. */
#ifndef TESTS_PROPERTY_TREE_H
#define TESTS_PROPERTY_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_NODES 16

struct tree_node {
    int parent;        /* index of an earlier node; -1: the root */
    uint32_t nth;      /* which of its parent's children it is */
    uint32_t children; /* how many it has itself */
    bool is_group;
};

/* Node 0 is the root, a token. Children of a node are in the order in which they were made. */
struct tree {
    struct tree_node nodes[TREE_NODES];
    size_t count;
};

/* Nodes in some order, by index. */
struct tree_order {
    size_t nodes[TREE_NODES];
    size_t count;
};

/* The same tree for the same seed. Groups have one child at least. */
void tree_make(struct tree *tree, uint64_t seed);

/* The tokens, breadth-first. */
struct tree_order tree_tokens(const struct tree *tree);

/* The groups, in depth-first pre-order. */
struct tree_order tree_groups(const struct tree *tree);

/* The innermost group that a node is under, or -1; *ret_child: under which child of it. */
int tree_group_of(const struct tree *tree, size_t node, uint32_t *ret_child);

/* The place of a node in an order that it is in. */
size_t tree_place(const struct tree_order *order, size_t node);

#endif
