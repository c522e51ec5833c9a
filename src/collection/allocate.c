/* The first allocation of a collection: from constraints to buffers. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "collection/aggregation.h"
#include "collection/holders.h"
#include "collection/internal.h"
#include "heap/pool.h"
#include "model/tables.h"
#include "model/walk.h"

const char collection_no_memory[] = "wanted memory for the aggregation; got none";

void collection_heap_refused(struct collection *collection, const char *got)
{
    const struct sysmem_buffer_memory_settings *memory = &collection->settings.buffer_settings;
    struct strbuf heap = {0};
    strbuf_add_escaped(&heap, memory->heap.heap_type);
    collection_answer_refusal(collection->root, SYSMEM_ERROR_NO_MEMORY,
                              "heap %.128s %llu: wanted %u buffers of %llu bytes; got %s",
                              strbuf_text(&heap), (unsigned long long)memory->heap.id,
                              collection->buffer_count, (unsigned long long)memory->size_bytes,
                              got);
    strbuf_deinit(&heap);
}

/* The heap may still answer, to nobody: what it makes then goes back to it. Until it does, the
 * buffers count for who wanted them. */
static void on_heap_is_late(struct alarm *alarm)
{
    struct collection *collection = container_of(alarm, struct collection, heap_alarm);
    if (collection->root != NULL) {
        heap_count_late_answer(buffer_set_heap(collection->buffers));
        collection_heap_refused(collection, "no answer within its deadline");
    }
}

void collection_heap_alarm_init(struct collection *collection)
{
    alarm_init(&collection->heap_alarm, on_heap_is_late);
}

/* What a heap said when it was asked; of one with a bounded pool, also who has the rest: all of
 * them to the log, and those whom the participants may see to the participants. */
static void heap_has_no_more(struct collection *collection)
{
    const struct buffer_set *buffers = collection->buffers;
    if (buffers == NULL) {
        collection_heap_refused(collection, strerror(-collection->populate_status));
        return;
    }
    const struct heap *heap = buffer_set_heap(buffers);
    struct strbuf got = {0};
    strbuf_addf(&got, "%s", buffer_set_refusal(buffers));
    if (heap->pool != NULL) {
        struct strbuf all = {0};
        holders_describe(collection->table, heap, NULL, &all);
        log_warning("%s: held by %s", pool_config(heap->pool)->name, strbuf_text(&all));
        strbuf_deinit(&all);
        strbuf_addf(&got, "; held by ");
        holders_describe(collection->table, heap, collection, &got);
    }
    collection_heap_refused(collection, strbuf_text(&got));
    strbuf_deinit(&got);
}

void collection_populate_ended(struct collection *collection)
{
    int status = collection->populate_status;
    alarm_cancel(&collection->heap_alarm);
    if (status != 0) {
        collection_give_back(collection, collection->charged_bytes,
                             collection->charged_descriptors);
        if (collection->root == NULL) {
            collection_bury(collection);
        } else {
            heap_has_no_more(collection);
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

/* NULL, or what is refused; valid until the next call. */
static const char *reserve(struct collection *collection, const struct heap *heap)
{
    uint32_t page_size = collection->table->config.environment.page_size;
    uint64_t bytes;
    if (!heap_round_size(heap, collection->settings.buffer_settings.size_bytes, page_size,
                         &bytes) ||
        !checked_mul_u64(bytes, collection->buffer_count, &bytes)) {
        bytes = UINT64_MAX; /* more than anybody may have */
    }
    if (!account_charge(collection->account, ACCOUNT_BUFFER_BYTES, bytes)) {
        return account_refusal(collection->account, ACCOUNT_BUFFER_BYTES, bytes);
    }
    collection->charged_bytes = bytes;
    const uint64_t descriptors = (uint64_t)collection->buffer_count * buffer_descriptors(heap);
    if (!account_charge(collection->account, ACCOUNT_DESCRIPTORS, descriptors)) {
        return account_refusal(collection->account, ACCOUNT_DESCRIPTORS, descriptors);
    }
    collection->charged_descriptors = descriptors;
    return NULL;
}

static void populate(struct collection *collection, struct heap *heap)
{
    const struct collection_table_config *config = &collection->table->config;
    const char *refusal = reserve(collection, heap);
    if (refusal != NULL) {
        collection_answer_refusal(collection->root, SYSMEM_ERROR_NO_MEMORY, "%s", refusal);
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
        return;
    }
    if (heap->gone != NULL) { /* it went while it was asked */
        collection_concern(collection);
    }
    if (heap->properties.deadline_ns > 0) {
        alarm_set(config->alarms, &collection->heap_alarm,
                  collection_now_ns() + heap->properties.deadline_ns);
    }
}

/* Nothing is decided: the collection is looked at again when there is secure memory; at once, if
 * that has come meanwhile. */
static void wait_for_secure(struct collection *collection, bool is_present)
{
    collection->waits_for_secure = is_present;
    log_info("collection %llu: secure memory is required, and its driver is still to come",
             (unsigned long long)collection->id);
}

static void solved(struct aggregation *aggregation)
{
    struct collection *collection = aggregation->collection;
    const struct collection_table *table = collection->table;
    const struct solver_outcome *outcome = aggregation->problem.outcome;
    bool is_present = aggregation->problem.environment == table->environment;
    if (solver_waits(outcome)) {
        wait_for_secure(collection, is_present);
        return;
    }
    if (!problem_conclude(&aggregation->problem, collection->root)) {
        collection_answer_failure(collection->root, outcome->error,
                                  problem_failure(&aggregation->problem, collection->root));
        return;
    }
    struct heap *heap =
        heap_registry_choose(table->config.heaps, &outcome->settings.buffer_settings);
    if (!is_present && (heap == NULL || !heap->ready)) {
        return; /* it has gone meanwhile: the solver is asked again */
    }
    assert(heap != NULL);
    collection->buffer_count = outcome->buffer_count;
    /* The outcome points into the participants' constraints, which may leave before the buffers do.
     */
    if (!model_copy(&model_type_single_buffer_settings, &outcome->settings, &collection->settings,
                    &collection->arena)) {
        collection_answer_refusal(collection->root, SYSMEM_ERROR_NO_MEMORY, "%s",
                                  collection_no_memory);
        return;
    }
    populate(collection, heap);
}

void collection_allocate(struct collection *collection)
{
    assert(collection->state == COLLECTION_CREATED);
    struct aggregation *aggregation = aggregation_new(collection->root, 0);
    if (aggregation == NULL) {
        collection_answer_refusal(collection->root, SYSMEM_ERROR_NO_MEMORY, "%s",
                                  collection_no_memory);
        return;
    }
    problem_add_part(&aggregation->problem, collection->root);
    aggregation_begin(aggregation, solved);
}
