/* A collection as it was when an allocation failed: the part of server/snapshot.h that shows what
 * is not there any more. */
#include "collection/failure.h"
#include "server/snapshot.h"

static uint32_t flags_of(const struct failed_node *node)
{
    return (node->propagation == NODE_PROPAGATE_BEFORE_ALLOCATION
                ? MODEL_DEBUG_NODE_FLAG_DISPENSABLE
                : 0u) |
           (node->propagation == NODE_DO_NOT_PROPAGATE ? MODEL_DEBUG_NODE_FLAG_ATTACHED : 0u) |
           (node->allocated ? MODEL_DEBUG_NODE_FLAG_ALLOCATED : 0u);
}

static bool take_node(const struct snapshot_viewer *viewer, const struct failed_node *node,
                      struct arena *arena, struct model_debug_node *ret)
{
    SYSMEM_SET(ret, koid, node->koid);
    SYSMEM_SET(ret, kind, snapshot_node_kind(node->kind));
    SYSMEM_SET(ret, client_name, snapshot_client_name(viewer, node->uid, node->name, arena));
    SYSMEM_SET(ret, client_id, node->client_id);
    SYSMEM_SET(ret, pid, (uint32_t)node->pid);
    SYSMEM_SET(ret, uid, node->uid);
    SYSMEM_SET(ret, released, node->released);
    SYSMEM_SET(ret, has_constraints, node->has_constraints);
    SYSMEM_SET(ret, ready, node->ready);
    SYSMEM_SET(ret, flags, flags_of(node));
    SYSMEM_SET(ret, was, snapshot_node_kind(node->was));
    if (node->constraints != NULL) {
        SYSMEM_SET(ret, constraints, *node->constraints);
    } else if (node->left_out) {
        SYSMEM_SET(ret, constraints_left_out, true);
    }
    return ret->client_name != NULL;
}

static bool take_nodes(const struct snapshot_viewer *viewer, const struct failed_tree *tree,
                       struct arena *arena, struct model_debug_collection *ret)
{
    struct model_debug_node *nodes = arena_alloc_array(arena, tree->count, sizeof(*nodes));
    for (size_t i = 0; nodes != NULL && i < tree->count; i++) {
        if (i > 0) {
            SYSMEM_SET(&nodes[i], parent_index, tree->nodes[i].parent);
        }
        if (!take_node(viewer, &tree->nodes[i], arena, &nodes[i])) {
            return false;
        }
    }
    SYSMEM_SET_VECTOR(ret, nodes, nodes, tree->count);
    return nodes != NULL;
}

static bool take_failed(const struct snapshot_viewer *viewer, const struct failure *failure,
                        struct arena *arena, struct model_debug_collection *ret)
{
    const struct failed_tree *tree = &failure->tree;
    SYSMEM_SET(ret, id, failure->collection_id);
    if (failure->collection_name[0] != '\0') {
        SYSMEM_SET(ret, name, failure->collection_name);
    }
    SYSMEM_SET(ret, state, MODEL_DEBUG_STATE_FAILED);
    SYSMEM_SET(ret, error, failure->error);
    SYSMEM_SET(ret, age_ms, tree->age_ns / 1000000u);
    SYSMEM_SET(ret, owner_uid, failure->owner);
    if (tree->buffer_count > 0) {
        SYSMEM_SET(ret, buffer_count, tree->buffer_count);
        SYSMEM_SET(ret, size_bytes, tree->settings.buffer_settings.size_bytes);
        SYSMEM_SET(ret, settings, tree->settings);
    }
    return take_nodes(viewer, tree, arena, ret);
}

bool snapshot_failed(const struct snapshot_viewer *viewer, uint64_t collection_id,
                     struct arena *arena, struct model_debug_get_collections_response *ret)
{
    const struct failure *last = NULL;
    struct model_debug_collection *row = arena_alloc(arena, sizeof(*row));
    list_for_each (link, &viewer->server->collections.failures.failures) {
        const struct failure *failure = container_of(link, struct failure, link);
        if (failure->collection_id == collection_id && failure->tree.count > 0 &&
            snapshot_sees_failure(viewer, failure)) {
            last = failure;
        }
    }
    SYSMEM_SET(ret, more, false);
    SYSMEM_SET_VECTOR(ret, collections, row, last == NULL ? 0 : 1);
    return row != NULL && (last == NULL || take_failed(viewer, last, arena, row));
}
