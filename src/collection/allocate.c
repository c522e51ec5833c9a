/* The first allocation of a collection: from constraints to buffers. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "collection/aggregation.h"
#include "collection/internal.h"
#include "model/tables.h"
#include "model/walk.h"

void collection_populate_ended(struct collection *collection)
{
    int status = collection->populate_status;
    if (status != 0) {
        log_warning("collection %llu: the heap refused: wanted %u buffers of %llu bytes, got %s",
                    (unsigned long long)collection->id, collection->buffer_count,
                    (unsigned long long)collection->settings.buffer_settings.size_bytes,
                    strerror(-status));
        collection_give_back(collection, collection->charged_bytes,
                             collection->charged_descriptors);
        if (collection->root == NULL) {
            collection_bury(collection);
        } else {
            collection_answer_failure(collection->root, SYSMEM_ERROR_NO_MEMORY);
        }
        return;
    }
    if (collection->root == NULL) {
        collection_let_go(collection);
        return;
    }
    collection_enter(collection, COLLECTION_ALLOCATED);
    collection_report_end(collection);
    log_info("collection %llu: allocated %u buffers of %llu bytes",
             (unsigned long long)collection->id, collection->buffer_count,
             (unsigned long long)collection->settings.buffer_settings.size_bytes);
    collection_answer_success(collection->root);
    collection_evaluate(collection); /* attached parts may be next */
}

static bool reserve(struct collection *collection, uint32_t page_size)
{
    uint64_t size = collection->settings.buffer_settings.size_bytes;
    uint64_t pages = size / page_size + (size % page_size != 0 ? 1 : 0);
    uint64_t bytes = pages * page_size * collection->buffer_count;
    if (!account_charge(collection->account, ACCOUNT_BUFFER_BYTES, bytes)) {
        log_warning("%s: %s", collection_describe_node(collection->root),
                    account_refusal(collection->account, ACCOUNT_BUFFER_BYTES, bytes));
        return false;
    }
    collection->charged_bytes = bytes;
    if (!account_charge(collection->account, ACCOUNT_DESCRIPTORS, collection->buffer_count)) {
        log_warning(
            "%s: %s", collection_describe_node(collection->root),
            account_refusal(collection->account, ACCOUNT_DESCRIPTORS, collection->buffer_count));
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
        collection_answer_failure(collection->root, SYSMEM_ERROR_NO_MEMORY);
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
        .ops = &collection_buffer_ops,
        .owner = collection,
    };
    collection->buffers = buffer_set_new(&set);
    if (collection->buffers == NULL) {
        collection->populated = true;
        collection->populate_status = -ENOMEM;
    }
    if (collection->populated) {
        collection_populate_ended(collection);
    }
}

static void solved(struct aggregation *aggregation)
{
    struct collection *collection = aggregation->collection;
    const struct solver_outcome *outcome = aggregation->problem.outcome;
    if (!problem_conclude(&aggregation->problem, collection->root)) {
        collection_answer_failure(collection->root, outcome->error);
        return;
    }
    collection->buffer_count = outcome->buffer_count;
    /* The outcome points into the participants' constraints, which may leave before the buffers do.
     */
    if (!model_copy(&model_type_single_buffer_settings, &outcome->settings, &collection->settings,
                    &collection->arena)) {
        collection_answer_failure(collection->root, SYSMEM_ERROR_NO_MEMORY);
        return;
    }
    populate(collection);
}

void collection_allocate(struct collection *collection)
{
    assert(collection->state == COLLECTION_CREATED);
    struct aggregation *aggregation = aggregation_new(collection->root, 0);
    if (aggregation == NULL) {
        collection_answer_failure(collection->root, SYSMEM_ERROR_NO_MEMORY);
        return;
    }
    problem_add_part(&aggregation->problem, collection->root);
    aggregation_begin(aggregation, solved);
}
