#include "server/snapshot.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "collection/aggregation.h"
#include "server/peer.h"

#define NAME_MAX_BYTES 256

/* What a collection without its nodes, and a node without name and constraints, count for in a
 * reply: encoded, they are less. */
#define COLLECTION_BYTES ((size_t)1024)
#define NODE_BYTES       ((size_t)128)
#define BUFFER_BYTES     ((size_t)32)
#define MAX_NODES        ((size_t)4096) /* of DebugCollection.nodes */

void snapshot_viewer_init(struct snapshot_viewer *viewer, const struct binding *binding)
{
    const struct config_debug *debug = &binding->server->config->debug;
    *viewer = (struct snapshot_viewer){
        .server = binding->server,
        .uid = binding->uid,
        .sees_all = binding->uid == 0 ||
                    (debug->has_group && peer_is_in_group(binding->stream.fd, debug->group)),
    };
    for (size_t i = 0; i < debug->uid_count; i++) {
        viewer->sees_all = viewer->sees_all || debug->uids[i] == binding->uid;
    }
    viewer->now_ns = collection_now_ns();
    viewer->sees_names = binding->uid == 0 || debug->show_client_names;
}

static uint64_t ms_since(const struct snapshot_viewer *viewer, uint64_t ns)
{
    return (viewer->now_ns - ns) / 1000000u;
}

bool snapshot_is_visible(const struct snapshot_viewer *viewer, const struct collection *collection)
{
    if (viewer->sees_all || collection->account->uid == viewer->uid) {
        return true;
    }
    for (const struct node *node = collection->root; node != NULL;
         node = node_next(collection->root, node)) {
        if (node->client.uid == viewer->uid) {
            return true;
        }
    }
    return false;
}

const char *snapshot_client_name(const struct snapshot_viewer *viewer, uid_t uid, const char *name,
                                 struct arena *arena)
{
    if (viewer->sees_names || uid == viewer->uid) {
        return name == NULL ? "" : name;
    }
    char text[32];
    int len = snprintf(text, sizeof(text), "uid %u", (unsigned)uid);
    return arena_strndup(arena, text, (size_t)len);
}

/* As much of it as there is room for. */
static const char *name_for(const struct snapshot_viewer *viewer, const struct node *node,
                            struct arena *arena)
{
    const char *name = snapshot_client_name(viewer, node->client.uid, node->client.name, arena);
    if (name == NULL) {
        return NULL;
    }
    return arena_strndup(arena, name, utf8_cut(name, viewer->name_max));
}

/* At least what a collection takes in a reply: its constraints in memory are larger than on the
 * wire. */
static size_t bytes_of(const struct collection *collection)
{
    size_t bytes = COLLECTION_BYTES;
    bytes += collection->buffers == NULL ? 0 : collection->buffer_count * BUFFER_BYTES;
    for (const struct node *node = collection->root; node != NULL;
         node = node_next(collection->root, node)) {
        bytes += NODE_BYTES + NAME_MAX_BYTES + node->constraints_arena.used;
    }
    return bytes;
}

enum model_debug_node_kind snapshot_node_kind(enum node_kind kind)
{
    static const enum model_debug_node_kind kinds[] = {
        [NODE_TOKEN] = MODEL_DEBUG_NODE_KIND_TOKEN,
        [NODE_COLLECTION] = MODEL_DEBUG_NODE_KIND_COLLECTION,
        [NODE_GROUP] = MODEL_DEBUG_NODE_KIND_GROUP,
        [NODE_ORPHAN] = MODEL_DEBUG_NODE_KIND_ORPHAN,
    };
    return kinds[kind];
}

static uint32_t flags_of(const struct node *node)
{
    const struct {
        bool set;
        uint32_t flag;
    } flags[] = {
        {node->weak,                                            MODEL_DEBUG_NODE_FLAG_WEAK                },
        {node->weak_ok,                                         MODEL_DEBUG_NODE_FLAG_WEAK_OK             },
        {node->weak_ok_for_children,                            MODEL_DEBUG_NODE_FLAG_WEAK_OK_FOR_CHILDREN},
        {node->propagation == NODE_PROPAGATE_BEFORE_ALLOCATION, MODEL_DEBUG_NODE_FLAG_DISPENSABLE         },
        {node->propagation == NODE_DO_NOT_PROPAGATE,            MODEL_DEBUG_NODE_FLAG_ATTACHED            },
        {node->allocated,                                       MODEL_DEBUG_NODE_FLAG_ALLOCATED           },
        {node->hidden,                                          MODEL_DEBUG_NODE_FLAG_HIDDEN              },
        {node->all_children_present,                            MODEL_DEBUG_NODE_FLAG_ALL_CHILDREN_PRESENT},
    };
    uint32_t mask = 0;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        mask |= flags[i].set ? flags[i].flag : 0;
    }
    return mask;
}

static bool take_node(const struct snapshot_viewer *viewer, const struct node *node,
                      struct arena *arena, struct model_debug_node *ret)
{
    const struct binding *peer = node->peer;
    SYSMEM_SET(ret, koid, node->koid);
    SYSMEM_SET(ret, kind, snapshot_node_kind(node->kind));
    SYSMEM_SET(ret, client_name, name_for(viewer, node, arena));
    SYSMEM_SET(ret, client_id, node->client.id);
    SYSMEM_SET(ret, pid, (uint32_t)node->client.pid);
    SYSMEM_SET(ret, uid, node->client.uid);
    SYSMEM_SET(ret, released, node->released);
    SYSMEM_SET(ret, has_constraints, node->has_constraints);
    SYSMEM_SET(ret, ready, node_is_ready(node));
    SYSMEM_SET(ret, pending_waits, peer == NULL ? 0 : (uint32_t)peer->wait_count);
    SYSMEM_SET(ret, rights, node->rights_mask);
    SYSMEM_SET(ret, flags, flags_of(node));
    SYSMEM_SET(ret, was, snapshot_node_kind(node->was));
    SYSMEM_SET(ret, since_ms, ms_since(viewer, node->since_ns));
    return ret->client_name != NULL;
}

/* Pre-order; a parent always stands before its children, so a walk back finds it. */
static bool take_nodes(const struct snapshot_viewer *viewer, const struct collection *collection,
                       struct arena *arena, struct model_debug_collection *ret)
{
    size_t wanted = collection->node_count < MAX_NODES ? collection->node_count : MAX_NODES;
    struct model_debug_node *nodes = arena_alloc_array(arena, wanted, sizeof(*nodes));
    const struct node **sources = arena_alloc_array(arena, wanted, sizeof(struct node *));
    if (nodes == NULL || sources == NULL) {
        return false;
    }
    size_t room =
        SNAPSHOT_MAX_BYTES - wanted * (NODE_BYTES + viewer->name_max); /* for constraints */
    size_t count = 0;
    size_t parent = 0; /* of the current node, found from the former one's place upwards */
    for (struct node *node = collection->root; node != NULL && count < wanted;
         node = node_next(collection->root, node)) {
        sources[count] = node;
        if (node->parent != NULL) {
            parent = count - 1;
            while (sources[parent] != node->parent) {
                parent = nodes[parent].parent_index;
            }
            SYSMEM_SET(&nodes[count], parent_index, (uint32_t)parent);
        }
        if (!take_node(viewer, node, arena, &nodes[count])) {
            return false;
        }
        if (node->constraints != NULL && node->constraints_arena.used <= room) {
            SYSMEM_SET(&nodes[count], constraints, *node->constraints);
            room -= node->constraints_arena.used;
        } else if (node->constraints != NULL) {
            SYSMEM_SET(&nodes[count], constraints_left_out, true);
        }
        count++;
    }
    SYSMEM_SET_VECTOR(ret, nodes, nodes, count);
    return true;
}

/* What its client has yet to send. */
static const char *missing_request(const struct node *node)
{
    return node->kind == NODE_TOKEN   ? "BindSharedCollection or Release"
           : node->kind == NODE_GROUP ? "AllChildrenPresent"
                                      : "SetConstraints";
}

static bool name_heap(const struct collection *collection, struct arena *arena,
                      struct model_debug_collection *ret)
{
    struct strbuf text = {0};
    heap_add_name(buffer_set_heap(collection->buffers), &text);
    SYSMEM_SET(ret, waiting_for, arena_strndup(arena, strbuf_text(&text), text.len));
    strbuf_deinit(&text);
    return ret->waiting_for != NULL;
}

static bool describe_blocker(const struct snapshot_viewer *viewer,
                             const struct collection *collection, struct arena *arena,
                             struct model_debug_collection *ret)
{
    if (collection->aggregation != NULL) {
        SYSMEM_SET(ret, waiting_for, "the aggregation of the constraints");
        SYSMEM_SET(ret, waiting_ms, ms_since(viewer, collection->aggregation->since_ns));
        return true;
    }
    if (collection->waits_for_secure) {
        SYSMEM_SET(ret, waiting_for, "secure memory, whose driver is still to come");
        return true;
    }
    if (collection->state == COLLECTION_POPULATING && collection->buffers != NULL) {
        return name_heap(collection, arena, ret);
    }
    const struct node *node = collection_blocked_by(collection);
    if (node == NULL) {
        return true;
    }
    const char *name = name_for(viewer, node, arena);
    struct strbuf text = {0};
    strbuf_addf(&text, "%s of client ", missing_request(node));
    strbuf_add_quoted(&text, name == NULL ? "" : name);
    strbuf_addf(&text, " (pid %d)", (int)node->client.pid);
    SYSMEM_SET(ret, waiting_for, arena_strndup(arena, strbuf_text(&text), text.len));
    strbuf_deinit(&text);
    SYSMEM_SET(ret, waiting_ms, ms_since(viewer, node->since_ns));
    return ret->waiting_for != NULL;
}

/* How much of each client's name there is room for, when all nodes must fit. */
static size_t name_room(const struct collection *collection)
{
    size_t nodes = collection->node_count < MAX_NODES ? collection->node_count : MAX_NODES;
    size_t room = nodes == 0 ? NAME_MAX_BYTES : SNAPSHOT_MAX_BYTES / nodes - NODE_BYTES;
    return room < NAME_MAX_BYTES ? room : NAME_MAX_BYTES;
}

enum model_debug_buffer_state snapshot_buffer_state(const struct buffer_set *buffers,
                                                    uint32_t index)
{
    return buffer_set_is_free(buffers, index)          ? MODEL_DEBUG_BUFFER_STATE_FREED
           : buffer_set_is_strong_gone(buffers, index) ? MODEL_DEBUG_BUFFER_STATE_STRONG_GONE
                                                       : MODEL_DEBUG_BUFFER_STATE_HELD;
}

static bool take_buffers(const struct collection *collection, struct arena *arena,
                         struct model_debug_collection *ret)
{
    uint32_t count = collection->buffer_count;
    struct model_debug_buffer *rows = arena_alloc_array(arena, count, sizeof(*rows));
    if (rows == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        SYSMEM_SET(&rows[i], koid, buffer_set_koid(collection->buffers, i));
        SYSMEM_SET(&rows[i], state, snapshot_buffer_state(collection->buffers, i));
    }
    SYSMEM_SET_VECTOR(ret, buffers, rows, count);
    return true;
}

static bool take_outcome(const struct snapshot_viewer *viewer, const struct collection *collection,
                         struct arena *arena, struct model_debug_collection *ret)
{
    if (collection->error != 0) {
        SYSMEM_SET(ret, error, collection->error);
    }
    if (collection->allocated_ns != 0) {
        SYSMEM_SET(ret, allocated_ms, ms_since(viewer, collection->allocated_ns));
    }
    if (collection->buffers == NULL) {
        return true;
    }
    SYSMEM_SET(ret, buffer_count, collection->buffer_count);
    SYSMEM_SET(ret, buffers_remaining, buffer_set_remaining(collection->buffers));
    SYSMEM_SET(ret, size_bytes, collection->settings.buffer_settings.size_bytes);
    SYSMEM_SET(ret, vmo_bytes, buffer_set_vmo_bytes(collection->buffers));
    SYSMEM_SET(ret, settings, collection->settings);
    return !collection->populated || take_buffers(collection, arena, ret);
}

static bool take_collection(struct snapshot_viewer *viewer, const struct collection *collection,
                            struct arena *arena, struct model_debug_collection *ret)
{
    viewer->name_max = name_room(collection);
    static const enum model_debug_state states[] = {
        [COLLECTION_CREATED] = MODEL_DEBUG_STATE_CREATED,
        [COLLECTION_POPULATING] = MODEL_DEBUG_STATE_POPULATING,
        [COLLECTION_ALLOCATED] = MODEL_DEBUG_STATE_ALLOCATED,
        [COLLECTION_FAILED] = MODEL_DEBUG_STATE_FAILED,
    };
    SYSMEM_SET(ret, id, collection->id);
    if (collection->name != NULL) {
        SYSMEM_SET(ret, name, collection->name);
        SYSMEM_SET(ret, name_priority, collection->name_priority);
    }
    SYSMEM_SET(ret, state, states[collection->state]);
    SYSMEM_SET(ret, age_ms, ms_since(viewer, collection->created_ns));
    SYSMEM_SET(ret, owner_uid, collection->account->uid);
    SYSMEM_SET(ret, verbose, collection->verbose);
    return take_outcome(viewer, collection, arena, ret) &&
           describe_blocker(viewer, collection, arena, ret) &&
           take_nodes(viewer, collection, arena, ret);
}

bool snapshot_collections(struct snapshot_viewer *viewer, uint32_t first, struct arena *arena,
                          struct model_debug_get_collections_response *ret)
{
    const struct list *all = &viewer->server->collections.collections;
    /* Each counts for so much at least that there are no more than these. */
    struct model_debug_collection *rows =
        arena_alloc_array(arena, SNAPSHOT_MAX_BYTES / COLLECTION_BYTES + 1, sizeof(*rows));
    if (rows == NULL) {
        return false;
    }
    SYSMEM_SET_VECTOR(ret, collections, rows, 0);
    SYSMEM_SET(ret, more, false);
    size_t bytes = 0;
    uint32_t position = 0;
    list_for_each (link, all) {
        const struct collection *collection = container_of(link, struct collection, link);
        if (!snapshot_is_visible(viewer, collection) || position++ < first) {
            continue;
        }
        bytes += bytes_of(collection);
        if (bytes > SNAPSHOT_MAX_BYTES && ret->collections_count > 0) {
            ret->more = true;
            break;
        }
        if (!take_collection(viewer, collection, arena, &rows[ret->collections_count++])) {
            return false;
        }
    }
    return true;
}
