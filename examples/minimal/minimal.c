/* Shares one buffer with oneself: the whole path from a connection to mapped memory. */
#include <stdio.h>
#include <string.h>

#include <sysmem/sysmem.h>

static int fail(const char *what, sysmem_status_t status)
{
    fprintf(stderr, "minimal: %s: %s\n", what, sysmem_status_name(status));
    return 1;
}

int main(void)
{
    struct sysmem_allocator *allocator;
    struct sysmem_collection *collection;
    struct sysmem_collection_info *info;

    sysmem_status_t status = sysmem_allocator_connect(NULL, &allocator);
    if (status != 0) {
        return fail("no daemon (start one with: sysmemd)", status);
    }
    status = sysmem_allocator_allocate_non_shared_collection(allocator, &collection);
    if (status != 0) {
        return fail("allocate", status);
    }
    struct sysmem_buffer_collection_constraints wanted = {0};
    SYSMEM_SET(&wanted.usage, cpu, SYSMEM_CPU_USAGE_READ_OFTEN | SYSMEM_CPU_USAGE_WRITE_OFTEN);
    wanted.has.usage = true;
    SYSMEM_SET(&wanted, min_buffer_count_for_camping, 1);
    SYSMEM_SET(&wanted.buffer_memory_constraints, min_size_bytes, 65536);
    wanted.has.buffer_memory_constraints = true;
    (void)sysmem_collection_set_constraints(collection, &wanted);
    status = sysmem_collection_wait_for_all_buffers_allocated(collection, ZX_TIME_INFINITE, &info);
    if (status != 0) {
        return fail("wait", status);
    }
    zx_handle_t vmo = sysmem_collection_info_take_vmo(info, 0);
    zx_vaddr_t address;
    status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, 65536,
                         &address);
    if (status != 0) {
        return fail("map", status);
    }
    strcpy((char *)address, "hello, buffer");
    printf("%s\n", (const char *)address);
    return 0;
}
