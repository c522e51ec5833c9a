/* A display would rather show the buffers by its overlay than compose them by its GPU; the daemon
 * finds out which of the two the others can live with.
 *
 * The two are children of a token group, in order of preference. The overlay needs more room than
 * the camera allows, so the GPU is chosen, and the overlay hears that it was not. Source:
 * spec/fuchsia.sysmem2.txt, BufferCollectionTokenGroup. */
#include <poll.h>
#include <stdlib.h>

#include <sysmem/error.h>

#include "story.h"

/* A camera that cannot do more than `max_size` bytes. */
static struct sysmem_collection *join_limited(struct sysmem_allocator *allocator,
                                              struct sysmem_token *token, uint64_t max_size)
{
    struct sysmem_collection *collection = NULL;
    must(sysmem_allocator_bind_shared_collection(allocator, token, &collection),
         "BindSharedCollection");
    struct sysmem_buffer_collection_constraints wanted = {.has.usage = true};
    SYSMEM_SET(&wanted.usage, cpu, SYSMEM_CPU_USAGE_WRITE_OFTEN);
    SYSMEM_SET(&wanted, min_buffer_count_for_camping, 1);
    wanted.has.buffer_memory_constraints = true;
    SYSMEM_SET(&wanted.buffer_memory_constraints, min_size_bytes, 4096);
    SYSMEM_SET(&wanted.buffer_memory_constraints, max_size_bytes, max_size);
    must(sysmem_collection_set_constraints(collection, &wanted), "SetConstraints");
    return collection;
}

struct verdict {
    bool heard;
    sysmem_status_t status;
};

static void on_verdict(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    struct verdict *verdict = arg;
    *verdict = (struct verdict){.heard = true, .status = status};
    sysmem_collection_info_free(info);
}

/* Asks before it is decided: who waits already is told why; later, the channel is just closed. */
static void ask(struct sysmem_collection *collection, struct verdict *verdict)
{
    must(sysmem_collection_wait_for_all_buffers_allocated_async(collection, on_verdict, verdict),
         "WaitForAllBuffersAllocated");
    must(sysmem_node_sync(sysmem_collection_node(collection), soon()), "Sync");
}

int main(void)
{
    struct sysmem_allocator *camera_side = connect_as("camera");
    struct sysmem_allocator *display_side = connect_as("display");
    struct sysmem_token *root = NULL;
    struct sysmem_group *group = NULL;
    must(sysmem_allocator_allocate_shared_collection(camera_side, &root),
         "AllocateSharedCollection");
    must(sysmem_token_create_buffer_collection_token_group(root, &group),
         "CreateBufferCollectionTokenGroup");
    must(sysmem_node_sync(sysmem_token_node(root), soon()), "Sync");
    const zx_rights_t masks[] = {ZX_RIGHT_SAME_RIGHTS, ZX_RIGHT_SAME_RIGHTS};
    struct sysmem_token *delegates[2];
    must(sysmem_group_create_children_sync(group, masks, 2, soon(), delegates),
         "CreateChildrenSync");
    must(sysmem_group_all_children_present(group), "AllChildrenPresent");
    tell("the display offers its overlay (64 KiB at least) and, second, its GPU (4 KiB at least)");

    struct sysmem_collection *overlay = join(display_side, delegates[0], 1, 65536);
    struct verdict verdict = {0};
    ask(overlay, &verdict);
    struct sysmem_collection *gpu = join(display_side, delegates[1], 1, 4096);
    struct sysmem_collection *camera = join_limited(camera_side, root, 16384);
    tell("the camera can do 16 KiB at most");

    struct sysmem_collection_info *info = buffers_of(gpu);
    uint64_t size = sysmem_collection_info_get(info)->settings.buffer_settings.size_bytes;
    tell("the GPU was chosen: %zu buffers of %llu bytes",
         sysmem_collection_info_get(info)->buffers_count, (unsigned long long)size);
    struct sysmem_channel *channel = sysmem_node_channel(sysmem_collection_node(overlay));
    while (!verdict.heard) {
        struct pollfd news = {sysmem_channel_get_fd(channel), sysmem_channel_get_events(channel),
                              0};
        must(poll(&news, 1, -1) < 0, "poll");
        (void)sysmem_channel_process(channel); /* what it returns is what the verdict says */
    }
    tell("the overlay hears: %s", sysmem_status_name(verdict.status));

    sysmem_collection_info_free(info);
    sysmem_collection_free(overlay);
    must(sysmem_node_release(sysmem_group_node(group)), "Release");
    sysmem_group_free(group);
    leave(gpu);
    leave(camera);
    sysmem_allocator_free(display_side);
    sysmem_allocator_free(camera_side);
    bool refused = verdict.status == SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY;
    return refused && size == 4096 ? EXIT_SUCCESS : EXIT_FAILURE;
}
