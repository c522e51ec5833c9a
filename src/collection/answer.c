/* Telling participants what their allocation came to. */
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "collection/internal.h"
#include "model/names.h"
#include "node/tracker.h"

/* `failure`: NULL where it is not known. */
static void tell_failure(struct node *top, uint32_t error, struct failure *failure)
{
    const struct collection_peer_ops *ops = collection_of(top)->table->config.ops;
    for (struct node *node = top; node != NULL; node = node_next(top, node)) {
        if (node->kind == NODE_COLLECTION && node->peer != NULL) {
            ops->failed(node->peer, error, failure);
        }
    }
}

static void note(const struct node *top, uint32_t error, struct failure *failure)
{
    const char *who = collection_describe_node(top);
    if (failure == NULL) {
        log_warning("%s: allocation fails: %s", who, model_name_of(&model_error_names, error));
        return;
    }
    failure_log_lines(failure, who);
    failed_tree_init(&failure->tree, collection_of(top)->root);
    failure_log_add(&collection_of(top)->table->failures, failure);
}

void collection_answer_failure(struct node *top, uint32_t error, struct failure *failure)
{
    struct collection *collection = collection_of(top);
    if (top == collection->root) {
        collection->error = error;
    }
    note(top, error, failure);
    tell_failure(top, error, failure);
    failure_unref(failure);
    collection_fail_down(top, "allocation failed");
}

void collection_answer_refusal(struct node *top, uint32_t error, const char *format, ...)
{
    struct failure *failure = failure_new(top, error);
    char text[1024]; /* as much as a reason can hold */
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (failure != NULL) {
        failure_blame_nobody(failure, "%s", text);
    }
    collection_answer_failure(top, error, failure);
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

/* No failure of the allocation, so it is not kept. */
static struct failure *not_selected(const struct node *top)
{
    struct failure *failure = failure_new(top, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    if (failure != NULL) {
        failure_blame_nobody(failure, "wanted to be below the child that its group selects; got "
                                      "another child, with which all others were satisfied");
    }
    return failure;
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
    struct failure *failure = list_is_empty(&hidden) ? NULL : not_selected(top);
    while (!list_is_empty(&hidden)) {
        struct node *node = container_of(hidden.next, struct node, queue);
        list_remove(&node->queue);
        log_debug("%s: another child of its group was selected", collection_describe_node(node));
        tell_failure(node, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY, failure);
        collection_fail_down(node, "another child of its group was selected");
    }
    failure_unref(failure);
}
