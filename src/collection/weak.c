/* Weak handles that stay although the strong part of their buffer is gone: complained about once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "collection/internal.h"

#define MAX_BUFFERS 128

/* Who was given weak handles, and of which buffers. */
struct weak_client {
    struct list link;
    uint64_t node_koid;
    char *name;
    uint64_t id;
    pid_t pid;
    bool has[MAX_BUFFERS];
};

struct weak_watch {
    struct collection *collection;
    struct alarm alarm;
    struct list clients;
    uint64_t due_ns[MAX_BUFFERS]; /* when to complain of a buffer; 0: not, or done */
};

static void complain(const struct weak_watch *watch, uint32_t index)
{
    unsigned long long id = (unsigned long long)watch->collection->id;
    log_error(
        "collection %llu: buffer %u: weak handles are still open %u s after close_weak_asap; they were given to:",
        id, index, (unsigned)(COLLECTION_WEAK_PATIENCE_NS / 1000000000u));
    list_for_each (link, &watch->clients) {
        const struct weak_client *client = container_of(link, struct weak_client, link);
        if (client->has[index]) {
            struct strbuf name = {0};
            strbuf_add_escaped(&name, client->name == NULL ? "" : client->name);
            log_error("    client \"%s\" id %llu pid %d, by node %llu", strbuf_text(&name),
                      (unsigned long long)client->id, (int)client->pid,
                      (unsigned long long)client->node_koid);
            strbuf_deinit(&name);
        }
    }
}

/* Complains of what is due, and sleeps until the next. */
static void on_alarm(struct alarm *alarm)
{
    struct weak_watch *watch = container_of(alarm, struct weak_watch, alarm);
    const struct collection *collection = watch->collection;
    uint64_t now = collection_now_ns();
    uint64_t next = UINT64_MAX;
    for (uint32_t i = 0; i < collection->buffer_count; i++) {
        if (watch->due_ns[i] == 0) {
            continue;
        }
        if (watch->due_ns[i] > now) {
            next = watch->due_ns[i] < next ? watch->due_ns[i] : next;
            continue;
        }
        watch->due_ns[i] = 0;
        if (!buffer_set_is_free(collection->buffers, i) &&
            buffer_set_has_weak(collection->buffers, i)) {
            complain(watch, i);
        }
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
        list_init(&watch->clients);
        collection->weak_watch = watch;
    }
    return collection->weak_watch;
}

static struct weak_client *client_of(struct weak_watch *watch, const struct node *node)
{
    list_for_each (link, &watch->clients) {
        struct weak_client *client = container_of(link, struct weak_client, link);
        if (client->node_koid == node->koid) {
            return client;
        }
    }
    struct weak_client *client = calloc(1, sizeof(*client));
    if (client != NULL) {
        client->node_koid = node->koid;
        client->name = node->client.name == NULL ? NULL : strdup(node->client.name);
        client->id = node->client.id;
        client->pid = node->client.pid;
        list_append(&watch->clients, &client->link);
    }
    return client;
}

void collection_note_weak(struct node *node, uint32_t index)
{
    /* Without memory the complaint lacks a name; nothing else depends on it. */
    struct weak_watch *watch = watch_of(collection_of(node));
    struct weak_client *client = watch == NULL ? NULL : client_of(watch, node);
    if (client != NULL) {
        client->has[index] = true;
    }
}

void collection_weak_overdue(struct collection *collection, uint32_t index)
{
    struct weak_watch *watch = collection->weak_watch;
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
    list_for_each_safe (link, next, &watch->clients) {
        struct weak_client *client = container_of(link, struct weak_client, link);
        free(client->name);
        free(client);
    }
    free(watch);
    collection->weak_watch = NULL;
}
