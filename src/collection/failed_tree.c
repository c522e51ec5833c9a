#include "collection/failed_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "collection/collection.h"
#include "model/tables.h"
#include "model/walk.h"

#define NAME_MAX_BYTES ((size_t)256)

/* Nodes stand behind their parents, so a walk back from the former one finds it. */
static uint32_t find_parent(const struct failed_node *nodes, const struct node *const *sources,
                            size_t index)
{
    size_t parent = index - 1;
    while (sources[parent] != sources[index]->parent) {
        parent = nodes[parent].parent;
    }
    return (uint32_t)parent;
}

static bool take_node(struct failed_tree *tree, const struct node *node, size_t name_max,
                      struct failed_node *ret)
{
    const char *name = node->client.name == NULL ? "" : node->client.name;
    *ret = (struct failed_node){
        .koid = node->koid,
        .kind = node->kind,
        .was = node->was,
        .propagation = node->propagation,
        .released = node->released,
        .ready = node_is_ready(node),
        .allocated = node->allocated,
        .has_constraints = node->has_constraints,
        .name = arena_strndup(&tree->arena, name, utf8_cut(name, name_max)),
        .client_id = node->client.id,
        .pid = node->client.pid,
        .uid = node->client.uid,
    };
    return ret->name != NULL;
}

/* What does not fit is left out. */
static void take_constraints(struct failed_tree *tree, const struct node *node,
                             struct failed_node *ret)
{
    size_t room = FAILED_TREE_MAX_BYTES - tree->arena.used;
    struct sysmem_buffer_collection_constraints *copy = NULL;
    if (node->constraints == NULL) {
        return;
    }
    if (node->constraints_arena.used + sizeof(*copy) <= room) {
        copy = arena_alloc(&tree->arena, sizeof(*copy));
    }
    if (copy != NULL && model_copy(&model_type_buffer_collection_constraints, node->constraints,
                                   copy, &tree->arena)) {
        ret->constraints = copy;
    } else {
        ret->left_out = true;
    }
}

static bool take_nodes(struct failed_tree *tree, const struct node *root, size_t count,
                       const struct node **sources)
{
    struct failed_node *nodes = arena_alloc_array(&tree->arena, count, sizeof(*nodes));
    size_t room = FAILED_TREE_MAX_BYTES / 4 / count; /* for each name */
    size_t taken = 0;
    for (const struct node *node = root; nodes != NULL && node != NULL && taken < count;
         node = node_next(root, node)) {
        if (!take_node(tree, node, room < NAME_MAX_BYTES ? room : NAME_MAX_BYTES, &nodes[taken])) {
            return false;
        }
        sources[taken] = node;
        nodes[taken].parent = taken == 0 ? 0 : find_parent(nodes, sources, taken);
        taken++;
    }
    for (size_t i = 0; i < taken; i++) {
        take_constraints(tree, sources[i], &nodes[i]);
    }
    tree->nodes = nodes;
    tree->count = taken;
    return nodes != NULL;
}

static bool take_buffers(struct failed_tree *tree, const struct collection *collection)
{
    if (collection->state != COLLECTION_ALLOCATED) {
        return true;
    }
    tree->buffer_count = collection->buffer_count;
    return model_copy(&model_type_single_buffer_settings, &collection->settings, &tree->settings,
                      &tree->arena);
}

void failed_tree_init(struct failed_tree *tree, const struct node *root)
{
    const struct collection *collection = collection_of(root);
    size_t count = collection->node_count;
    const struct node **sources = calloc(count + 1, sizeof(struct node *));
    *tree = (struct failed_tree){.age_ns = collection_now_ns() - collection->created_ns};
    arena_init(&tree->arena, FAILED_TREE_MAX_BYTES);
    if (sources == NULL || count == 0 || !take_buffers(tree, collection) ||
        !take_nodes(tree, root, count, sources)) {
        failed_tree_deinit(tree);
    }
    free((void *)sources);
}

void failed_tree_deinit(struct failed_tree *tree)
{
    arena_clear(&tree->arena);
    tree->nodes = NULL;
    tree->count = 0;
}
