/* A camera and a display want buffers of sizes that exclude each other. The camera is told, beside
 * the error, whose fields stand in the way of each other, and what they say.
 *
 * Source: docs/reasons.md. */
#include <stdlib.h>
#include <string.h>

#include <sysmem/error.h>
#include <sysmem/failure.h>

#include "story.h"

/* A display whose hardware ends at `max_size` bytes. */
static struct sysmem_collection *join_limited(struct sysmem_allocator *allocator,
                                              struct sysmem_token *token, uint64_t max_size)
{
    struct sysmem_collection *collection = NULL;
    must(sysmem_allocator_bind_shared_collection(allocator, token, &collection),
         "BindSharedCollection");
    struct sysmem_buffer_collection_constraints wanted = {.has.usage = true};
    SYSMEM_SET(&wanted.usage, cpu, SYSMEM_CPU_USAGE_READ_OFTEN);
    SYSMEM_SET(&wanted, min_buffer_count_for_camping, 1);
    wanted.has.buffer_memory_constraints = true;
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

/* How many of the reasons are the camera's own. */
static size_t tell_reasons(struct sysmem_failure *failure)
{
    size_t own = 0;
    for (size_t i = 0; i < sysmem_failure_reason_count(failure); i++) {
        const struct sysmem_reason *reason = sysmem_failure_reason(failure, i);
        own += reason->own ? 1 : 0;
        tell("  %s, %s: %s",
             reason->own               ? "I"
             : reason->has.participant ? reason->participant
                                       : "?",
             reason->has.field ? reason->field : "nobody's fault",
             reason->has.detail ? reason->detail : "");
    }
    return own;
}

int main(void)
{
    struct sysmem_allocator *camera_side = connect_as("camera");
    struct sysmem_allocator *display_side = connect_as("display");
    struct sysmem_token *root = NULL;
    struct sysmem_token *for_display = NULL;
    must(sysmem_allocator_allocate_shared_collection(camera_side, &root),
         "AllocateSharedCollection");
    must(sysmem_token_duplicate(root, ZX_RIGHT_SAME_RIGHTS, &for_display), "Duplicate");
    must(sysmem_node_sync(sysmem_token_node(root), soon()), "Sync");

    struct sysmem_collection *camera = join(camera_side, root, 1, 65536);
    struct verdict verdict = {0};
    must(sysmem_collection_wait_for_all_buffers_allocated_async(camera, on_verdict, &verdict),
         "WaitForAllBuffersAllocated");
    must(sysmem_node_sync(sysmem_collection_node(camera), soon()), "Sync");
    tell("the camera waits for buffers of 64 KiB; the display can do 16 KiB at most");
    struct sysmem_collection *display = join_limited(display_side, for_display, 16384);
    while (!verdict.heard) {
        (void)sysmem_channel_process(sysmem_node_channel(sysmem_collection_node(camera)));
    }

    struct sysmem_failure *failure = sysmem_collection_take_failure(camera);
    tell("the camera hears: %s", sysmem_status_name(verdict.status));
    size_t own = failure == NULL ? 0 : tell_reasons(failure);
    bool complete = failure != NULL && sysmem_failure_is_minimal(failure) &&
                    sysmem_failure_reason_count(failure) == 2;
    sysmem_failure_free(failure);
    sysmem_collection_free(display);
    sysmem_collection_free(camera);
    sysmem_allocator_free(display_side);
    sysmem_allocator_free(camera_side);
    return complete && own == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
