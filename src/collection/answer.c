/* Telling participants what their allocation came to. */
#include "base/log.h"
#include "collection/internal.h"
#include "node/tracker.h"

static void tell_failure(struct node *top, uint32_t error)
{
    const struct collection_peer_ops *ops = collection_of(top)->table->config.ops;
    for (struct node *node = top; node != NULL; node = node_next(top, node)) {
        if (node->kind == NODE_COLLECTION && node->peer != NULL) {
            ops->failed(node->peer, error);
        }
    }
}

void collection_answer_failure(struct node *top, uint32_t error)
{
    struct collection *collection = collection_of(top);
    if (top == collection->root) {
        collection->error = error;
    }
    tell_failure(top, error);
    collection_fail_down(top, "allocation failed");
}

static void mark_allocated(struct node *node)
{
    struct collection *collection = collection_of(node);
    node->allocated = true;
    if (node->has_constraints) {
        participants_add(&collection->participants, collection->account, node);
    }
    list_for_each_safe (link, next, &node->lifetime_trackers) {
        list_remove(link);
        list_append(&collection->lifetime_trackers, link);
    }
    if (node->kind == NODE_COLLECTION && node->peer != NULL) {
        collection->table->config.ops->allocated(node->peer);
    }
}

/* Appends the outermost nodes that are hidden. Not inlined: see node_list_breadth_first(). */
__attribute__((noinline)) static void list_hidden(struct node *top, struct list *queue)
{
    for (struct node *node = top; node != NULL; node = node_next_pruned(top, node)) {
        if (node->hidden && !node->parent->hidden) {
            list_append(queue, &node->queue);
        }
    }
}

void collection_answer_success(struct node *top)
{
    struct collection *collection = collection_of(top);
    for (struct node *node = top; node != NULL; node = node_next_pruned(top, node)) {
        if (!node->hidden) {
            mark_allocated(node);
        }
    }
    collection_check_lifetimes(collection);
    struct list hidden;
    list_init(&hidden);
    list_hidden(top, &hidden);
    while (!list_is_empty(&hidden)) {
        struct node *node = container_of(hidden.next, struct node, queue);
        list_remove(&node->queue);
        log_debug("%s: another child of its group was selected", collection_describe_node(node));
        tell_failure(node, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
        collection_fail_down(node, "another child of its group was selected");
    }
}
