#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/secure_reply.h"

#define PAGE UINT64_C(4096)

static struct sysmem_heap heap_of(const char *type, uint64_t id)
{
    struct sysmem_heap heap = {0};
    SYSMEM_SET(&heap, heap_type, type);
    SYSMEM_SET(&heap, id, id);
    return heap;
}

static void the_first_dynamic_heap_counts(void **state)
{
    (void)state;
    struct model_dynamic_secure_heap heaps[2] = {
        {.heap = heap_of("a", 3), .has.heap = true},
        {.heap = heap_of("b", 0), .has.heap = true},
    };
    struct model_secure_mem_get_dynamic_secure_heaps_response reply = {0};
    struct sysmem_heap heap;
    assert_string_equal(secure_reply_dynamic(&reply, &heap), "the required field heaps is not set");
    SYSMEM_SET_VECTOR(&reply, heaps, heaps, 2);
    assert_null(secure_reply_dynamic(&reply, &heap));
    assert_string_equal(heap.heap_type, "a");
    assert_int_equal(heap.id, 3);
    heaps[0].heap.has.id = false;
    assert_null(secure_reply_dynamic(&reply, &heap));
    assert_true(heap.has.id);
    assert_int_equal(heap.id, 0);
    heaps[0].has.heap = false;
    assert_non_null(secure_reply_dynamic(&reply, &heap));
    reply.heaps_count = 0;
    assert_null(secure_reply_dynamic(&reply, &heap));
    assert_null(heap.heap_type);
}

static void a_heap_needs_a_type_of_its_own(void **state)
{
    (void)state;
    struct model_dynamic_secure_heap said = {.heap = heap_of("", 0), .has.heap = true};
    struct model_secure_mem_get_dynamic_secure_heaps_response reply = {0};
    struct sysmem_heap heap;
    SYSMEM_SET_VECTOR(&reply, heaps, &said, 1);
    assert_string_equal(secure_reply_dynamic(&reply, &heap),
                        "wanted a heap with a heap_type, got none");
    said.heap.has.heap_type = false;
    assert_string_equal(secure_reply_dynamic(&reply, &heap),
                        "wanted a heap with a heap_type, got none");
    said.heap = heap_of(SYSMEM_HEAP_TYPE_SYSTEM_RAM, 1);
    assert_string_equal(secure_reply_dynamic(&reply, &heap),
                        "wanted a secure heap, got system RAM");
}

static struct model_secure_mem_get_physical_secure_heap_properties_response good_properties(void)
{
    struct model_secure_mem_get_physical_secure_heap_properties_response reply = {0};
    reply.has.properties = true;
    SYSMEM_SET(&reply.properties, heap, heap_of("a", 0));
    SYSMEM_SET(&reply.properties, dynamic_protection_ranges, true);
    SYSMEM_SET(&reply.properties, protected_range_granularity, 65536);
    SYSMEM_SET(&reply.properties, max_protected_range_count, UINT64_MAX);
    SYSMEM_SET(&reply.properties, is_mod_protected_range_available, false);
    return reply;
}

static const char *judge(
    const struct model_secure_mem_get_physical_secure_heap_properties_response *reply)
{
    const struct sysmem_heap heap = heap_of("a", 0);
    struct secure_mem_properties properties;
    return secure_reply_properties(reply, &heap, &properties);
}

static void properties_are_taken_whole(void **state)
{
    (void)state;
    struct model_secure_mem_get_physical_secure_heap_properties_response reply = good_properties();
    const struct sysmem_heap heap = heap_of("a", 0);
    struct secure_mem_properties properties;
    assert_null(secure_reply_properties(&reply, &heap, &properties));
    assert_true(properties.dynamic);
    assert_false(properties.modify_available);
    assert_int_equal(properties.granularity, 65536);
    assert_true(properties.max_ranges == UINT64_MAX);
}

static void properties_lack_nothing(void **state)
{
    (void)state;
    const char *lacks = "a required field of the properties is not set";
    struct model_secure_mem_get_physical_secure_heap_properties_response reply = good_properties();
    reply.properties.has.dynamic_protection_ranges = false;
    assert_string_equal(judge(&reply), lacks);
    reply = good_properties();
    reply.properties.has.protected_range_granularity = false;
    assert_string_equal(judge(&reply), lacks);
    reply = good_properties();
    reply.properties.has.max_protected_range_count = false;
    assert_string_equal(judge(&reply), lacks);
    reply = good_properties();
    reply.properties.has.is_mod_protected_range_available = false;
    assert_string_equal(judge(&reply), lacks);
    reply = good_properties();
    reply.properties.has.heap = false;
    assert_string_equal(judge(&reply), "wanted a heap with a heap_type, got none");
    reply = good_properties();
    reply.has.properties = false;
    assert_string_equal(judge(&reply), "wanted a heap with a heap_type, got none");
}

static void properties_are_what_the_interface_demands(void **state)
{
    (void)state;
    struct model_secure_mem_get_physical_secure_heap_properties_response reply = good_properties();
    const uint32_t bad[] = {0, 1, 2048, 65537, 3 * 4096};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        reply.properties.protected_range_granularity = bad[i];
        assert_string_equal(
            judge(&reply),
            "wanted a protected_range_granularity that is a power of two of at least a page");
    }
    reply = good_properties();
    reply.properties.max_protected_range_count = 0;
    assert_string_equal(judge(&reply), "wanted a max_protected_range_count of at least 1, got 0");
    reply = good_properties();
    reply.properties.heap.id = 1;
    assert_string_equal(
        judge(&reply),
        "wanted the properties of the heap that was asked about, got another heap's");
}

static struct model_secure_heap_range range_of(uint64_t address, uint64_t size)
{
    struct model_secure_heap_range range = {0};
    SYSMEM_SET(&range, physical_address, address);
    SYSMEM_SET(&range, size_bytes, size);
    return range;
}

static const char *judge_ranges(const struct model_secure_heap_range *ranges, size_t count)
{
    struct model_secure_heap_and_ranges heap = {.heap = heap_of("a", 0), .has.heap = true};
    struct model_secure_mem_get_physical_secure_heaps_response reply = {0};
    struct secure_reply_heap taken;
    SYSMEM_SET_VECTOR(&heap, ranges, ranges, count);
    SYSMEM_SET_VECTOR(&reply, heaps, &heap, 1);
    const char *why = secure_reply_physical(&reply, 0, &taken);
    if (why == NULL) {
        assert_int_equal(taken.range_count, count);
        assert_int_equal(taken.ranges[0].start, ranges[0].physical_address);
        assert_int_equal(taken.ranges[0].end, ranges[0].physical_address + ranges[0].size_bytes);
    }
    return why;
}

static void ranges_are_sorted_pages(void **state)
{
    (void)state;
    struct model_secure_heap_range ranges[2] = {range_of(PAGE, PAGE), range_of(2 * PAGE, PAGE)};
    assert_null(judge_ranges(ranges, 2)); /* that touch are allowed */
    assert_string_equal(judge_ranges(ranges, 0), "wanted the ranges of a heap, got none");
    ranges[1] = range_of(PAGE, PAGE);
    assert_string_equal(judge_ranges(ranges, 2),
                        "wanted ranges that are sorted and do not overlap");
    const struct model_secure_heap_range bad[] = {
        range_of(0, PAGE), range_of(PAGE, 0), range_of(PAGE + 1, PAGE), range_of(PAGE, PAGE - 1)};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_string_equal(judge_ranges(&bad[i], 1),
                            "wanted a range of whole pages that is neither empty nor at address 0");
    }
    ranges[0] = range_of(UINT64_MAX - PAGE + 1, PAGE);
    assert_string_equal(judge_ranges(ranges, 1), "wanted a range that ends below 2^64");
    ranges[0] = range_of(PAGE, PAGE);
    ranges[0].has.size_bytes = false;
    assert_string_equal(judge_ranges(ranges, 1), "a required field of a range is not set");
}

static void a_heap_of_the_tee_has_a_name_and_ranges(void **state)
{
    (void)state;
    struct model_secure_heap_and_ranges heap = {0};
    struct model_secure_mem_get_physical_secure_heaps_response reply = {0};
    struct secure_reply_heap taken;
    SYSMEM_SET_VECTOR(&reply, heaps, &heap, 1);
    assert_string_equal(secure_reply_physical(&reply, 0, &taken),
                        "wanted a heap with a heap_type, got none");
    SYSMEM_SET(&heap, heap, heap_of("a", 0));
    assert_string_equal(secure_reply_physical(&reply, 0, &taken),
                        "wanted the ranges of a heap, got none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_dynamic_heap_counts),
        cmocka_unit_test(a_heap_needs_a_type_of_its_own),
        cmocka_unit_test(properties_are_taken_whole),
        cmocka_unit_test(properties_lack_nothing),
        cmocka_unit_test(properties_are_what_the_interface_demands),
        cmocka_unit_test(ranges_are_sorted_pages),
        cmocka_unit_test(a_heap_of_the_tee_has_a_name_and_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
