/* Weak handles that stay although the strong part of their buffer is gone: complained about once.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "collection/holdings.h"
#include "collection/internal.h"

#define MAX_BUFFERS 128
#define MAX_NAMED   16 /* holders */

/* How long the loop may count handles. */
#define COUNTING_NS UINT64_C(5000000)

struct weak_watch {
    struct collection *collection;
    struct alarm alarm;
    uint64_t due_ns[MAX_BUFFERS]; /* when to complain of a buffer; 0: not, or done */
};

static void name_holder(const struct collection *collection, const struct holding *holding)
{
    const struct participant *who =
        participants_find(&collection->participants, holding->participant);
    if (who == NULL) {
        log_error("    somebody who is not remembered: %u", holding->handles);
        return;
    }
    struct strbuf name = {0};
    strbuf_add_quoted(&name, who->name);
    log_error("    client %s id %llu pid %d, by node %llu: %u", strbuf_text(&name),
              (unsigned long long)who->client_id, (int)who->pid, (unsigned long long)who->node,
              holding->handles);
    strbuf_deinit(&name);
}

void collection_weak_complain(const struct collection *collection, uint32_t index,
                              uint64_t deadline_ns)
{
    struct holdings holdings;
    holdings_count(collection->buffers, index, true, deadline_ns, &holdings);
    if (holdings.handles == 0 && !holdings.more) {
        return;
    }
    struct strbuf label = {0};
    collection_add_label(collection, &label);
    log_error("%s: buffer %u: %s%u weak handles are still open %u s after close_weak_asap; %s",
              strbuf_text(&label), index, holdings.more ? "at least " : "",
              holdings.handles == 0 ? 1 : holdings.handles,
              (unsigned)(COLLECTION_WEAK_PATIENCE_NS / 1000000000u),
              holdings.handles == 0 ? "whose cannot be found out, or takes too long"
                                    : "they were given to:");
    strbuf_deinit(&label);
    for (uint32_t i = 0; i < holdings.count && i < MAX_NAMED; i++) {
        name_holder(collection, &holdings.list[i]);
    }
}

/* Complains of what is due by the time that the alarm was set for, and sleeps until the next. */
static void on_alarm(struct alarm *alarm)
{
    struct weak_watch *watch = container_of(alarm, struct weak_watch, alarm);
    const struct collection *collection = watch->collection;
    uint64_t next = UINT64_MAX;
    for (uint32_t i = 0; i < collection->buffer_count; i++) {
        if (watch->due_ns[i] == 0) {
            continue;
        }
        if (watch->due_ns[i] > alarm->due_ns) {
            next = watch->due_ns[i] < next ? watch->due_ns[i] : next;
            continue;
        }
        watch->due_ns[i] = 0;
        collection_weak_complain(collection, i, collection_now_ns() + COUNTING_NS);
    }
    if (next != UINT64_MAX) {
        alarm_set(collection->table->config.alarms, alarm, next);
    }
}

static struct weak_watch *watch_of(struct collection *collection)
{
    if (collection->weak_watch == NULL) {
        struct weak_watch *watch = calloc(1, sizeof(*watch));
        if (watch == NULL) {
            return NULL;
        }
        watch->collection = collection;
        alarm_init(&watch->alarm, on_alarm);
        collection->weak_watch = watch;
    }
    return collection->weak_watch;
}

void collection_weak_overdue(struct collection *collection, uint32_t index)
{
    /* Without memory the complaint does not come; nothing else depends on it. */
    struct weak_watch *watch =
        buffer_set_gave_weak(collection->buffers, index) ? watch_of(collection) : NULL;
    if (watch != NULL) {
        watch->due_ns[index] = collection_now_ns() + COLLECTION_WEAK_PATIENCE_NS;
        if (list_is_empty(&watch->alarm.link)) {
            alarm_set(collection->table->config.alarms, &watch->alarm, watch->due_ns[index]);
        }
    }
}

void collection_weak_end(struct collection *collection)
{
    struct weak_watch *watch = collection->weak_watch;
    if (watch == NULL) {
        return;
    }
    alarm_cancel(&watch->alarm);
    free(watch);
    collection->weak_watch = NULL;
}
