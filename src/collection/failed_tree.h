/* The tree of a collection as it was when an allocation failed: what it takes to ask the solver
 * again, when the nodes are gone. */
#ifndef COLLECTION_FAILED_TREE_H
#define COLLECTION_FAILED_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "node/node.h"

/* All of a tree takes at most so much. */
#define FAILED_TREE_MAX_BYTES ((size_t)512 << 10)

struct failed_node {
    uint64_t koid;
    uint32_t parent; /* index of a node before this one; of the first one, the root: 0 */
    enum node_kind kind;
    enum node_kind was;
    enum node_propagation propagation;
    bool released;
    bool ready;
    bool allocated;
    bool has_constraints;
    const char *name; /* of the client, as much of it as there is room for */
    uint64_t client_id;
    pid_t pid;
    uid_t uid;
    /* NULL: it has set none, or, where has_constraints says so, there was no room for them. */
    const struct sysmem_buffer_collection_constraints *constraints;
    bool left_out; /* there was no room for them */
};

struct failed_tree {
    struct arena arena;
    const struct failed_node *nodes; /* in pre-order */
    size_t count;                    /* 0: it was not kept */
    uint64_t age_ns;                 /* of the collection */
    /* Of the buffers that an attached part was to join. */
    struct sysmem_single_buffer_settings settings;
    uint32_t buffer_count; /* 0: there were none */
};

/* Empty where there is no memory. */
void failed_tree_init(struct failed_tree *tree, const struct node *root);

/* Of one that is all zero, too. */
void failed_tree_deinit(struct failed_tree *tree);

#endif
