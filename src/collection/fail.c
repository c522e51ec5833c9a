/* Failing: the part that fails is listed before anything is changed, then cut from its channels,
 * children first. */
#include "base/log.h"
#include "collection/aggregation.h"
#include "collection/internal.h"

/* While the tree is whole, so that one can see who takes part. */
static void tell(const struct node *top)
{
    const struct collection *collection = collection_of(top);
    if (top == collection->root) {
        bool had_buffers = collection->state == COLLECTION_ALLOCATED;
        collection_tell(collection, NULL,
                        had_buffers ? COLLECTION_EVENT_ENDED : COLLECTION_EVENT_FAILED);
    } else {
        collection_tell(collection, top,
                        top->hidden ? COLLECTION_EVENT_NODE_NOT_SELECTED
                                    : COLLECTION_EVENT_DOMAIN_FAILED);
    }
}

void collection_fail_down(struct node *top, const char *why)
{
    struct collection *collection = collection_of(top);
    tell(top);
    const struct collection_peer_ops *ops = collection->table->config.ops;
    struct list failing;
    list_init(&failing);
    node_list_breadth_first(top, &failing);
    collection->thinned = true;
    while (!list_is_empty(&failing)) {
        struct node *node = container_of(failing.prev, struct node, queue);
        list_remove(&node->queue);
        void *peer = node->peer;
        node->peer = NULL;
        if (node == collection->root) {
            collection->root = NULL;
        }
        node_unlink(node);
        participants_leave(&collection->participants, node);
        collection->node_count--;
        uid_counts_remove(&collection->uids, node->client.uid);
        collection->unswept++;
        if (collection->aggregation != NULL) {
            aggregation_keep(collection->aggregation, node);
        } else {
            list_append(&collection->table->dead_nodes, &node->queue);
        }
        if (peer != NULL) {
            ops->closed(peer, why);
        }
    }
    if (collection->root == NULL) {
        if (collection->state != COLLECTION_FAILED) {
            collection_enter(collection, COLLECTION_FAILED);
        }
        collection_report_end(collection);
        collection_buffers_unneeded(collection);
    }
}

void collection_fail_node(struct node *node, const char *why)
{
    struct node *top = node_failure_root(node);
    struct collection *collection = collection_of(node);
    log_info("%s: %s%s", collection_describe_node(node), why,
             top == collection->root ? "; the collection fails" : "; its failure domain fails");
    collection_tell(collection, node, COLLECTION_EVENT_NODE_FAILED);
    collection_fail_down(top, why);
    collection_evaluate(collection);
}
