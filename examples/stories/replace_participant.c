/* A filter fails and a new one takes its place, while camera and display go on with the same
 * buffers.
 *
 * The first filter has a dispensable token: before allocation its failure would fail everybody,
 * afterwards it fails alone. The second one gets a token by AttachToken: it joins the buffers that
 * exist, once the counts of the first are free again, which AttachNodeTracking tells. Source:
 * spec/fuchsia.sysmem2-BufferCollection.AttachToken.txt. */
#include <stdlib.h>

#include "story.h"

/* Duplicates a token for somebody else. */
static struct sysmem_token *token_for_other(struct sysmem_token *token)
{
    struct sysmem_token *other = NULL;
    must(sysmem_token_duplicate(token, ZX_RIGHT_SAME_RIGHTS, &other), "Duplicate");
    must(sysmem_node_sync(sysmem_token_node(token), soon()), "Sync");
    return other;
}

static zx_koid_t koid_of_first(const struct sysmem_collection_info *info)
{
    zx_info_handle_basic_t basic = {0};
    must(zx_object_get_info(sysmem_collection_info_get(info)->buffers[0].vmo, ZX_INFO_HANDLE_BASIC,
                            &basic, sizeof(basic), NULL, NULL),
         "ZX_INFO_HANDLE_BASIC");
    return basic.koid;
}

int main(void)
{
    struct sysmem_allocator *camera_side = connect_as("camera");
    struct sysmem_allocator *filter_side = connect_as("filter");
    struct sysmem_token *root = NULL;
    must(sysmem_allocator_allocate_shared_collection(camera_side, &root),
         "AllocateSharedCollection");
    struct sysmem_token *filter_token = token_for_other(root);
    must(sysmem_token_set_dispensable(filter_token), "SetDispensable");
    must(sysmem_node_sync(sysmem_token_node(filter_token), soon()), "Sync");

    struct sysmem_collection *camera = join(camera_side, root, 2, 4096);
    struct sysmem_collection *filter = join(filter_side, filter_token, 1, 4096);
    zx_handle_t counts_are_free = ZX_HANDLE_INVALID;
    zx_handle_t server_end = ZX_HANDLE_INVALID;
    must(zx_eventpair_create(0, &counts_are_free, &server_end), "zx_eventpair_create");
    must(sysmem_node_attach_node_tracking(sysmem_collection_node(filter), server_end),
         "AttachNodeTracking");
    struct sysmem_collection_info *mine = buffers_of(camera);
    struct sysmem_collection_info *theirs = buffers_of(filter);
    tell("camera and filter share %zu buffers", sysmem_collection_info_get(mine)->buffers_count);

    sysmem_collection_info_free(theirs);
    sysmem_collection_free(filter); /* without Release: it crashed */
    must(zx_object_wait_one(counts_are_free, ZX_EVENTPAIR_PEER_CLOSED, soon(), NULL),
         "the filter's counts");
    must(sysmem_node_sync(sysmem_collection_node(camera), soon()), "the camera goes on");
    tell("the filter failed; the camera goes on, and the filter's counts are free again");

    struct sysmem_token *attached = NULL;
    must(sysmem_collection_attach_token(camera, ZX_RIGHT_SAME_RIGHTS, &attached), "AttachToken");
    must(sysmem_node_sync(sysmem_collection_node(camera), soon()), "Sync");
    struct sysmem_collection *second = join(filter_side, attached, 1, 4096);
    theirs = buffers_of(second);
    bool same = koid_of_first(mine) == koid_of_first(theirs);
    tell("a second filter joined: %s", same ? "the same buffers" : "OTHER buffers");

    sysmem_collection_info_free(theirs);
    sysmem_collection_info_free(mine);
    leave(second);
    leave(camera);
    (void)zx_handle_close(counts_are_free);
    sysmem_allocator_free(filter_side);
    sysmem_allocator_free(camera_side);
    return same ? EXIT_SUCCESS : EXIT_FAILURE;
}
