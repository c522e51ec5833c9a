#include "collection/collection.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "collection/internal.h"
#include "node/node_ref.h"
#include "node/tracker.h"

void collection_table_init(struct collection_table *table,
                           const struct collection_table_config *config)
{
    *table = (struct collection_table){.config = *config};
    list_init(&table->collections);
    list_init(&table->aggregations);
    list_init(&table->dead_nodes);
    list_init(&table->spent_trackers);
    list_init(&table->dead_collections);
    list_init(&table->concerned);
    collection_watch_heaps(table);
    failure_log_init(&table->failures);
}

uint64_t collection_now_ns(void)
{
    return clock_now_ns();
}

static const char over_bytes[] =
    "its client's name needs more than max_message_bytes_per_uid allows";

static bool charge_name(struct account *account, struct node *node)
{
    uint64_t bytes = node->client.name == NULL ? 0 : strlen(node->client.name) + 1;
    return account_recharge(account, ACCOUNT_MESSAGE_BYTES, &node->charged_name, bytes);
}

/* Of a node that nobody knows yet. */
static void discard(struct account *account, struct node *node)
{
    account_discharge(account, ACCOUNT_NODES, 1);
    account_discharge(account, ACCOUNT_MESSAGE_BYTES, node->charged_name);
    node_unlink(node);
    node_free(node);
}

/* A node that is charged for; the caller hangs it into a collection. */
static struct node *charged_node(struct account *account, struct node *parent, const char **ret_why)
{
    if (!account_charge(account, ACCOUNT_NODES, 1)) {
        *ret_why = account_refusal(account, ACCOUNT_NODES, 1);
        return NULL;
    }
    struct node *node = node_new(parent);
    if (node == NULL) {
        account_discharge(account, ACCOUNT_NODES, 1);
        *ret_why = "no memory for a node";
        return NULL;
    }
    if (!charge_name(account, node)) {
        discard(account, node);
        *ret_why = over_bytes;
        return NULL;
    }
    node->since_ns = collection_now_ns();
    return node;
}

struct collection *collection_new(struct collection_table *table, struct account *account,
                                  uint64_t id, void *peer, const char **ret_why)
{
    if (!account_charge(account, ACCOUNT_COLLECTIONS, 1)) {
        *ret_why = account_refusal(account, ACCOUNT_COLLECTIONS, 1);
        return NULL;
    }
    struct collection *collection = calloc(1, sizeof(*collection));
    struct node *root = collection == NULL ? NULL : charged_node(account, NULL, ret_why);
    if (root == NULL) {
        *ret_why = collection == NULL ? "no memory for a collection" : *ret_why;
        account_discharge(account, ACCOUNT_COLLECTIONS, 1);
        free(collection);
        return NULL;
    }
    root->peer = peer;
    root->collection = collection;
    uid_counts_add(&collection->uids, root->client.uid);
    collection->table = table;
    collection->id = id;
    collection->root = root;
    collection->node_count = 1;
    collection->created_ns = collection_now_ns();
    collection->account = account;
    account->references++;
    arena_init(&collection->arena, SIZE_MAX / 2);
    list_init(&collection->lifetime_trackers);
    list_init(&collection->concerned);
    list_append(&table->collections, &collection->link);
    collection_heap_alarm_init(collection);
    collection_report_begin(collection);
    return collection;
}

/* Valid until the next call. */
static const char *over_limit(const char *key, const char *whose, uint32_t limit)
{
    static char text[96];
    (void)snprintf(text, sizeof(text), "%s: wanted 1 more, but the %s has %u of %u", key, whose,
                   limit, limit);
    return text;
}

struct node *collection_add_child(struct node *parent, void *peer, const char **ret_why)
{
    struct collection *collection = collection_of(parent);
    const struct collection_table_config *config = &collection->table->config;
    if (node_is_group(parent) && parent->child_count >= config->max_children_per_group) {
        *ret_why = over_limit("max_children_per_group", "group", config->max_children_per_group);
        return NULL;
    }
    if (collection->node_count >= config->max_nodes_per_tree) {
        *ret_why = over_limit("max_nodes_per_tree", "tree", config->max_nodes_per_tree);
        return NULL;
    }
    struct node *node = charged_node(collection->account, parent, ret_why);
    if (node != NULL) {
        node->peer = peer;
        collection->node_count++;
        uid_counts_add(&collection->uids, node->client.uid);
    }
    return node;
}

struct node *collection_attach(struct node *parent, void *peer, const char **ret_why)
{
    struct node *node = collection_add_child(parent, peer, ret_why);
    if (node == NULL) {
        return NULL;
    }
    node->propagation = NODE_DO_NOT_PROPAGATE;
    const char *from = parent->client.name;
    struct strbuf name = {0};
    if (from != NULL && from[0] != '\0') {
        strbuf_addf(&name, "%s then AttachToken()", from);
    } else {
        strbuf_addf(&name, "from AttachToken()");
    }
    bool named =
        !name.failed && collection_replace_client(node, strbuf_text(&name), parent->client.id);
    strbuf_deinit(&name);
    if (!named) {
        struct collection *collection = collection_of(node);
        collection->node_count--;
        uid_counts_remove(&collection->uids, node->client.uid);
        discard(collection->account, node);
        *ret_why = over_bytes;
        return NULL;
    }
    return node;
}

bool collection_set_client(struct node *node, const char *name, uint64_t id)
{
    return node_set_client(node, name, id) && charge_name(collection_of(node)->account, node);
}

bool collection_replace_client(struct node *node, const char *name, uint64_t id)
{
    return node_replace_client(node, name, id) && charge_name(collection_of(node)->account, node);
}

bool collection_set_name(struct collection *collection, uint32_t priority, const char *name)
{
    if (collection->name != NULL && priority <= collection->name_priority) {
        return true;
    }
    char *copy = strdup(name);
    if (copy == NULL) {
        return false;
    }
    free(collection->name);
    collection->name = copy;
    collection->name_priority = priority;
    return true;
}

bool collection_set_constraints(struct node *node,
                                struct sysmem_buffer_collection_constraints *constraints,
                                struct arena *arena)
{
    if (!account_charge(collection_of(node)->account, ACCOUNT_MESSAGE_BYTES,
                        arena_footprint(arena))) {
        return false;
    }
    node_set_constraints(node, constraints, arena);
    collection_tell(collection_of(node), node, COLLECTION_EVENT_NODE_SET_CONSTRAINTS);
    return true;
}

void collection_set_owner(struct node *node, pid_t pid, uid_t uid)
{
    struct uid_counts *uids = &collection_of(node)->uids;
    uid_counts_remove(uids, node->client.uid);
    node->client.pid = pid;
    node->client.uid = uid;
    uid_counts_add(uids, uid);
}

void collection_set_weak(struct node *node)
{
    node_set_weak(node);
    collection_of(node)->thinned = true;
}

void collection_bind_node(struct node *node, void *peer)
{
    assert(!node->released);
    node_become(node, NODE_COLLECTION);
    node->since_ns = collection_now_ns();
    node->peer = peer;
}

void collection_orphan_node(struct node *node)
{
    assert(node->released && node->kind != NODE_ORPHAN);
    node->kind = NODE_ORPHAN;
    collection_of(node)->thinned = true;
    node->since_ns = collection_now_ns();
    node->peer = NULL;
    collection_tell(collection_of(node), node, COLLECTION_EVENT_NODE_ORPHANED);
    /* Who leaves before allocation hears no more of the buffers: that is a signal, too. */
    account_discharge(
        collection_of(node)->account, ACCOUNT_DESCRIPTORS,
        tracker_spend_all(&node->lifetime_trackers, &collection_of(node)->table->spent_trackers));
    collection_evaluate(collection_of(node));
}

static const char *state_name(enum collection_state state)
{
    static const char *const names[] = {"CREATED", "POPULATING", "ALLOCATED", "FAILED"};
    return names[state];
}

void collection_enter(struct collection *collection, enum collection_state state)
{
    enum collection_state from = collection->state;
    assert(state == COLLECTION_FAILED ? from != COLLECTION_FAILED : state == from + 1);
    log_debug("collection %llu: %s, was %s", (unsigned long long)collection->id, state_name(state),
              state_name(from));
    collection->state = state;
    if (state == COLLECTION_POPULATING) {
        collection_tell(collection, NULL, COLLECTION_EVENT_POPULATING);
    } else if (state == COLLECTION_ALLOCATED) {
        collection->allocated_ns = collection_now_ns();
        collection_tell(collection, NULL, COLLECTION_EVENT_ALLOCATED);
    }
}

void collection_tell(const struct collection *collection, const struct node *node,
                     enum collection_event event)
{
    const struct collection_observer *observer = &collection->table->config.observer;
    if (observer->event != NULL) {
        observer->event(observer->arg, collection, node, event);
    }
}

void collection_bury(struct collection *collection)
{
    assert(collection->root == NULL);
    if (collection->aggregation != NULL) {
        collection->bury_later = true;
        return;
    }
    collection_tell(collection, NULL, COLLECTION_EVENT_GONE);
    list_remove(&collection->link);
    list_append(&collection->table->dead_collections, &collection->link);
}

static void collection_free(struct collection *collection)
{
    list_remove(&collection->link);
    list_remove(&collection->concerned);
    collection_report_end(collection);
    alarm_cancel(&collection->heap_alarm);
    collection_weak_end(collection);
    participants_deinit(&collection->participants, collection->account);
    account_discharge(
        collection->account, ACCOUNT_DESCRIPTORS,
        tracker_spend_all(&collection->lifetime_trackers, &collection->table->spent_trackers));
    if (collection->buffers != NULL) {
        buffer_set_free(collection->buffers);
    }
    account_discharge(collection->account, ACCOUNT_BUFFER_BYTES, collection->charged_bytes);
    account_discharge(collection->account, ACCOUNT_DESCRIPTORS, collection->charged_descriptors);
    account_discharge(collection->account, ACCOUNT_COLLECTIONS, 1);
    (void)account_unref(collection->account);
    arena_clear(&collection->arena);
    free(collection->name);
    free(collection);
}

bool collection_table_needs_sweep(const struct collection_table *table)
{
    return !list_is_empty(&table->dead_nodes) || !list_is_empty(&table->dead_collections) ||
           !list_is_empty(&table->spent_trackers) || !list_is_empty(&table->concerned);
}

static void sweep_node(struct collection_table *table, struct node *node)
{
    struct collection *collection = collection_of(node);
    struct account *account = collection->account;
    if (node->ref != NULL) {
        (void)map_take(&table->node_refs, node->ref->name.koid);
    }
    account_discharge(account, ACCOUNT_NODES, 1);
    account_discharge(account, ACCOUNT_MESSAGE_BYTES,
                      arena_footprint(&node->constraints_arena) + node->charged_name);
    uint32_t descriptors = tracker_spend_all(&node->node_trackers, &table->spent_trackers) +
                           tracker_spend_all(&node->lifetime_trackers, &table->spent_trackers) +
                           (node->ref == NULL ? 0 : NODE_REF_DESCRIPTORS);
    account_discharge(account, ACCOUNT_DESCRIPTORS, descriptors);
    collection->unswept--;
    node_free(node);
}

void collection_close_end(const struct collection_table *table, uid_t uid, int fd)
{
    if (table->config.close_end != NULL) {
        table->config.close_end(uid, fd);
    } else {
        fd_close(&fd);
    }
}

void collection_table_sweep(struct collection_table *table)
{
    if (!list_is_empty(&table->spent_trackers)) {
        uid_t uid = 0;
        int fd = tracker_take_fd(&table->spent_trackers, &uid);
        collection_close_end(table, uid, fd);
        return;
    }
    struct list *dead = &table->dead_collections;
    if (!list_is_empty(dead)) {
        struct collection *collection = container_of(dead->next, struct collection, link);
        if (collection->unswept == 0) {
            collection_free(collection);
            return;
        }
    }
    if (!list_is_empty(&table->dead_nodes)) {
        sweep_node(table, container_of(table->dead_nodes.next, struct node, queue));
    } else if (!list_is_empty(&table->concerned)) {
        collection_heed_heaps(container_of(table->concerned.next, struct collection, concerned));
    }
}

void collection_table_sweep_all(struct collection_table *table)
{
    while (collection_table_needs_sweep(table)) {
        collection_table_sweep(table);
    }
}

void collection_table_deinit(struct collection_table *table)
{
    collection_ignore_heaps(table);
    list_for_each_safe (link, next, &table->collections) {
        struct collection *collection = container_of(link, struct collection, link);
        if (collection->root != NULL) {
            collection_fail_down(collection->root, "the daemon ends");
        }
    }
    collection_table_sweep_all(table);
    list_for_each_safe (link, next, &table->collections) {
        struct collection *collection = container_of(link, struct collection, link);
        if (collection->aggregation != NULL) {
            collection->bury_later = true;
        } else {
            collection_free(collection);
        }
    }
    collection_table_sweep_all(table);
    map_deinit(&table->node_refs);
    failure_log_deinit(&table->failures);
}
