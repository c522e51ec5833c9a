/* Walking trees whose depth clients choose: no recursion, no allocation. */
#include <assert.h>
#include <stddef.h>

#include "node/node.h"

static struct node *node_of(struct list *sibling)
{
    return container_of(sibling, struct node, siblings);
}

static struct node *next_sibling(const struct node *node)
{
    struct list *next = node->siblings.next;
    return node->parent == NULL || next == &node->parent->children ? NULL : node_of(next);
}

/* The node after everything below `node`. */
static struct node *next_after(const struct node *root, const struct node *node)
{
    while (node != root) {
        struct node *sibling = next_sibling(node);
        if (sibling != NULL) {
            return sibling;
        }
        node = node->parent;
    }
    return NULL;
}

struct node *node_next(const struct node *root, const struct node *node)
{
    return list_is_empty(&node->children) ? next_after(root, node) : node_of(node->children.next);
}

void node_list_breadth_first(struct node *root, struct list *queue)
{
    list_append(queue, &root->queue);
    for (struct list *at = &root->queue; at != queue; at = at->next) {
        struct node *node = container_of(at, struct node, queue);
        list_for_each (child, &node->children) {
            assert(list_is_empty(&node_of(child)->queue));
            list_append(queue, &node_of(child)->queue);
        }
    }
}

struct node *node_failure_root(struct node *node)
{
    while (node->parent != NULL) {
        if (node->propagation == NODE_DO_NOT_PROPAGATE) {
            break;
        }
        if (node->propagation == NODE_PROPAGATE_BEFORE_ALLOCATION && node->allocated) {
            break;
        }
        node = node->parent;
    }
    return node;
}

struct node *node_first_unready(struct node *root)
{
    struct node *node = root;
    while (node != NULL) {
        if (node != root && node->propagation == NODE_DO_NOT_PROPAGATE) {
            node = next_after(root, node); /* attached: allocates by itself, later */
            continue;
        }
        if (!node_is_ready(node)) {
            return node;
        }
        node = node_next(root, node);
    }
    return NULL;
}

uint32_t node_count_connected(const struct node *root)
{
    uint32_t count = 0;
    for (const struct node *node = root; node != NULL; node = node_next(root, node)) {
        count += node_is_connected(node) ? 1 : 0;
    }
    return count;
}
