/* The last failures: the part of server/snapshot.h that tells why allocations failed. */
#include "collection/failure.h"
#include "server/snapshot.h"

_Static_assert(FAILURE_MAX_BYTES <= SNAPSHOT_MAX_BYTES / 4, "one fits into an answer");

/* Of the memory that failures take. As names are told with each reason, an answer may have four
 * times as much. */
#define PAGE_BYTES (SNAPSHOT_MAX_BYTES / 4)

bool snapshot_sees_failure(const struct snapshot_viewer *viewer, const struct failure *failure)
{
    bool visible = viewer->sees_all || failure->owner == viewer->uid;
    for (size_t i = 0; i < failure->uid_count && !visible; i++) {
        visible = failure->uids[i] == viewer->uid;
    }
    return visible;
}

static bool take_participants(const struct snapshot_viewer *viewer, const struct failure *failure,
                              struct arena *arena, struct model_debug_failure *ret)
{
    struct model_debug_participant *rows =
        arena_alloc_array(arena, failure->party_count, sizeof(*rows));
    if (rows == NULL) {
        return false;
    }
    for (size_t i = 0; i < failure->party_count; i++) {
        const struct failure_party *party = &failure->parties[i];
        SYSMEM_SET(&rows[i], node, party->node);
        SYSMEM_SET(&rows[i], client_name,
                   snapshot_client_name(viewer, party->uid, party->name, arena));
        SYSMEM_SET(&rows[i], client_id, party->client_id);
        SYSMEM_SET(&rows[i], pid, (uint32_t)party->pid);
        SYSMEM_SET(&rows[i], uid, party->uid);
        if (rows[i].client_name == NULL) {
            return false;
        }
    }
    SYSMEM_SET_VECTOR(ret, participants, rows, failure->party_count);
    if (failure->parties_omitted > 0) {
        SYSMEM_SET(ret, participants_omitted, failure->parties_omitted);
    }
    return true;
}

/* `of`: has the names that the viewer may see. */
static void take_reason(const struct model_debug_failure *of, const struct failure_reason *reason,
                        struct model_debug_reason *ret)
{
    SYSMEM_SET(ret, detail, reason->detail);
    if (reason->party != FAILURE_NOBODY) {
        SYSMEM_SET(ret, node, of->participants[reason->party].node);
        SYSMEM_SET(ret, participant, of->participants[reason->party].client_name);
        SYSMEM_SET(ret, field, reason->field);
    }
}

static bool take_conflict(const struct model_debug_failure *of,
                          const struct failure_conflict *conflict, struct arena *arena,
                          struct model_debug_conflict *ret)
{
    struct model_debug_reason *rows =
        arena_alloc_array(arena, conflict->reason_count, sizeof(*rows));
    uint32_t *selected = arena_alloc_array(arena, conflict->selected_count, sizeof(*selected));
    if (rows == NULL || selected == NULL) {
        return false;
    }
    for (size_t i = 0; i < conflict->reason_count; i++) {
        take_reason(of, &conflict->reasons[i], &rows[i]);
    }
    size_t count = 0;
    for (size_t i = 0; i < conflict->selected_count; i++) {
        if (conflict->selected[i] != SOLVER_HIDDEN) {
            selected[count++] = conflict->selected[i];
        }
    }
    if (count > 0) {
        SYSMEM_SET_VECTOR(ret, selected, selected, count);
    }
    SYSMEM_SET_VECTOR(ret, reasons, rows, conflict->reason_count);
    SYSMEM_SET(ret, minimal, conflict->minimal);
    if (conflict->omitted > 0) {
        SYSMEM_SET(ret, omitted, conflict->omitted);
    }
    return true;
}

static bool take_combinations(const struct failure *failure, struct arena *arena,
                              struct model_debug_failure *ret)
{
    struct model_debug_conflict *rows =
        arena_alloc_array(arena, failure->combination_count, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < failure->combination_count; i++) {
        if (!take_conflict(ret, &failure->combinations[i], arena, &rows[i])) {
            return false;
        }
    }
    SYSMEM_SET_VECTOR(ret, conflicts, rows, failure->combination_count);
    return rows != NULL;
}

static bool take_failure(const struct snapshot_viewer *viewer, const struct failure *failure,
                         bool every, struct arena *arena, struct model_debug_failure *ret)
{
    *ret = (struct model_debug_failure){0};
    SYSMEM_SET(ret, number, failure->number);
    SYSMEM_SET(ret, time_ns, failure->time_ns);
    SYSMEM_SET(ret, collection_id, failure->collection_id);
    if (failure->collection_name[0] != '\0') {
        SYSMEM_SET(ret, collection_name, failure->collection_name);
    }
    if (failure->part != 0) {
        SYSMEM_SET(ret, part, failure->part);
    }
    SYSMEM_SET(ret, owner_uid, failure->owner);
    SYSMEM_SET(ret, error, failure->error);
    ret->has.conflict = true;
    return take_participants(viewer, failure, arena, ret) &&
           take_conflict(ret, &failure->conflict, arena, &ret->conflict) &&
           (!every || failure->combination_count == 0 || take_combinations(failure, arena, ret));
}

bool snapshot_failures(const struct snapshot_viewer *viewer,
                       const struct model_debug_get_failures_request *request, struct arena *arena,
                       struct model_debug_get_failures_response *ret)
{
    const struct failure_log *log = &viewer->server->collections.failures;
    struct model_debug_failure *rows = arena_alloc_array(arena, log->count, sizeof(*rows));
    bool every = request->has.every_combination && request->every_combination;
    size_t bytes = 0;
    if (rows == NULL) {
        return false;
    }
    SYSMEM_SET_VECTOR(ret, failures, rows, 0);
    SYSMEM_SET(ret, more, false);
    list_for_each (link, &log->failures) {
        const struct failure *failure = container_of(link, struct failure, link);
        bool wanted =
            (!request->has.after || failure->number > request->after) &&
            (!request->has.collection_id || failure->collection_id == request->collection_id) &&
            snapshot_sees_failure(viewer, failure);
        bytes += wanted ? failure->arena.used : 0;
        ret->more = wanted && ret->failures_count > 0 && bytes > PAGE_BYTES;
        if (ret->more) {
            break;
        }
        if (wanted && !take_failure(viewer, failure, every, arena, &rows[ret->failures_count++])) {
            return false;
        }
    }
    return true;
}
