#include "census.h"

#include <sysmem/handle.h>

#include "model/debug.h"
#include "support/participant.h"

struct channel *census_open(struct channel *allocator)
{
    const struct model_method *open = model_method_by_name(MODEL_PROTOCOL_ALLOCATOR, "OpenDebug");
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_CHANNEL,
                                            .rights = ZX_DEFAULT_CHANNEL_RIGHTS};
    struct model_allocator_open_debug_request request = {0};
    struct channel *debug = NULL;
    int ends[2];
    if (channel_pair(ends) != 0 || channel_new(ends[0], MODEL_PROTOCOL_DEBUG, &debug) != 0 ||
        sysmem_handle_from_fd(ends[1], &info, &request.server_end) != ZX_OK) {
        channel_free(debug);
        return NULL;
    }
    request.has.server_end = true;
    (void)channel_send(allocator, open, &request);
    return debug;
}

static void count(const struct model_debug_collection *collection, struct census *ret)
{
    *ret = (struct census){.known = true,
                           .allocated = collection->state == MODEL_DEBUG_STATE_ALLOCATED,
                           .nodes = (unsigned)collection->nodes_count};
    ret->buffer_count = ret->allocated ? collection->buffer_count : 0;
    for (size_t i = 0; i < collection->nodes_count; i++) {
        ret->orphans += collection->nodes[i].kind == MODEL_DEBUG_NODE_KIND_ORPHAN ? 1 : 0;
    }
}

bool census_take(struct channel *debug, uint64_t id, struct census *ret)
{
    const struct model_method *get = model_method_by_name(MODEL_PROTOCOL_DEBUG, "GetCollections");
    uint32_t seen = 0;
    *ret = (struct census){.known = false};
    for (bool more = true; more;) {
        struct model_debug_get_collections_request request = {0};
        SYSMEM_SET(&request, first, seen);
        struct channel_reply reply;
        channel_call(debug, get, &request, soon(), &reply);
        const struct model_debug_get_collections_response *page = reply.response;
        if (page == NULL) {
            channel_reply_clear(&reply);
            return false;
        }
        for (size_t i = 0; i < page->collections_count; i++) {
            if (page->collections[i].id == id) {
                count(&page->collections[i], ret);
            }
        }
        seen += (uint32_t)page->collections_count;
        more = page->more;
        channel_reply_clear(&reply);
    }
    return true;
}

uint64_t census_buffers(struct channel *debug)
{
    const struct model_method *get = model_method_by_name(MODEL_PROTOCOL_DEBUG, "GetHeaps");
    struct channel_reply reply;
    channel_call(debug, get, NULL, soon(), &reply);
    const struct model_debug_get_heaps_response *response = reply.response;
    uint64_t buffers = response == NULL ? UINT64_MAX : 0;
    for (size_t i = 0; response != NULL && i < response->heaps_count; i++) {
        buffers += response->heaps[i].buffers;
    }
    channel_reply_clear(&reply);
    return buffers;
}
