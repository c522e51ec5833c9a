#include "support/participant.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void must(sysmem_status_t status, const char *what)
{
    if (status != 0) {
        (void)fprintf(stderr, "%s: wanted success, got %s\n", what, sysmem_status_name(status));
        abort();
    }
}

zx_time_t soon(void)
{
    return zx_deadline_after(ZX_MSEC(DAEMON_PATIENCE_MS));
}

struct sysmem_allocator *connect_to(const struct daemon *daemon)
{
    struct sysmem_allocator *allocator = NULL;
    must(sysmem_allocator_connect(daemon->socket, &allocator), "connect");
    return allocator;
}

struct sysmem_token *root_token(struct sysmem_allocator *allocator)
{
    struct sysmem_token *token = NULL;
    must(sysmem_allocator_allocate_shared_collection(allocator, &token),
         "AllocateSharedCollection");
    return token;
}

struct sysmem_token *duplicate(struct sysmem_token *token)
{
    struct sysmem_token *copy = NULL;
    must(sysmem_token_duplicate(token, ZX_RIGHT_SAME_RIGHTS, &copy), "Duplicate");
    must(sysmem_node_sync(sysmem_token_node(token), soon()), "Sync");
    return copy;
}

struct sysmem_collection *bind_token(struct sysmem_allocator *allocator, struct sysmem_token *token)
{
    struct sysmem_collection *collection = NULL;
    must(sysmem_allocator_bind_shared_collection(allocator, token, &collection),
         "BindSharedCollection");
    return collection;
}

struct sysmem_buffer_collection_constraints cpu_constraints(uint32_t camping, uint64_t min_size,
                                                            uint64_t max_size)
{
    struct sysmem_buffer_collection_constraints wanted = {0};
    struct sysmem_buffer_memory_constraints *memory = &wanted.buffer_memory_constraints;
    SYSMEM_SET(&wanted.usage, cpu, SYSMEM_CPU_USAGE_READ_OFTEN | SYSMEM_CPU_USAGE_WRITE_OFTEN);
    wanted.has.usage = true;
    SYSMEM_SET(&wanted, min_buffer_count_for_camping, camping);
    wanted.has.buffer_memory_constraints = true;
    SYSMEM_SET(memory, cpu_domain_supported, true);
    SYSMEM_SET(memory, ram_domain_supported, false);
    SYSMEM_SET(memory, inaccessible_domain_supported, false);
    if (min_size > 0) {
        SYSMEM_SET(memory, min_size_bytes, min_size);
    }
    if (max_size > 0) {
        SYSMEM_SET(memory, max_size_bytes, max_size);
    }
    return wanted;
}

struct sysmem_collection *allocated(struct sysmem_allocator *allocator, uint32_t count,
                                    uint64_t size, struct sysmem_collection_info **ret_info)
{
    struct sysmem_collection *collection = bind_token(allocator, root_token(allocator));
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(count, size, 0);
    must(sysmem_collection_set_constraints(collection, &wanted), "SetConstraints");
    must(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), ret_info),
         "WaitForAllBuffersAllocated");
    return collection;
}

void leave(struct sysmem_collection *collection)
{
    must(sysmem_node_release(sysmem_collection_node(collection)), "Release");
    sysmem_collection_free(collection);
}
