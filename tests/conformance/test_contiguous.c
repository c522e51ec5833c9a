/* Physically contiguous memory: what the solver promises, and what becomes of it.
 * Source: spec/fuchsia.sysmem2.txt, TABLES, BufferMemoryConstraints,
 * physically_contiguous_required.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "negotiation.h"
#include "wishes.h"

#define POOL_BASE UINT64_C(0x40000000)
#define POOL_SIZE (64 * MIB)
#define MIB       (1024 * KIB)

static struct sysmem_buffer_collection_constraints contiguous(uint32_t count, uint64_t bytes)
{
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(count, bytes, 0);
    SYSMEM_SET(&wish.buffer_memory_constraints, physically_contiguous_required, true);
    return wish;
}

/* 0: it has none. */
static uint64_t address_of(struct stage *stage, const struct negotiation *n, size_t buffer)
{
    zx_handle_t copy = ZX_HANDLE_INVALID;
    struct sysmem_vmo_info info;
    assert_int_equal(
        zx_handle_duplicate(result_of(n, 0)->buffers[buffer].vmo, ZX_RIGHT_SAME_RIGHTS, &copy),
        ZX_OK);
    assert_int_equal(sysmem_allocator_get_vmo_info(stage->allocator, copy, soon(), &info), 0);
    assert_int_equal(info.buffer_index, buffer);
    return info.physical_address;
}

static void c027_contiguous_system_ram_with_the_cpu_domain(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = contiguous(1, PAGE);
    wish.usage = (struct sysmem_buffer_usage){0};
    SYSMEM_SET(&wish.usage, vulkan, SYSMEM_VULKAN_IMAGE_USAGE_TRANSFER_DST);
    SYSMEM_SET(&wish.buffer_memory_constraints, max_size_bytes, PAGE);
    SYSMEM_SET(&wish.buffer_memory_constraints, cpu_domain_supported, true);
    SYSMEM_SET(&wish.buffer_memory_constraints, ram_domain_supported, false);
    SYSMEM_SET(&wish.buffer_memory_constraints, inaccessible_domain_supported, false);
    const struct sysmem_heap ram = {
        SYSMEM_HEAP_TYPE_SYSTEM_RAM, 0, {true, true}
    };
    SYSMEM_SET_VECTOR(&wish.buffer_memory_constraints, permitted_heaps, &ram, 1);
    struct negotiation n;
    negotiate(&n, stage->allocator, &wish, 1);
    assert_allocated(&n, 1);
    const struct sysmem_buffer_memory_settings *memory =
        &result_of(&n, 0)->settings.buffer_settings;
    assert_int_equal(memory->coherency_domain, SYSMEM_COHERENCY_DOMAIN_CPU);
    assert_true(memory->is_physically_contiguous);
    assert_string_equal(memory->heap.heap_type, SYSMEM_HEAP_TYPE_SYSTEM_RAM);
    assert_int_equal(memory->heap.id, 0);
    zx_info_vmo_t info;
    assert_int_equal(zx_object_get_info(result_of(&n, 0)->buffers[0].vmo, ZX_INFO_VMO, &info,
                                        sizeof(info), NULL, NULL),
                     ZX_OK);
    assert_int_equal(info.cache_policy, ZX_CACHE_POLICY_CACHED);
    negotiation_close(&n);
}

static void buffers_have_addresses_in_the_pool(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = contiguous(3, 64 * KIB);
    struct negotiation n;
    negotiate(&n, stage->allocator, &wish, 1);
    assert_allocated(&n, 3);
    uint64_t first = address_of(stage, &n, 0);
    assert_in_range(first, POOL_BASE + PAGE, POOL_BASE + POOL_SIZE - PAGE);
    assert_int_equal(address_of(stage, &n, 1), first + 64 * KIB);
    assert_int_equal(address_of(stage, &n, 2), first + 128 * KIB);
    negotiation_close(&n);
    wish = cpu_constraints(1, PAGE, 0);
    negotiate(&n, stage->allocator, &wish, 1);
    assert_allocated(&n, 1);
    assert_int_equal(address_of(stage, &n, 0), 0);
    negotiation_close(&n);
}

/* Who holds it is told, and what is given back can be had again. */
static void a_full_pool_is_no_memory(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints most = contiguous(1, 48 * MIB);
    struct sysmem_buffer_collection_constraints more = contiguous(1, 24 * MIB);
    struct negotiation n;
    struct negotiation refused;
    negotiate(&n, stage->allocator, &most, 1);
    assert_allocated(&n, 1);
    negotiate(&refused, stage->allocator, &more, 1);
    assert_int_equal(refused.seats[0].status, SYSMEM_ERROR_NO_MEMORY);
    negotiation_close(&refused);
    negotiation_close(&n);
    zx_time_t end = soon();
    do {
        negotiate(&n, stage->allocator, &more, 1);
        sysmem_status_t status = n.seats[0].status;
        negotiation_close(&n);
        if (status == 0) {
            return;
        }
        assert_int_equal(status, SYSMEM_ERROR_NO_MEMORY);
    } while (zx_clock_get_monotonic() < end);
    fail_msg("the pool stays full");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c027_contiguous_system_ram_with_the_cpu_domain),
        CASE(buffers_have_addresses_in_the_pool),
        CASE(a_full_pool_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
