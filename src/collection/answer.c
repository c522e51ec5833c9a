/* Telling participants what their allocation came to. */
#include "base/log.h"
#include "collection/internal.h"
#include "node/tracker.h"

/* Every participant below `top` hears the error. One that cannot be told fails, and may take others
 * along: then from the start, because who was told has nothing pending any more. */
static void tell_failure(struct node *top, uint32_t error)
{
    struct collection *collection = collection_of(top);
    for (struct node *node = top; node != NULL && !top->dead;) {
        uint32_t before = collection->node_count;
        if (node->kind == NODE_COLLECTION && node->peer != NULL) {
            collection->table->config.ops->failed(node->peer, error);
        }
        if (top->dead) {
            return;
        }
        node = collection->node_count == before ? node_next(top, node) : top;
    }
}

void collection_answer_failure(struct node *top, uint32_t error)
{
    struct collection *collection = collection_of(top);
    if (top == collection->root) {
        collection->error = error;
    }
    tell_failure(top, error);
    if (!top->dead) {
        collection_fail_down(top, "allocation failed");
    }
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

static struct node *first_hidden(struct node *top)
{
    for (struct node *node = top; node != NULL; node = node_next_pruned(top, node)) {
        if (node->hidden) {
            return node;
        }
    }
    return NULL;
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
    for (struct node *node; !top->dead && (node = first_hidden(top)) != NULL;) {
        log_debug("%s: another child of its group was selected", collection_describe_node(node));
        tell_failure(node, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
        if (!node->dead) {
            collection_fail_down(node, "another child of its group was selected");
        }
    }
}
