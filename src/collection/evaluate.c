/* What can be done now, and again until nothing can. */
#include "base/log.h"
#include "collection/internal.h"

/* Nobody is left who would keep the buffers alive by being connected. */
static void lost_strong(struct collection *collection)
{
    if (collection->state == COLLECTION_ALLOCATED) {
        collection_let_go(collection); /* strong handles still do */
    } else {
        log_info("collection %llu: no strong node is left before allocation",
                 (unsigned long long)collection->id);
        collection_fail_down(collection->root, "no strong node is left");
    }
}

/* Ends what is of use to nobody any more. True: there was something. Looks at the whole tree, so it
 * is called only when there may be: somebody has left. */
static bool end_part(struct collection *collection)
{
    uint32_t strong = node_count(collection->root);
    struct node *empty = node_find_empty_domain(collection->root);
    if (empty != NULL) {
        /* After allocation this is how a collection ends, or a part of it; before, nobody is left
         * who could want the buffers. */
        collection_fail_down(node_failure_root(empty), "nobody is connected any more");
        return true;
    }
    if (strong == 0 && !collection->let_go) {
        lost_strong(collection);
        return true;
    }
    return false;
}

/* One step. True: something was done that may make another possible. */
static bool step(struct collection *collection)
{
    if (collection->thinned && end_part(collection)) {
        return true;
    }
    collection->thinned = false;
    if (collection->aggregation != NULL) {
        return false; /* it decides, and then comes back here */
    }
    if (collection->state == COLLECTION_CREATED && !collection->waits_for_secure &&
        node_first_unready(collection->root) == NULL) {
        collection_allocate(collection);
        return true;
    }
    return collection->state == COLLECTION_ALLOCATED && collection_allocate_late(collection);
}

void collection_evaluate(struct collection *collection)
{
    while (collection->root != NULL && step(collection)) {
    }
}

struct node *collection_blocked_by(const struct collection *collection)
{
    return collection->root == NULL || collection->state != COLLECTION_CREATED
               ? NULL
               : node_first_unready(collection->root);
}
