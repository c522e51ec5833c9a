/* What collections do when heaps come, go, and get ready: docs/heaps.md. A change is noted at once,
 * and each collection that it concerns is looked at in its turn. */
#include "base/log.h"
#include "collection/internal.h"

static bool is_gone(const struct collection *collection)
{
    return collection->root != NULL && collection->buffers != NULL &&
           buffer_set_heap(collection->buffers)->gone != NULL;
}

/* Those that have buffers of a heap that is gone, or wait for it; and those that wait for secure
 * memory. */
static void on_heaps_changed(void *arg)
{
    struct collection_table *table = arg;
    environment_unref(table->environment);
    table->environment = NULL;
    list_for_each (link, &table->collections) {
        struct collection *collection = container_of(link, struct collection, link);
        if (collection->waits_for_secure || is_gone(collection)) {
            collection_concern(collection);
        }
    }
}

void collection_watch_heaps(struct collection_table *table)
{
    table->config.heaps->observer = (struct heap_observer){on_heaps_changed, table};
}

void collection_ignore_heaps(struct collection_table *table)
{
    table->config.heaps->observer = (struct heap_observer){0};
    environment_unref(table->environment);
    table->environment = NULL;
}

struct environment *collection_environment(struct collection_table *table)
{
    heap_registry_look(table->config.heaps);
    if (table->environment == NULL) {
        table->environment = environment_new(&table->config.environment, table->config.heaps);
    }
    return table->environment;
}

void collection_concern(struct collection *collection)
{
    if (list_is_empty(&collection->concerned)) {
        list_append(&collection->table->concerned, &collection->concerned);
    }
}

/* Its buffers live on with whoever holds them. */
static void lose_heap(struct collection *collection)
{
    const struct heap *heap = buffer_set_heap(collection->buffers);
    struct strbuf why = {0};
    heap_add_name(heap, &why);
    strbuf_addf(&why, ": %s", heap->gone);
    if (collection->state == COLLECTION_POPULATING) {
        collection_heap_refused(collection, heap->gone);
    } else {
        log_warning("collection %llu fails: %s", (unsigned long long)collection->id,
                    strbuf_text(&why));
        collection_fail_down(collection->root, strbuf_text(&why));
    }
    strbuf_deinit(&why);
}

void collection_heed_heaps(struct collection *collection)
{
    list_remove(&collection->concerned);
    log_begin_cause(collection->account->uid);
    if (is_gone(collection)) {
        lose_heap(collection);
    } else if (collection->waits_for_secure) {
        collection->waits_for_secure = false;
        collection_evaluate(collection);
    }
    log_end_cause();
}
