#include "story.h"

#include <stdio.h>
#include <stdlib.h>

zx_time_t soon(void)
{
    return zx_deadline_after(ZX_SEC(10));
}

void must(sysmem_status_t status, const char *what)
{
    if (status != 0) {
        (void)fprintf(stderr, "%s: %s\n", what, sysmem_status_name(status));
        exit(EXIT_FAILURE);
    }
}

struct sysmem_allocator *connect_as(const char *name)
{
    struct sysmem_allocator *allocator = NULL;
    must(sysmem_allocator_connect(NULL, &allocator), "no daemon (start one with: sysmemd)");
    must(sysmem_allocator_set_debug_client_info(allocator, name, 0), "SetDebugClientInfo");
    return allocator;
}

struct sysmem_collection *join(struct sysmem_allocator *allocator, struct sysmem_token *token,
                               uint32_t camping, uint64_t size)
{
    struct sysmem_collection *collection = NULL;
    must(sysmem_allocator_bind_shared_collection(allocator, token, &collection),
         "BindSharedCollection");
    struct sysmem_buffer_collection_constraints wanted = {.has.usage = true};
    SYSMEM_SET(&wanted.usage, cpu, SYSMEM_CPU_USAGE_READ_OFTEN | SYSMEM_CPU_USAGE_WRITE_OFTEN);
    SYSMEM_SET(&wanted, min_buffer_count_for_camping, camping);
    wanted.has.buffer_memory_constraints = true;
    SYSMEM_SET(&wanted.buffer_memory_constraints, min_size_bytes, size);
    must(sysmem_collection_set_constraints(collection, &wanted), "SetConstraints");
    return collection;
}

struct sysmem_collection_info *buffers_of(struct sysmem_collection *collection)
{
    struct sysmem_collection_info *info = NULL;
    must(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
         "WaitForAllBuffersAllocated");
    return info;
}

void leave(struct sysmem_collection *collection)
{
    must(sysmem_node_release(sysmem_collection_node(collection)), "Release");
    sysmem_collection_free(collection);
}
