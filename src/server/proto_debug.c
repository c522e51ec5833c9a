/* The Debug protocol, the project's own: what sysmemctl shows of the daemon. A uid sees
 * its own collections and those that it takes part in; root, and whom the configuration names, see
 * all. */
#include "base/log.h"
#include "server/dispatch.h"
#include "server/snapshot.h"
#include "server/watch.h"

static const char *get_collections(struct request *request)
{
    const struct model_debug_get_collections_request *table = request->table;
    struct model_debug_get_collections_response response = {0};
    struct snapshot_viewer viewer;
    snapshot_viewer_init(&viewer, request->binding);
    uint32_t first = table->has.first ? table->first : 0;
    bool taken = table->has.failed
                     ? snapshot_failed(&viewer, table->failed, &request->arena, &response)
                     : snapshot_collections(&viewer, first, &request->arena, &response);
    if (!taken) {
        return request_refuse(request, "no memory for a picture of %u collections",
                              (unsigned)response.collections_count);
    }
    request_reply(request, 0, &response);
    return NULL;
}

static const char *get_allocation(struct request *request)
{
    const struct model_debug_get_allocation_request *table = request->table;
    struct model_debug_get_allocation_response response = {0};
    struct snapshot_viewer viewer;
    if (!table->has.collection_id) {
        return request_lacks(request, "collection_id");
    }
    snapshot_viewer_init(&viewer, request->binding);
    uint32_t first = table->has.first ? table->first : 0;
    if (!snapshot_allocation(&viewer, table->collection_id, first, &request->arena, &response)) {
        return request_refuse(request, "no memory for a picture of buffers");
    }
    request_reply(request, 0, &response);
    return NULL;
}

static const char *get_heaps(struct request *request)
{
    struct model_debug_get_heaps_response response = {0};
    if (!snapshot_heaps(request->binding->server, &request->arena, &response)) {
        return request_refuse(request, "no memory");
    }
    request_reply(request, 0, &response);
    return NULL;
}

static const char *get_environment(struct request *request)
{
    const struct model_debug_get_environment_request *table = request->table;
    struct model_debug_get_environment_response response = {0};
    uint32_t first = table->has.first_format_cost ? table->first_format_cost : 0;
    snapshot_environment(request->binding->server, first, &response);
    request_reply(request, 0, &response);
    return NULL;
}

static const char *get_failures(struct request *request)
{
    struct model_debug_get_failures_response response = {0};
    struct snapshot_viewer viewer;
    snapshot_viewer_init(&viewer, request->binding);
    if (!snapshot_failures(&viewer, request->table, &request->arena, &response)) {
        return request_refuse(request, "no memory for a picture of failures");
    }
    request_reply(request, 0, &response);
    return NULL;
}

static const char *wait_for_change(struct request *request)
{
    const struct model_debug_wait_for_change_response nothing_yet = {
        .has = {.events = true, .missed = true}
    };
    bool pending = false;
    const char *why = watch_begin(request->binding, request->message->txid, &pending);
    if (why != NULL) {
        return request_refuse(request, "%s", why);
    }
    if (!pending) {
        request_reply(request, 0, &nothing_yet);
    }
    return NULL;
}

const struct handler debug_handlers[] = {
    HANDLER(DEBUG, "GetCollections", get_collections),
    HANDLER(DEBUG, "GetHeaps", get_heaps),
    HANDLER(DEBUG, "GetAllocation", get_allocation),
    HANDLER(DEBUG, "GetEnvironment", get_environment),
    HANDLER(DEBUG, "GetFailures", get_failures),
    HANDLER(DEBUG, "WaitForChange", wait_for_change),
    {0},
};
