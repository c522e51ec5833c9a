/* Logical allocation: attached participants join buffers that exist already, if all that was
 * decided stays as it is. Source: spec/fuchsia.sysmem2-BufferCollection.AttachToken.txt. */
#include <sysmem/usage.h>

#include "base/log.h"
#include "collection/aggregation.h"
#include "collection/internal.h"

/* What exists already, as the constraints of one more participant. */
static void pin(const struct collection *collection,
                struct sysmem_buffer_collection_constraints *ret)
{
    const struct sysmem_single_buffer_settings *settings = &collection->settings;
    const struct sysmem_buffer_memory_settings *have = &settings->buffer_settings;
    struct sysmem_buffer_memory_constraints *memory = &ret->buffer_memory_constraints;
    *ret = (struct sysmem_buffer_collection_constraints){0};
    SYSMEM_SET(&ret->usage, none, SYSMEM_NONE_USAGE);
    ret->has.usage = true;
    SYSMEM_SET(ret, min_buffer_count, collection->buffer_count);
    SYSMEM_SET(ret, max_buffer_count, collection->buffer_count);
    ret->has.buffer_memory_constraints = true;
    SYSMEM_SET(memory, min_size_bytes, have->size_bytes);
    SYSMEM_SET(memory, max_size_bytes, have->size_bytes);
    SYSMEM_SET(memory, physically_contiguous_required, have->is_physically_contiguous);
    SYSMEM_SET(memory, secure_required, have->is_secure);
    SYSMEM_SET(memory, cpu_domain_supported, have->coherency_domain == SYSMEM_COHERENCY_DOMAIN_CPU);
    SYSMEM_SET(memory, ram_domain_supported, have->coherency_domain == SYSMEM_COHERENCY_DOMAIN_RAM);
    SYSMEM_SET(memory, inaccessible_domain_supported,
               have->coherency_domain == SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE);
    SYSMEM_SET_VECTOR(memory, permitted_heaps, &have->heap, 1);
    if (settings->has.image_format_constraints) {
        SYSMEM_SET_VECTOR(ret, image_format_constraints, &settings->image_format_constraints, 1);
    }
}

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
        collection_answer_failure(top, aggregation->problem.outcome->error);
    }
}

static void decide(struct collection *collection, struct node *top)
{
    struct aggregation *aggregation = aggregation_new(top, 1);
    struct sysmem_buffer_collection_constraints *pinned =
        aggregation == NULL ? NULL : arena_alloc(&aggregation->arena, sizeof(*pinned));
    if (pinned == NULL) {
        aggregation_free(aggregation);
        collection_answer_failure(top, SYSMEM_ERROR_NO_MEMORY);
        return;
    }
    problem_add_allocated(&aggregation->problem);
    problem_add_part(&aggregation->problem, top);
    pin(collection, pinned);
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
