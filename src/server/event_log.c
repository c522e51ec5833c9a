#include "server/event_log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "server/snapshot.h"

static const enum model_debug_event_kind kinds[] = {
    [COLLECTION_EVENT_CREATED] = MODEL_DEBUG_EVENT_KIND_COLLECTION_CREATED,
    [COLLECTION_EVENT_POPULATING] = MODEL_DEBUG_EVENT_KIND_COLLECTION_POPULATING,
    [COLLECTION_EVENT_ALLOCATED] = MODEL_DEBUG_EVENT_KIND_COLLECTION_ALLOCATED,
    [COLLECTION_EVENT_FAILED] = MODEL_DEBUG_EVENT_KIND_COLLECTION_FAILED,
    [COLLECTION_EVENT_ENDED] = MODEL_DEBUG_EVENT_KIND_COLLECTION_ENDED,
    [COLLECTION_EVENT_GONE] = MODEL_DEBUG_EVENT_KIND_COLLECTION_GONE,
    [COLLECTION_EVENT_NODE_ADDED] = MODEL_DEBUG_EVENT_KIND_NODE_ADDED,
    [COLLECTION_EVENT_NODE_BOUND] = MODEL_DEBUG_EVENT_KIND_NODE_BOUND,
    [COLLECTION_EVENT_NODE_SET_CONSTRAINTS] = MODEL_DEBUG_EVENT_KIND_NODE_SET_CONSTRAINTS,
    [COLLECTION_EVENT_NODE_ALL_CHILDREN_PRESENT] = MODEL_DEBUG_EVENT_KIND_NODE_ALL_CHILDREN_PRESENT,
    [COLLECTION_EVENT_NODE_RELEASED] = MODEL_DEBUG_EVENT_KIND_NODE_RELEASED,
    [COLLECTION_EVENT_NODE_ORPHANED] = MODEL_DEBUG_EVENT_KIND_NODE_ORPHANED,
    [COLLECTION_EVENT_NODE_JOINED] = MODEL_DEBUG_EVENT_KIND_NODE_JOINED,
    [COLLECTION_EVENT_NODE_NOT_SELECTED] = MODEL_DEBUG_EVENT_KIND_NODE_NOT_SELECTED,
    [COLLECTION_EVENT_NODE_FAILED] = MODEL_DEBUG_EVENT_KIND_NODE_FAILED,
    [COLLECTION_EVENT_DOMAIN_FAILED] = MODEL_DEBUG_EVENT_KIND_DOMAIN_FAILED,
};

/* As much of `text` as there is room for, in whole characters. */
static void copy_text(char *to, size_t size, const char *text)
{
    size_t len = 0;
    if (text != NULL) {
        size_t all = strnlen(text, size * 2);
        for (size_t n; len < all && (n = utf8_sequence(text + len, all - len)) != 0; len += n) {
            if (len + n >= size) {
                break;
            }
        }
        memcpy(to, text, len);
    }
    to[len] = '\0';
}

static void add_uid(struct event *event, uid_t uid)
{
    for (size_t i = 0; i < event->uid_count; i++) {
        if (event->uids[i] == uid) {
            return;
        }
    }
    if (event->uid_count < EVENT_MAX_UIDS) {
        event->uids[event->uid_count++] = uid;
    }
}

static void describe_node(struct event *event, const struct node *node)
{
    event->has_node = true;
    event->node = node->koid;
    event->node_kind = snapshot_node_kind(node->kind);
    event->pid = node->client.pid;
    event->uid = node->client.uid;
    copy_text(event->client_name, sizeof(event->client_name), node->client.name);
    add_uid(event, node->client.uid);
}

static void on_event(void *arg, const struct collection *collection, const struct node *node,
                     enum collection_event what)
{
    struct event_log *log = arg;
    struct event *event = &log->ring[log->count++ % EVENT_LOG_SIZE];
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    *event = (struct event){
        .time_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
        .what = kinds[what],
        .collection_id = collection->id,
    };
    copy_text(event->collection_name, sizeof(event->collection_name), collection->name);
    add_uid(event, collection->account->uid);
    if (node != NULL) {
        describe_node(event, node);
    }
    for (const struct node *other = collection->root;
         other != NULL && event->uid_count < EVENT_MAX_UIDS;
         other = node_next(collection->root, other)) {
        add_uid(event, other->client.uid);
    }
}

struct collection_observer event_log_observer(struct event_log *log)
{
    return (struct collection_observer){.event = on_event, .arg = log};
}

static bool is_visible(const struct event *event, const struct snapshot_viewer *viewer)
{
    bool visible = viewer->sees_all;
    for (size_t i = 0; i < event->uid_count; i++) {
        visible = visible || event->uids[i] == viewer->uid;
    }
    return visible;
}

static bool fill(const struct event *event, const struct snapshot_viewer *viewer,
                 struct arena *arena, struct model_debug_event *ret)
{
    SYSMEM_SET(ret, time_ns, event->time_ns);
    SYSMEM_SET(ret, what, event->what);
    SYSMEM_SET(ret, collection_id, event->collection_id);
    if (event->collection_name[0] != '\0') {
        SYSMEM_SET(ret, collection_name, event->collection_name);
    }
    if (!event->has_node) {
        return true;
    }
    SYSMEM_SET(ret, node, event->node);
    SYSMEM_SET(ret, node_kind, event->node_kind);
    SYSMEM_SET(ret, pid, (uint32_t)event->pid);
    SYSMEM_SET(ret, uid, event->uid);
    if (viewer->sees_names || event->uid == viewer->uid) {
        SYSMEM_SET(ret, client_name, event->client_name);
        return true;
    }
    char text[32];
    int len = snprintf(text, sizeof(text), "uid %u", (unsigned)event->uid);
    SYSMEM_SET(ret, client_name, arena_strndup(arena, text, (size_t)len));
    return ret->client_name != NULL;
}

bool event_log_tell(const struct event_log *log, const struct snapshot_viewer *viewer,
                    uint64_t seen, struct arena *arena,
                    struct model_debug_wait_for_change_response *ret)
{
    struct model_debug_event *rows = arena_alloc_array(arena, EVENT_LOG_SIZE, sizeof(*rows));
    if (rows == NULL) {
        return false;
    }
    uint64_t forgotten = log->count > EVENT_LOG_SIZE ? log->count - EVENT_LOG_SIZE : 0;
    uint64_t from = seen > forgotten ? seen : forgotten;
    size_t count = 0;
    for (uint64_t n = from; n < log->count; n++) {
        const struct event *event = &log->ring[n % EVENT_LOG_SIZE];
        if (is_visible(event, viewer) && !fill(event, viewer, arena, &rows[count++])) {
            return false;
        }
    }
    SYSMEM_SET(ret, seen, log->count);
    SYSMEM_SET(ret, missed, from - seen);
    SYSMEM_SET_VECTOR(ret, events, rows, count);
    return true;
}
