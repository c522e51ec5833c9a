/* Shares one buffer with oneself: the whole path from a connection to mapped memory. */
#include <stdio.h>
#include <string.h>

#include <sysmem/sysmem.h>

int main(void)
{
    struct sysmem_allocator *allocator = NULL;
    struct sysmem_collection *collection = NULL;
    struct sysmem_collection_info *info = NULL;
    zx_vaddr_t address = 0;
    struct sysmem_buffer_collection_constraints wanted = {.has.usage = true};
    SYSMEM_SET(&wanted.usage, cpu, SYSMEM_CPU_USAGE_READ | SYSMEM_CPU_USAGE_WRITE);
    SYSMEM_SET(&wanted, min_buffer_count_for_camping, 1);
    wanted.has.buffer_memory_constraints = true;
    SYSMEM_SET(&wanted.buffer_memory_constraints, min_size_bytes, 65536);
    sysmem_status_t s = sysmem_allocator_connect(NULL, &allocator);
    s = s != 0 ? s : sysmem_allocator_allocate_non_shared_collection(allocator, &collection);
    s = s != 0 ? s : sysmem_collection_set_constraints(collection, &wanted);
    s = s != 0
            ? s
            : sysmem_collection_wait_for_all_buffers_allocated(collection, ZX_TIME_INFINITE, &info);
    if (s == 0) {
        zx_handle_t vmo = sysmem_collection_info_take_vmo(info, 0);
        s = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, 65536,
                        &address);
        (void)zx_handle_close(vmo); /* the mapping keeps the buffer */
        (void)sysmem_node_release(sysmem_collection_node(collection)); /* a clean good-bye */
    }
    if (s == 0) {
        printf("%s\n", (char *)memcpy((void *)address, "hello, buffer", 14));
    } else {
        fprintf(stderr, "minimal: %s (is sysmemd running?)\n", sysmem_status_name(s));
    }
    sysmem_collection_info_free(info);
    sysmem_collection_free(collection);
    sysmem_allocator_free(allocator);
    return s == 0 ? 0 : 1;
}
