/* An allocation that takes long is explained in the log, twice: who has not spoken yet. */
#include "base/log.h"
#include "base/strbuf.h"
#include "collection/internal.h"

#define MAX_LINES 32

static const char *missing(const struct node *node)
{
    switch (node->kind) {
    case NODE_TOKEN:
        return node->released ? "released, but not closed"
                              : "neither turned in by BindSharedCollection nor released";
    case NODE_COLLECTION:
        return "has not sent SetConstraints";
    case NODE_GROUP:
        return "has not sent AllChildrenPresent";
    case NODE_ORPHAN:
        break;
    }
    return "";
}

static uint64_t age_ms(const struct collection *collection)
{
    return (collection_now_ns() - collection->created_ns) / 1000000u;
}

static void report(const struct collection *collection)
{
    unsigned long long id = (unsigned long long)collection->id;
    uint32_t waiting = 0;
    log_warning("collection %llu: allocation is taking a while (%llu ms); who has not spoken:", id,
                (unsigned long long)age_ms(collection));
    for (struct node *node = collection->root; node != NULL;
         node = node_next_pruned(collection->root, node)) {
        if (!node_is_ready(node) && waiting++ < MAX_LINES) {
            log_warning("    %s %s", collection_describe_node(node), missing(node));
        }
    }
    if (waiting > MAX_LINES) {
        log_warning("    and %u more", waiting - MAX_LINES);
    }
    if (waiting == 0 && collection->aggregation != NULL) {
        log_warning("    nobody: the constraints are being aggregated");
    } else if (waiting == 0 && collection->waits_for_secure) {
        log_warning("    nobody: secure memory is required, and its driver is still to come");
    } else if (waiting == 0) {
        log_warning("    nobody: the heap %s is making the buffers",
                    collection->settings.buffer_settings.heap.heap_type);
    }
}

static void on_slow(struct alarm *alarm)
{
    struct collection *collection = container_of(alarm, struct collection, slow_alarm);
    report(collection);
    if (++collection->slow_reports == 1) {
        alarm_set(collection->table->config.alarms, alarm,
                  collection_now_ns() + COLLECTION_SLOW_AGAIN_NS);
    }
}

void collection_report_begin(struct collection *collection)
{
    alarm_init(&collection->slow_alarm, on_slow);
    alarm_set(collection->table->config.alarms, &collection->slow_alarm,
              collection->created_ns + COLLECTION_SLOW_NS);
}

void collection_set_report_deadline(struct collection *collection, uint64_t deadline_ns)
{
    bool undecided =
        collection->state == COLLECTION_CREATED || collection->state == COLLECTION_POPULATING;
    if (undecided && collection->slow_reports == 0) {
        alarm_set(collection->table->config.alarms, &collection->slow_alarm, deadline_ns);
    }
}

void collection_report_end(struct collection *collection)
{
    alarm_cancel(&collection->slow_alarm);
    if (collection->slow_reports > 0) {
        log_info("collection %llu: allocation eventually %s after %llu ms",
                 (unsigned long long)collection->id,
                 collection->state == COLLECTION_ALLOCATED ? "succeeded" : "failed",
                 (unsigned long long)age_ms(collection));
        collection->slow_reports = 0;
    }
}
