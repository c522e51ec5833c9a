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

struct node *node_next_pruned(const struct node *root, const struct node *node)
{
    struct node *next = node_next(root, node);
    while (next != NULL && next->propagation == NODE_DO_NOT_PROPAGATE) {
        next = next_after(root, next);
    }
    return next;
}

/* Not inlined: gcc 12 takes a caller's list on the stack, which is empty again when it returns, for
 * one that the nodes go on pointing at (-Wdangling-pointer). */
__attribute__((noinline)) void node_list_breadth_first(struct node *root, struct list *queue)
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
    for (struct node *node = root; node != NULL; node = node_next_pruned(root, node)) {
        if (!node_is_ready(node)) {
            return node;
        }
    }
    return NULL;
}

uint32_t node_count(struct node *root)
{
    uint32_t strong = 0;
    struct list queue;
    list_init(&queue);
    for (struct node *node = root; node != NULL; node = node_next(root, node)) {
        node->counted = node_is_connected(node) ? 1 : 0;
        strong += node_is_strong(node) ? 1 : 0;
    }
    node_list_breadth_first(root, &queue);
    while (!list_is_empty(&queue)) { /* children before parents */
        struct node *node = container_of(queue.prev, struct node, queue);
        list_remove(&node->queue);
        if (node != root) {
            node->parent->counted += node->counted;
        }
    }
    return strong;
}

struct node *node_find_empty_domain(struct node *root)
{
    struct node *found = NULL;
    struct list queue;
    list_init(&queue);
    node_list_breadth_first(root, &queue);
    while (!list_is_empty(&queue)) {
        struct node *node = container_of(queue.prev, struct node, queue);
        list_remove(&node->queue);
        bool is_domain = node == root || node->propagation != NODE_PROPAGATE;
        if (found == NULL && is_domain && node->counted == 0) {
            found = node;
        }
    }
    return found;
}

static uint32_t depth_of(const struct node *node)
{
    uint32_t depth = 0;
    for (; node->parent != NULL; node = node->parent) {
        depth++;
    }
    return depth;
}

bool node_is_alternate(const struct node *a, const struct node *b)
{
    uint32_t depth_a = depth_of(a);
    uint32_t depth_b = depth_of(b);
    while (a != b) {
        if (depth_a >= depth_b) {
            a = a->parent;
            depth_a--;
        } else {
            b = b->parent;
            depth_b--;
        }
    }
    return node_is_group(a);
}
