/* Who got a collection's buffers, and who holds them: the part of server/snapshot.h that asks the
 * kernel, and so takes time. */
#include "collection/holdings.h"
#include "server/snapshot.h"

/* How long the loop may wait while handles are counted, for one answer. Usually a few buffers take
 * microseconds. */
#define COUNTING_NS UINT64_C(5000000)

/* What they count for in a reply, without names: encoded, they are less. */
#define PARTICIPANT_BYTES ((size_t)96)
#define BUFFER_BYTES      ((size_t)64)
#define HOLDER_BYTES      ((size_t)24)

static const struct collection *find(const struct snapshot_viewer *viewer, uint64_t id)
{
    list_for_each (link, &viewer->server->collections.collections) {
        const struct collection *collection = container_of(link, struct collection, link);
        if (collection->id == id) {
            return snapshot_is_visible(viewer, collection) ? collection : NULL;
        }
    }
    return NULL;
}

/* Adds to *bytes what they take. */
static bool take_participants(const struct snapshot_viewer *viewer,
                              const struct participants *participants, struct arena *arena,
                              struct model_debug_get_allocation_response *ret, size_t *bytes)
{
    struct model_debug_participant *rows =
        arena_alloc_array(arena, participants->count, sizeof(*rows));
    if (rows == NULL) {
        return false;
    }
    for (size_t i = 0; i < participants->count; i++) {
        const struct participant *from = &participants->list[i];
        struct model_debug_participant *row = &rows[i];
        SYSMEM_SET(row, node, from->node);
        SYSMEM_SET(row, client_name, snapshot_client_name(viewer, from->uid, from->name, arena));
        SYSMEM_SET(row, client_id, from->client_id);
        SYSMEM_SET(row, pid, (uint32_t)from->pid);
        SYSMEM_SET(row, uid, from->uid);
        SYSMEM_SET(row, left, from->left);
        SYSMEM_SET(row, min_buffer_count_for_camping, from->min_buffer_count_for_camping);
        SYSMEM_SET(row, min_buffer_count_for_dedicated_slack,
                   from->min_buffer_count_for_dedicated_slack);
        SYSMEM_SET(row, min_buffer_count_for_shared_slack, from->min_buffer_count_for_shared_slack);
        SYSMEM_SET(row, min_buffer_count, from->min_buffer_count);
        if (row->client_name == NULL) {
            return false;
        }
        *bytes += PARTICIPANT_BYTES + PARTICIPANTS_MAX_NAME_BYTES;
    }
    SYSMEM_SET_VECTOR(ret, participants, rows, participants->count);
    return true;
}

/* One kind of a buffer's handles. */
static bool take_handles(const struct participants *participants, const struct holdings *holdings,
                         struct arena *arena, struct model_debug_handles *ret)
{
    struct model_debug_holder *rows = arena_alloc_array(arena, holdings->count, sizeof(*rows));
    if (rows == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < holdings->count; i++) {
        const struct participant *who =
            participants_find(participants, holdings->list[i].participant);
        if (who != NULL) {
            SYSMEM_SET(&rows[i], node, who->node);
        }
        SYSMEM_SET(&rows[i], handles, holdings->list[i].handles);
    }
    SYSMEM_SET(ret, count, holdings->handles);
    SYSMEM_SET(ret, more, holdings->more);
    SYSMEM_SET_VECTOR(ret, holders, rows, holdings->count);
    return true;
}

/* The handles of one buffer. */
struct counted {
    struct holdings strong;
    struct holdings weak;
};

static bool take_buffer(const struct collection *collection, uint32_t index,
                        const struct counted *counted, struct arena *arena,
                        struct model_debug_buffer *ret)
{
    SYSMEM_SET(ret, koid, buffer_set_koid(collection->buffers, index));
    SYSMEM_SET(ret, state, snapshot_buffer_state(collection->buffers, index));
    ret->has.strong = true;
    ret->has.weak = true;
    return take_handles(&collection->participants, &counted->strong, arena, &ret->strong) &&
           take_handles(&collection->participants, &counted->weak, arena, &ret->weak);
}

/* As many as there are time and room for, at least one. What the time ends in the midst of waits
 * for the next answer, where it has all the time to itself. */
static bool take_buffers(const struct collection *collection, uint32_t first, struct arena *arena,
                         struct model_debug_get_allocation_response *ret, size_t bytes)
{
    const uint64_t deadline_ns = collection_now_ns() + COUNTING_NS;
    const uint32_t left = collection->buffer_count - first;
    struct model_debug_buffer *rows = arena_alloc_array(arena, left, sizeof(*rows));
    if (rows == NULL) {
        return false;
    }
    SYSMEM_SET_VECTOR(ret, buffers, rows, 0);
    for (uint32_t i = 0; i < left; i++) {
        struct counted counted;
        holdings_count(collection->buffers, first + i, false, deadline_ns, &counted.strong);
        holdings_count(collection->buffers, first + i, true, deadline_ns, &counted.weak);
        bytes += BUFFER_BYTES + (counted.strong.count + counted.weak.count) * HOLDER_BYTES;
        ret->more = i > 0 && (bytes > SNAPSHOT_MAX_BYTES || collection_now_ns() >= deadline_ns);
        if (ret->more) {
            break;
        }
        if (!take_buffer(collection, first + i, &counted, arena, &rows[i])) {
            return false;
        }
        ret->buffers_count++;
    }
    return true;
}

bool snapshot_allocation(const struct snapshot_viewer *viewer, uint64_t collection_id,
                         uint32_t first, struct arena *arena,
                         struct model_debug_get_allocation_response *ret)
{
    const struct collection *collection = find(viewer, collection_id);
    if (collection == NULL || collection->buffers == NULL || !collection->populated ||
        first >= collection->buffer_count) {
        return true;
    }
    size_t bytes = 0;
    SYSMEM_SET(ret, more, false);
    return (first > 0 ||
            take_participants(viewer, &collection->participants, arena, ret, &bytes)) &&
           take_buffers(collection, first, arena, ret, bytes);
}
