/* From constraints to buffers, and back to nothing. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "collection/collection.h"
#include "model/names.h"
#include "model/tables.h"
#include "model/walk.h"

/* Everyone whose constraints count for the root's allocation, breadth first. */
static size_t gather(struct collection *collection, struct solver_participant *participants)
{
    size_t count = 0;
    struct list queue;
    list_init(&queue);
    node_list_breadth_first(collection->root, &queue);
    list_for_each_safe (link, next, &queue) {
        struct node *node = container_of(link, struct node, queue);
        list_remove(link);
        if (node->has_constraints) {
            participants[count++] = (struct solver_participant){
                .name = node->client.name,
                .constraints = node->constraints,
            };
        }
    }
    return count;
}

static void log_reasons(const struct collection *collection, const struct solver_outcome *outcome,
                        const struct solver_participant *participants)
{
    log_warning("collection %llu: allocation fails: %s", (unsigned long long)collection->id,
                model_name_of(&model_error_names, outcome->error));
    for (size_t i = 0; i < outcome->reason_count; i++) {
        const struct solver_reason *reason = &outcome->reasons[i];
        const char *name = reason->participant < 0 ? NULL : participants[reason->participant].name;
        struct strbuf who = {0};
        strbuf_add_escaped(&who, name == NULL ? "" : name);
        log_warning("collection %llu: client \"%s\" %s: %s", (unsigned long long)collection->id,
                    strbuf_text(&who), reason->field, reason->detail);
        strbuf_deinit(&who);
    }
}

/* All the tree's waiting participants hear the error first, then every channel closes. */
void collection_answer_failure(struct collection *collection, uint32_t error)
{
    const struct collection_peer_ops *ops = collection->table->config.ops;
    collection->error = error;
    /* A peer that cannot be answered fails the tree before the others were asked. */
    for (struct node *node = collection->root; collection->root != NULL && node != NULL;
         node = node_next(collection->root, node)) {
        if (node->kind == NODE_COLLECTION && node->peer != NULL) {
            ops->failed(node->peer, error);
        }
    }
    if (collection->root != NULL) {
        collection_fail_node(collection->root, "allocation failed");
    }
}

static void answer_success(struct collection *collection)
{
    const struct collection_peer_ops *ops = collection->table->config.ops;
    struct list queue;
    list_init(&queue);
    node_list_breadth_first(collection->root, &queue);
    list_for_each_safe (link, next, &queue) {
        struct node *node = container_of(link, struct node, queue);
        list_remove(link);
        node->allocated = true;
        if (node->kind == NODE_COLLECTION && node->peer != NULL) {
            ops->allocated(node->peer);
        }
    }
}

static void give_back(struct collection *collection, uint64_t bytes, uint64_t descriptors)
{
    account_discharge(collection->account, ACCOUNT_BUFFER_BYTES, bytes);
    account_discharge(collection->account, ACCOUNT_DESCRIPTORS, descriptors);
    collection->charged_bytes -= bytes;
    collection->charged_descriptors -= descriptors;
}

static void populate_finished(struct collection *collection)
{
    int status = collection->populate_status;
    if (status != 0) {
        log_warning("collection %llu: the heap refused: wanted %u buffers of %llu bytes, got %s",
                    (unsigned long long)collection->id, collection->buffer_count,
                    (unsigned long long)collection->settings.buffer_settings.size_bytes,
                    strerror(-status));
        give_back(collection, collection->charged_bytes, collection->charged_descriptors);
        if (collection->root == NULL) {
            collection_bury(collection);
        } else {
            collection_answer_failure(collection, SYSMEM_ERROR_NO_MEMORY);
        }
        return;
    }
    if (collection->root == NULL) {
        buffer_set_drop_strong(collection->buffers);
        return;
    }
    collection_enter(collection, COLLECTION_ALLOCATED);
    log_info("collection %llu: allocated %u buffers of %llu bytes",
             (unsigned long long)collection->id, collection->buffer_count,
             (unsigned long long)collection->settings.buffer_settings.size_bytes);
    answer_success(collection);
}

static void on_populated(void *owner, int status)
{
    struct collection *collection = owner;
    collection->populated = true;
    collection->populate_status = status;
    if (collection->buffers != NULL) {
        populate_finished(collection);
    }
}

static void on_strong_gone(void *owner)
{
    /* Only weak nodes would notice, and the tree is gone already when the strong hold is dropped.
     */
    const struct collection *collection = owner;
    assert(collection->root == NULL);
    (void)collection;
}

static void on_freed(void *owner, uint32_t index)
{
    struct collection *collection = owner;
    uint64_t bytes = buffer_set_vmo_bytes(collection->buffers);
    log_debug("collection %llu: buffer %u is free", (unsigned long long)collection->id, index);
    give_back(collection, bytes, 1);
}

static void on_all_freed(void *owner)
{
    struct collection *collection = owner;
    log_debug("collection %llu: all memory is given back", (unsigned long long)collection->id);
    collection_bury(collection);
}

static const struct buffer_owner_ops buffer_ops = {
    .populated = on_populated,
    .strong_gone = on_strong_gone,
    .freed = on_freed,
    .all_freed = on_all_freed,
};

void collection_buffers_unneeded(struct collection *collection)
{
    bool being_made = collection->buffers != NULL && !collection->populated;
    if (being_made) {
        return; /* populate_finished() sees that no node is left */
    }
    if (collection->buffers != NULL && collection->populate_status == 0) {
        buffer_set_drop_strong(collection->buffers);
    } else {
        collection_bury(collection);
    }
}

static bool reserve(struct collection *collection, uint32_t page_size)
{
    uint64_t size = collection->settings.buffer_settings.size_bytes;
    uint64_t pages = size / page_size + (size % page_size != 0 ? 1 : 0);
    uint64_t bytes = pages * page_size * collection->buffer_count;
    if (!account_charge(collection->account, ACCOUNT_BUFFER_BYTES, bytes)) {
        log_warning(
            "collection %llu: wanted %llu bytes of buffers, but uid %u has %llu of its %llu in use",
            (unsigned long long)collection->id, (unsigned long long)bytes,
            (unsigned)collection->account->uid,
            (unsigned long long)collection->account->used[ACCOUNT_BUFFER_BYTES],
            (unsigned long long)collection->account->accounts->limits[ACCOUNT_BUFFER_BYTES]);
        return false;
    }
    collection->charged_bytes = bytes;
    if (!account_charge(collection->account, ACCOUNT_DESCRIPTORS, collection->buffer_count)) {
        log_warning("collection %llu: wanted %u buffers, but uid %u has as many descriptors as "
                    "max_descriptors_per_uid allows",
                    (unsigned long long)collection->id, collection->buffer_count,
                    (unsigned)collection->account->uid);
        return false;
    }
    collection->charged_descriptors = collection->buffer_count;
    return true;
}

static void populate(struct collection *collection)
{
    const struct collection_table_config *config = &collection->table->config;
    const struct sysmem_buffer_memory_settings *memory = &collection->settings.buffer_settings;
    struct heap *heap = heap_registry_find(config->heaps, memory->heap.heap_type, memory->heap.id);
    if (heap == NULL || !reserve(collection, config->environment.page_size)) {
        collection_answer_failure(collection, SYSMEM_ERROR_NO_MEMORY);
        return;
    }
    collection_enter(collection, COLLECTION_POPULATING);
    const struct buffer_set_config set = {
        .heap = heap,
        .watcher = config->watcher,
        .settings = &collection->settings,
        .count = collection->buffer_count,
        .buffer_collection_id = collection->id,
        .name = collection->name,
        .ops = &buffer_ops,
        .owner = collection,
    };
    collection->buffers = buffer_set_new(&set);
    if (collection->buffers == NULL) {
        collection->populated = true;
        collection->populate_status = -ENOMEM;
    }
    if (collection->populated) {
        populate_finished(collection);
    }
}

void collection_allocate(struct collection *collection)
{
    assert(collection->state == COLLECTION_CREATED);
    struct solver_participant *participants =
        arena_alloc_array(&collection->arena, collection->node_count, sizeof(*participants));
    struct solver_outcome *outcome = arena_alloc(&collection->arena, sizeof(*outcome));
    if (participants == NULL || outcome == NULL) {
        collection_answer_failure(collection, SYSMEM_ERROR_NO_MEMORY);
        return;
    }
    size_t count = gather(collection, participants);
    solver_solve(participants, count, &collection->table->config.environment, outcome);
    if (outcome->error != 0) {
        log_reasons(collection, outcome, participants);
        collection_answer_failure(collection, outcome->error);
        return;
    }
    collection->buffer_count = outcome->buffer_count;
    /* The outcome points into the participants' constraints, which may leave before the buffers do.
     */
    if (!model_copy(&model_type_single_buffer_settings, &outcome->settings, &collection->settings,
                    &collection->arena)) {
        collection_answer_failure(collection, SYSMEM_ERROR_NO_MEMORY);
        return;
    }
    populate(collection);
}
