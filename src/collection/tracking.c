/* What clients attach to a node, to hear when it or the buffers are gone. */
#include <errno.h>

#include "base/fd.h"
#include "collection/internal.h"
#include "node/node_ref.h"
#include "node/tracker.h"

/* NULL, or why not; fd is taken in every case. */
static const char *add(const struct node *node, struct list *trackers, int fd,
                       uint32_t buffers_remaining)
{
    const struct collection *collection = collection_of(node);
    if (!account_charge(collection->account, ACCOUNT_DESCRIPTORS, 1)) {
        collection_close_end(collection->table, node->client.uid, fd);
        return account_refusal(collection->account, ACCOUNT_DESCRIPTORS, 1);
    }
    if (!tracker_add(trackers, fd, node->client.uid, buffers_remaining)) {
        collection_close_end(collection->table, node->client.uid, fd);
        account_discharge(collection->account, ACCOUNT_DESCRIPTORS, 1);
        return "no memory for one more eventpair";
    }
    return NULL;
}

const char *collection_track_node(struct node *node, int fd)
{
    if (node->node_tracker_count == COLLECTION_MAX_NODE_TRACKERS) {
        collection_close_end(collection_of(node)->table, node->client.uid, fd);
        return "the node has as many eventpairs as it may have, 256";
    }
    const char *why = add(node, &node->node_trackers, fd, 0);
    node->node_tracker_count += why == NULL ? 1 : 0;
    return why;
}

const char *collection_track_lifetime(struct node *node, int fd, uint32_t buffers_remaining)
{
    struct collection *collection = collection_of(node);
    struct list *trackers =
        node->allocated ? &collection->lifetime_trackers : &node->lifetime_trackers;
    const char *why = add(node, trackers, fd, buffers_remaining);
    if (why == NULL && node->allocated) {
        collection_check_lifetimes(collection);
    }
    return why;
}

void collection_check_lifetimes(struct collection *collection)
{
    uint32_t existing = collection->buffers == NULL ? 0 : buffer_set_remaining(collection->buffers);
    account_discharge(collection->account, ACCOUNT_DESCRIPTORS,
                      tracker_spend_reached(&collection->lifetime_trackers, existing,
                                            &collection->table->spent_trackers));
}

int collection_node_ref(struct node *node, uint64_t *ret_koid)
{
    struct collection *collection = collection_of(node);
    if (node->ref == NULL) {
        if (!account_charge(collection->account, ACCOUNT_DESCRIPTORS, NODE_REF_DESCRIPTORS)) {
            return -EMFILE;
        }
        struct node_ref *ref = node_ref_new();
        if (ref == NULL || !map_put(&collection->table->node_refs, ref->name.koid, node)) {
            int error = ref == NULL ? errno : ENOMEM;
            node_ref_free(ref);
            account_discharge(collection->account, ACCOUNT_DESCRIPTORS, NODE_REF_DESCRIPTORS);
            return -error;
        }
        node->ref = ref;
    }
    *ret_koid = node->ref->client_koid;
    return node_ref_duplicate(node->ref);
}

struct node *collection_find_node_ref(const struct collection_table *table, int fd)
{
    uint64_t koid;
    if (!node_ref_look_up(fd, &koid)) {
        return NULL;
    }
    struct node *node = map_get(&table->node_refs, koid);
    return node != NULL && !node->dead && node_ref_proves(node->ref, fd) ? node : NULL;
}
