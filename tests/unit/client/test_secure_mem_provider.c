/* The driver's side of the SecureMem protocol, with a channel in the daemon's place. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/secure_mem_provider.h>
#include <zircon/syscalls.h>

#include "client/channel.h"
#include "client/secure_mem_provider.h"
#include "model/requests.h"

#define TYPE "example.SECURE"

/* The last call that the driver got. */
struct rig {
    struct channel *daemon;
    struct sysmem_secure_mem_provider *provider;
    pthread_t thread;
    const char *called;
    struct sysmem_secure_heap_range range;
    struct sysmem_secure_heap_range new_range;
    bool is_explicit;
    zx_handle_t memory;
    uint32_t err; /* what it answers */
    sysmem_status_t closed;
};

static uint32_t note(struct rig *rig, const char *called, const struct sysmem_heap *heap,
                     const struct sysmem_secure_heap_range *range)
{
    assert_string_equal(heap->heap_type, TYPE);
    rig->called = called;
    rig->range = *range;
    return rig->err;
}

static uint32_t dynamic_heaps(void *arg, struct sysmem_secure_heap *ret_heaps, size_t *ret_count)
{
    for (size_t i = 0; i < SYSMEM_MAX_SECURE_HEAPS; i++) {
        ret_heaps[i] = (struct sysmem_secure_heap){.heap_type = TYPE, .id = i};
    }
    *ret_count = SYSMEM_MAX_SECURE_HEAPS;
    return ((struct rig *)arg)->err;
}

static uint32_t physical_heaps(void *arg, struct sysmem_secure_heap *ret_heaps, size_t *ret_count)
{
    static const struct sysmem_secure_heap_range ranges[] = {
        {0x1000, 0x2000},
        {0x8000, 0x1000}
    };
    (void)arg;
    ret_heaps[0] =
        (struct sysmem_secure_heap){.heap_type = TYPE, .ranges = ranges, .range_count = 2};
    *ret_count = 1;
    return 0;
}

static uint32_t properties(void *arg, const struct sysmem_heap *heap,
                           const struct sysmem_secure_heap_range *range,
                           struct sysmem_secure_heap_properties *ret)
{
    *ret = (struct sysmem_secure_heap_properties){true, 65536, UINT64_MAX, true};
    return note(arg, "properties", heap, range);
}

static uint32_t add(void *arg, const struct sysmem_heap *heap,
                    const struct sysmem_secure_heap_range *range)
{
    return note(arg, "add", heap, range);
}

static uint32_t remove_range(void *arg, const struct sysmem_heap *heap,
                             const struct sysmem_secure_heap_range *range)
{
    return note(arg, "delete", heap, range);
}

static uint32_t modify(void *arg, const struct sysmem_heap *heap,
                       const struct sysmem_secure_heap_range *old_range,
                       const struct sysmem_secure_heap_range *new_range)
{
    ((struct rig *)arg)->new_range = *new_range;
    return note(arg, "modify", heap, old_range);
}

static uint32_t zero(void *arg, const struct sysmem_heap *heap,
                     const struct sysmem_secure_heap_range *range, bool is_covering_range_explicit)
{
    ((struct rig *)arg)->is_explicit = is_covering_range_explicit;
    return note(arg, "zero", heap, range);
}

static uint32_t set_memory(void *arg, const struct sysmem_heap *heap,
                           const struct sysmem_secure_heap_range *range, zx_handle_t memory)
{
    ((struct rig *)arg)->memory = memory;
    return note(arg, "memory", heap, range);
}

static void closed(void *arg, sysmem_status_t why)
{
    ((struct rig *)arg)->closed = why;
}

static void *serve(void *arg)
{
    (void)sysmem_secure_mem_provider_run(((struct rig *)arg)->provider, ZX_TIME_INFINITE);
    return NULL;
}

static int setup(void **state)
{
    static const struct sysmem_secure_mem_ops ops = {
        .get_dynamic_secure_heaps = dynamic_heaps,
        .get_physical_secure_heaps = physical_heaps,
        .get_physical_secure_heap_properties = properties,
        .add_range = add,
        .delete_range = remove_range,
        .modify_range = modify,
        .zero_sub_range = zero,
        .set_pool_memory = set_memory,
        .closed = closed,
    };
    static struct rig rig;
    int ends[2];
    rig = (struct rig){0};
    assert_int_equal(channel_pair(ends), 0);
    assert_int_equal(channel_new(ends[0], MODEL_PROTOCOL_SECURE_MEM, &rig.daemon), 0);
    assert_int_equal(secure_mem_provider_new(ends[1], &ops, &rig, &rig.provider), 0);
    assert_int_equal(pthread_create(&rig.thread, NULL, serve, &rig), 0);
    *state = &rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    channel_free(rig->daemon);
    (void)pthread_join(rig->thread, NULL);
    assert_int_equal(rig->closed, ZX_ERR_PEER_CLOSED);
    sysmem_secure_mem_provider_free(rig->provider);
    return 0;
}

/* Calls; the reply is the caller's to clear. */
static struct channel_reply call(const struct rig *rig, const char *name, void *request)
{
    struct channel_reply reply;
    channel_call(rig->daemon, model_method_by_name(MODEL_PROTOCOL_SECURE_MEM, name), request,
                 ZX_TIME_INFINITE, &reply);
    return reply;
}

static sysmem_status_t status_of(const struct rig *rig, const char *name, void *request)
{
    struct channel_reply reply = call(rig, name, request);
    channel_reply_clear(&reply);
    return reply.status;
}

static struct model_secure_heap_range range_of(uint64_t address, uint64_t size)
{
    struct model_secure_heap_range range = {0};
    SYSMEM_SET(&range, physical_address, address);
    SYSMEM_SET(&range, size_bytes, size);
    return range;
}

static struct model_secure_heap_and_range heap_range(uint64_t address, uint64_t size)
{
    struct model_secure_heap_and_range both = {0};
    both.has.heap = true;
    SYSMEM_SET(&both.heap, heap_type, TYPE);
    SYSMEM_SET(&both, range, range_of(address, size));
    return both;
}

static void heaps_are_told(void **state)
{
    struct rig *rig = *state;
    struct channel_reply reply = call(rig, "GetDynamicSecureHeaps", NULL);
    const struct model_secure_mem_get_dynamic_secure_heaps_response *dynamic = reply.response;
    assert_int_equal(reply.status, 0);
    assert_int_equal(dynamic->heaps_count, SYSMEM_MAX_SECURE_HEAPS);
    assert_int_equal(dynamic->heaps[31].heap.id, 31);
    channel_reply_clear(&reply);
    reply = call(rig, "GetPhysicalSecureHeaps", NULL);
    const struct model_secure_mem_get_physical_secure_heaps_response *physical = reply.response;
    assert_int_equal(physical->heaps_count, 1);
    assert_string_equal(physical->heaps[0].heap.heap_type, TYPE);
    assert_int_equal(physical->heaps[0].ranges_count, 2);
    assert_int_equal(physical->heaps[0].ranges[1].physical_address, 0x8000);
    channel_reply_clear(&reply);
    rig->err = SYSMEM_ERROR_PROTOCOL_DEVIATION;
    assert_int_equal(status_of(rig, "GetDynamicSecureHeaps", NULL),
                     SYSMEM_ERROR_PROTOCOL_DEVIATION);
}

static void properties_are_told(void **state)
{
    struct rig *rig = *state;
    struct model_secure_mem_get_physical_secure_heap_properties_request request = {0};
    SYSMEM_SET(&request, entire_heap, heap_range(0x10000, 0x20000));
    struct channel_reply reply = call(rig, "GetPhysicalSecureHeapProperties", &request);
    const struct model_secure_mem_get_physical_secure_heap_properties_response *response =
        reply.response;
    assert_int_equal(reply.status, 0);
    assert_int_equal(response->properties.protected_range_granularity, 65536);
    assert_true(response->properties.max_protected_range_count == UINT64_MAX);
    assert_string_equal(response->properties.heap.heap_type, TYPE);
    channel_reply_clear(&reply);
    assert_int_equal(rig->range.size_bytes, 0x20000);
}

static void ranges_are_changed(void **state)
{
    struct rig *rig = *state;
    struct model_secure_mem_add_secure_heap_physical_range_request plus = {0};
    struct model_secure_mem_delete_secure_heap_physical_range_request minus = {0};
    struct model_secure_mem_modify_secure_heap_physical_range_request change = {0};
    struct model_secure_mem_zero_sub_range_request clear = {0};
    SYSMEM_SET(&plus, heap_range, heap_range(0x1000, 0x2000));
    assert_int_equal(status_of(rig, "AddSecureHeapPhysicalRange", &plus), 0);
    assert_string_equal(rig->called, "add");
    assert_int_equal(rig->range.physical_address, 0x1000);
    rig->err = SYSMEM_ERROR_NOT_FOUND;
    SYSMEM_SET(&minus, heap_range, heap_range(0x3000, 0x1000));
    assert_int_equal(status_of(rig, "DeleteSecureHeapPhysicalRange", &minus),
                     SYSMEM_ERROR_NOT_FOUND);
    rig->err = 0;
    change.has.range_modification = true;
    change.range_modification.has.heap = true;
    SYSMEM_SET(&change.range_modification.heap, heap_type, TYPE);
    SYSMEM_SET(&change.range_modification, old_range, range_of(0x1000, 0x2000));
    SYSMEM_SET(&change.range_modification, new_range, range_of(0x1000, 0x4000));
    assert_int_equal(status_of(rig, "ModifySecureHeapPhysicalRange", &change), 0);
    assert_int_equal(rig->new_range.size_bytes, 0x4000);
    SYSMEM_SET(&clear, heap_range, heap_range(0x1000, 0x1000));
    SYSMEM_SET(&clear, is_covering_range_explicit, true);
    assert_int_equal(status_of(rig, "ZeroSubRange", &clear), 0);
    assert_true(rig->is_explicit);
}

/* The driver is not even asked. */
static void what_is_left_out_is_refused(void **state)
{
    struct rig *rig = *state;
    struct model_secure_mem_add_secure_heap_physical_range_request plus = {0};
    struct model_secure_mem_zero_sub_range_request clear = {0};
    assert_int_equal(status_of(rig, "AddSecureHeapPhysicalRange", &plus),
                     SYSMEM_ERROR_PROTOCOL_DEVIATION);
    SYSMEM_SET(&plus, heap_range, heap_range(0x1000, 0x2000));
    plus.heap_range.range.has.size_bytes = false;
    assert_int_equal(status_of(rig, "AddSecureHeapPhysicalRange", &plus),
                     SYSMEM_ERROR_PROTOCOL_DEVIATION);
    SYSMEM_SET(&clear, heap_range, heap_range(0x1000, 0x1000));
    assert_int_equal(status_of(rig, "ZeroSubRange", &clear), SYSMEM_ERROR_PROTOCOL_DEVIATION);
    assert_null(rig->called);
}

static void the_pool_is_handed_over(void **state)
{
    struct rig *rig = *state;
    struct model_secure_mem_set_pool_memory_request request = {0};
    zx_handle_t vmo;
    char text[5] = "";
    assert_int_equal(zx_vmo_create(4096, 0, &vmo), 0);
    assert_int_equal(zx_vmo_write(vmo, "pool", 0, 5), 0);
    SYSMEM_SET(&request, entire_heap, heap_range(0x1000, 4096));
    SYSMEM_SET(&request, memory, vmo);
    assert_int_equal(status_of(rig, "SetPoolMemory", &request), 0);
    assert_int_equal(zx_vmo_read(rig->memory, text, 0, 5), 0);
    assert_string_equal(text, "pool");
    (void)zx_handle_close(rig->memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(heaps_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(properties_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(ranges_are_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_left_out_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(the_pool_is_handed_over, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
