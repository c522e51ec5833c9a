#include "server/event_log.h"

#include <assert.h>
#include <stdlib.h>
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
    size_t len = text == NULL ? 0 : utf8_cut(text, size - 1);
    if (len > 0) {
        memcpy(to, text, len);
    }
    to[len] = '\0';
}

/* This uid, if somebody of it follows, may hear of the event at `at` of the ring. */
static void let_hear(struct event_log *log, uid_t uid, size_t at)
{
    struct audience *audience = map_get(&log->audiences, uid);
    if (audience != NULL && !audience->may_hear[at]) {
        audience->may_hear[at] = true;
        audience->count++;
    }
}

/* Who may hear of the event at `at`: those that take part now. Nobody but who follows counts, so
 * that a tree is looked at only if there is somebody to tell. */
static void choose_audience(struct event_log *log, const struct collection *collection,
                            const struct node *node, size_t at)
{
    size_t cursor = 0;
    uint64_t uid;
    for (void *audience; map_next(&log->audiences, &cursor, &uid, &audience);) {
        ((struct audience *)audience)->may_hear[at] = false;
    }
    if (log->audiences.count == 0) {
        return;
    }
    let_hear(log, collection->account->uid, at);
    if (node != NULL) {
        let_hear(log, node->client.uid, at);
    }
    for (int i = 0; i < UID_COUNTS_MAX; i++) {
        if (collection->uids.uids[i].nodes > 0) {
            let_hear(log, collection->uids.uids[i].uid, at);
        }
    }
    if (uid_counts_are_complete(&collection->uids)) {
        return;
    }
    for (const struct node *other = collection->root; other != NULL;
         other = node_next(collection->root, other)) {
        let_hear(log, other->client.uid, at);
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
}

static void on_event(void *arg, const struct collection *collection, const struct node *node,
                     enum collection_event what)
{
    struct event_log *log = arg;
    size_t at = log->count++ % EVENT_LOG_SIZE;
    struct event *event = &log->ring[at];
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    *event = (struct event){
        .time_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
        .what = kinds[what],
        .collection_id = collection->id,
    };
    copy_text(event->collection_name, sizeof(event->collection_name), collection->name);
    if (node != NULL) {
        describe_node(event, node);
    }
    choose_audience(log, collection, node, at);
}

struct collection_observer event_log_observer(struct event_log *log)
{
    return (struct collection_observer){.event = on_event, .arg = log};
}

static struct audience *audience_of(struct event_log *log, uid_t uid)
{
    struct audience *audience = map_get(&log->audiences, uid);
    if (audience == NULL) {
        audience = calloc(1, sizeof(*audience));
        if (audience == NULL || !map_put(&log->audiences, uid, audience)) {
            free(audience);
            return NULL;
        }
        audience->uid = uid;
    }
    return audience;
}

bool event_log_follow(struct event_log *log, struct follower *follower,
                      const struct snapshot_viewer *viewer)
{
    assert(!follower->is_following);
    struct audience *audience = viewer->sees_all ? NULL : audience_of(log, viewer->uid);
    if (audience == NULL && !viewer->sees_all) {
        return false;
    }
    if (audience != NULL) {
        audience->followers++;
    }
    *follower = (struct follower){
        .is_following = true,
        .audience = audience,
        .seen = log->count,
        .counted = audience == NULL ? log->count : audience->count,
    };
    return true;
}

void event_log_unfollow(struct event_log *log, struct follower *follower)
{
    struct audience *audience = follower->audience;
    if (audience != NULL && --audience->followers == 0) {
        (void)map_take(&log->audiences, audience->uid);
        free(audience);
    }
    *follower = (struct follower){0};
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
    SYSMEM_SET(ret, client_name,
               snapshot_client_name(viewer, event->uid, event->client_name, arena));
    return ret->client_name != NULL;
}

bool event_log_tell(const struct event_log *log, struct follower *follower,
                    const struct snapshot_viewer *viewer, struct arena *arena,
                    struct model_debug_wait_for_change_response *ret)
{
    const struct audience *audience = follower->audience;
    struct model_debug_event *rows = arena_alloc_array(arena, EVENT_LOG_SIZE, sizeof(*rows));
    if (rows == NULL) {
        return false;
    }
    uint64_t forgotten = log->count > EVENT_LOG_SIZE ? log->count - EVENT_LOG_SIZE : 0;
    size_t count = 0;
    for (uint64_t n = follower->seen > forgotten ? follower->seen : forgotten; n < log->count;
         n++) {
        size_t at = n % EVENT_LOG_SIZE;
        bool may_hear = audience == NULL || audience->may_hear[at];
        if (may_hear && !fill(&log->ring[at], viewer, arena, &rows[count++])) {
            return false;
        }
    }
    uint64_t happened = audience == NULL ? log->count : audience->count;
    SYSMEM_SET(ret, missed, happened - follower->counted - count);
    SYSMEM_SET_VECTOR(ret, events, rows, count);
    follower->seen = log->count;
    follower->counted = happened;
    return true;
}

void event_log_deinit(struct event_log *log)
{
    assert(log->audiences.count == 0);
    map_deinit(&log->audiences);
}
