/* Logical allocation: attached participants join buffers that exist already, if all that was
 * decided stays as it is. Source: spec/fuchsia.sysmem2-BufferCollection.AttachToken.txt. */
#include "base/log.h"
#include "collection/aggregation.h"
#include "collection/internal.h"
#include "solver/pinned.h"

/* The first attached part, breadth first, whose parent has buffers and whose nodes are all ready.
 */
static struct node *next_part(struct collection *collection)
{
    struct node *found = NULL;
    struct list queue;
    list_init(&queue);
    node_list_breadth_first(collection->root, &queue);
    list_for_each_safe (link, next, &queue) {
        struct node *node = container_of(link, struct node, queue);
        list_remove(link);
        if (found == NULL && node->propagation == NODE_DO_NOT_PROPAGATE && !node->allocated &&
            node->parent != NULL && node->parent->allocated && node_first_unready(node) == NULL) {
            found = node;
        }
    }
    return found;
}

static void solved(struct aggregation *aggregation)
{
    struct node *top = aggregation->top;
    if (problem_conclude(&aggregation->problem, top)) {
        log_info("%s: joins the buffers that exist", collection_describe_node(top));
        collection_tell(aggregation->collection, top, COLLECTION_EVENT_NODE_JOINED);
        collection_answer_success(top);
    } else {
        collection_answer_failure(top, aggregation->problem.outcome->error,
                                  problem_failure(&aggregation->problem, top));
    }
}

static void decide(struct collection *collection, struct node *top)
{
    struct aggregation *aggregation = aggregation_new(top, 1);
    struct sysmem_buffer_collection_constraints *pinned =
        aggregation == NULL ? NULL : arena_alloc(&aggregation->arena, sizeof(*pinned));
    if (pinned == NULL) {
        aggregation_free(aggregation);
        collection_answer_refusal(top, SYSMEM_ERROR_NO_MEMORY, "%s", collection_no_memory);
        return;
    }
    problem_add_allocated(&aggregation->problem);
    problem_add_part(&aggregation->problem, top);
    solver_pin(&collection->settings, collection->buffer_count, pinned);
    problem_add_pinned(&aggregation->problem, pinned);
    aggregation->problem.existing = &collection->settings;
    aggregation_begin(aggregation, solved);
}

bool collection_allocate_late(struct collection *collection)
{
    struct node *top = next_part(collection);
    if (top != NULL) {
        decide(collection, top);
    }
    return top != NULL;
}
