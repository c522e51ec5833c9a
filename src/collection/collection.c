#include "collection/collection.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/strbuf.h"

void collection_table_init(struct collection_table *table,
                           const struct collection_table_config *config)
{
    *table = (struct collection_table){.config = *config};
    list_init(&table->collections);
    list_init(&table->dead_nodes);
    list_init(&table->dead_collections);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A node that is charged for; the caller hangs it into a collection. */
static struct node *charged_node(struct account *account, struct node *parent, const char **ret_why)
{
    if (!account_charge(account, ACCOUNT_NODES, 1)) {
        *ret_why = "the uid's quota of nodes is used up";
        return NULL;
    }
    struct node *node = node_new(parent);
    if (node == NULL) {
        account_discharge(account, ACCOUNT_NODES, 1);
        *ret_why = "no memory for a node";
    }
    return node;
}

struct collection *collection_new(struct collection_table *table, struct account *account,
                                  uint64_t id, void *peer, const char **ret_why)
{
    if (!account_charge(account, ACCOUNT_COLLECTIONS, 1)) {
        *ret_why = "the uid's quota of collections is used up";
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
    collection->table = table;
    collection->id = id;
    collection->root = root;
    collection->node_count = 1;
    collection->created_ns = now_ns();
    collection->account = account;
    account->references++;
    arena_init(&collection->arena, SIZE_MAX / 2);
    list_append(&table->collections, &collection->link);
    return collection;
}

struct node *collection_add_child(struct node *parent, void *peer, const char **ret_why)
{
    struct collection *collection = collection_of(parent);
    if (collection->node_count >= collection->table->config.max_nodes_per_tree) {
        *ret_why = "the tree has as many nodes as the limit max_nodes_per_tree allows";
        return NULL;
    }
    struct node *node = charged_node(collection->account, parent, ret_why);
    if (node != NULL) {
        node->peer = peer;
        collection->node_count++;
    }
    return node;
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
    return true;
}

void collection_bind_node(struct node *node, void *peer)
{
    assert(node->kind == NODE_TOKEN && !node->released);
    node->kind = NODE_COLLECTION;
    node->peer = peer;
}

void collection_orphan_node(struct node *node)
{
    assert(node->released && node->kind != NODE_ORPHAN);
    node->kind = NODE_ORPHAN;
    node->peer = NULL;
    collection_evaluate(collection_of(node));
}

/* Children first, each cut from its channel before the next. The list is made before anything is
 * changed. */
static void fail_down(struct node *top, const char *why)
{
    struct collection *collection = collection_of(top);
    const struct collection_peer_ops *ops = collection->table->config.ops;
    struct list failing;
    list_init(&failing);
    node_list_breadth_first(top, &failing);
    while (!list_is_empty(&failing)) {
        struct node *node = container_of(failing.prev, struct node, queue);
        list_remove(&node->queue);
        void *peer = node->peer;
        node->peer = NULL;
        if (node == collection->root) {
            collection->root = NULL;
        }
        node_unlink(node);
        collection->node_count--;
        list_append(&collection->table->dead_nodes, &node->queue);
        if (peer != NULL) {
            ops->closed(peer, why);
        }
    }
    if (collection->root == NULL) {
        if (collection->state != COLLECTION_FAILED) {
            collection_enter(collection, COLLECTION_FAILED);
        }
        collection_buffers_unneeded(collection);
    }
}

void collection_fail_node(struct node *node, const char *why)
{
    struct node *top = node_failure_root(node);
    struct collection *collection = collection_of(node);
    log_info("%s: %s%s", collection_describe_node(node), why,
             top == collection->root ? "; the collection fails" : "; its failure domain fails");
    fail_down(top, why);
    collection_evaluate(collection);
}

void collection_evaluate(struct collection *collection)
{
    if (collection->root == NULL) {
        return;
    }
    if (node_count_connected(collection->root) == 0) {
        /* After allocation this is how a collection ends; before, nobody is left who could want the
         * buffers. */
        fail_down(collection->root, "nobody is connected any more");
        return;
    }
    if (collection->state == COLLECTION_CREATED && node_first_unready(collection->root) == NULL) {
        collection_allocate(collection);
    }
}

struct node *collection_blocked_by(const struct collection *collection)
{
    return collection->root == NULL || collection->state != COLLECTION_CREATED
               ? NULL
               : node_first_unready(collection->root);
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
}

void collection_bury(struct collection *collection)
{
    assert(collection->root == NULL);
    list_remove(&collection->link);
    list_append(&collection->table->dead_collections, &collection->link);
}

static void collection_free(struct collection *collection)
{
    list_remove(&collection->link);
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
    return !list_is_empty(&table->dead_nodes) || !list_is_empty(&table->dead_collections);
}

void collection_table_sweep(struct collection_table *table)
{
    list_for_each_safe (link, next, &table->dead_nodes) {
        struct node *node = container_of(link, struct node, queue);
        struct account *account = collection_of(node)->account;
        account_discharge(account, ACCOUNT_NODES, 1);
        account_discharge(account, ACCOUNT_MESSAGE_BYTES,
                          arena_footprint(&node->constraints_arena));
        node_free(node);
    }
    list_for_each_safe (link, next, &table->dead_collections) {
        collection_free(container_of(link, struct collection, link));
    }
}

void collection_table_deinit(struct collection_table *table)
{
    list_for_each_safe (link, next, &table->collections) {
        struct collection *collection = container_of(link, struct collection, link);
        if (collection->root != NULL) {
            fail_down(collection->root, "the daemon ends");
        }
    }
    collection_table_sweep(table);
    list_for_each_safe (link, next, &table->collections) {
        collection_free(container_of(link, struct collection, link));
    }
}

const char *collection_describe_node(const struct node *node)
{
    static const char *const kinds[] = {"token", "collection", "group", "orphan"};
    static char line[1024];
    const struct collection *collection = collection_of(node);
    struct strbuf text = {0};
    strbuf_addf(&text, "collection %llu", (unsigned long long)collection->id);
    if (collection->name != NULL) {
        strbuf_addf(&text, " \"");
        strbuf_add_escaped(&text, collection->name);
        strbuf_addf(&text, "\"");
    }
    strbuf_addf(&text, " %s %llu client \"", kinds[node->kind], (unsigned long long)node->koid);
    strbuf_add_escaped(&text, node->client.name == NULL ? "" : node->client.name);
    strbuf_addf(&text, "\" pid %d uid %u", (int)node->client.pid, (unsigned)node->client.uid);
    (void)strncpy(line, strbuf_text(&text), sizeof(line) - 1);
    strbuf_deinit(&text);
    return line;
}
