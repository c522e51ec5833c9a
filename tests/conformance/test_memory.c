/* Usage, counts, heaps and coherency domains.
 * Source: spec/fuchsia.sysmem2.txt, TABLES, BufferCollectionConstraints, BufferMemoryConstraints.
 */
#include "negotiation.h"
#include "wishes.h"

static void set_domains(struct sysmem_buffer_collection_constraints *wish, bool cpu, bool ram,
                        bool inaccessible)
{
    SYSMEM_SET(&wish->buffer_memory_constraints, cpu_domain_supported, cpu);
    SYSMEM_SET(&wish->buffer_memory_constraints, ram_domain_supported, ram);
    SYSMEM_SET(&wish->buffer_memory_constraints, inaccessible_domain_supported, inaccessible);
}

static void c019_cpu_usage_with_only_the_inaccessible_domain_fails(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    set_domains(&wish, false, false, true);
    expect(stage->allocator, &wish, 1, 0);
}

static void c029_only_none_usage_in_the_whole_tree_fails(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(3, 64 * KIB, 128 * KIB);
    SYSMEM_SET(&wish, min_buffer_count, 5);
    wish_for_no_use(&wish);
    expect(stage->allocator, &wish, 1, 0);
}

static void c031_none_from_one_and_real_usage_from_another(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wishes[2] = {
        cpu_constraints(3, 64 * KIB, 384 * KIB), cpu_constraints(3, 64 * KIB, 384 * KIB)};
    wish_for_no_use(&wishes[0]);
    wishes[1].usage = (struct sysmem_buffer_usage){0};
    SYSMEM_SET(&wishes[1].usage, vulkan, SYSMEM_VULKAN_IMAGE_USAGE_TRANSFER_DST);
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, 2);
    assert_allocated(&n, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_false(result_of(&n, 0)->buffers[i].has.vmo);
        assert_true(result_of(&n, 1)->buffers[i].has.vmo);
    }
    negotiation_close(&n);
}

static void none_usage_excludes_any_other(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    SYSMEM_SET(&wish.usage, none, SYSMEM_NONE_USAGE);
    expect(stage->allocator, &wish, 1, 0);
}

static void constraints_without_usage_fail(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wishes[2] = {cpu_constraints(1, PAGE, 0),
                                                             cpu_constraints(1, PAGE, 0)};
    wishes[1].has.usage = false;
    expect(stage->allocator, wishes, 2, 0);
    wishes[1].has.usage = true;
    wishes[1].usage.cpu = 0;
    expect(stage->allocator, wishes, 2, 0);
    wishes[1] = (struct sysmem_buffer_collection_constraints){0}; /* this says "none" */
    expect(stage->allocator, wishes, 2, 1);
}

static void permitted_allocation_without_use_gives_read_only_buffers(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    wish.usage = (struct sysmem_buffer_usage){0};
    SYSMEM_SET(&wish.usage, none, SYSMEM_NONE_USAGE_PERMIT_ALLOCATION);
    expect(stage->allocator, &wish, 1, 0); /* not without NONE_USAGE */
    wish.usage.none |= SYSMEM_NONE_USAGE;
    struct negotiation n;
    negotiate(&n, stage->allocator, &wish, 1);
    assert_allocated(&n, 1);
    zx_rights_t rights = basic_info(result_of(&n, 0)->buffers[0].vmo).rights;
    assert_int_equal(rights & (ZX_RIGHT_READ | ZX_RIGHT_WRITE), ZX_RIGHT_READ);
    negotiation_close(&n);
}

static void c039_cpu_usage_with_cpu_and_inaccessible_offered(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(3, 64 * KIB, 128 * KIB);
    set_domains(&wish, true, false, true);
    struct negotiation n;
    negotiate(&n, stage->allocator, &wish, 1);
    assert_allocated(&n, 3);
    const struct sysmem_buffer_collection_info *result = result_of(&n, 0);
    assert_int_equal(result->settings.buffer_settings.coherency_domain,
                     SYSMEM_COHERENCY_DOMAIN_CPU);
    assert_false(result->settings.has.image_format_constraints);
    assert_true(size_of_vmo(result->buffers[1].vmo) == 64 * KIB);
    negotiation_close(&n);
}

/* The domain that two participants come to, or -1. */
static int domain_of(struct stage *stage, const struct sysmem_buffer_collection_constraints *wishes)
{
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, 2);
    int domain = -1;
    if (n.seats[0].status == 0) {
        domain = (int)result_of(&n, 0)->settings.buffer_settings.coherency_domain;
    } else {
        assert_refused(&n);
    }
    negotiation_close(&n);
    return domain;
}

static void domains_are_those_that_all_support(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wishes[2] = {cpu_constraints(1, PAGE, 0),
                                                             cpu_constraints(1, PAGE, 0)};
    set_domains(&wishes[0], true, true, false);
    set_domains(&wishes[1], true, true, false);
    assert_int_equal(domain_of(stage, wishes), SYSMEM_COHERENCY_DOMAIN_CPU);
    SYSMEM_SET(&wishes[1].usage, display, SYSMEM_DISPLAY_USAGE_CURSOR);
    assert_int_equal(domain_of(stage, wishes), SYSMEM_COHERENCY_DOMAIN_RAM);
    set_domains(&wishes[0], true, false, false);
    assert_int_equal(domain_of(stage, wishes), SYSMEM_COHERENCY_DOMAIN_CPU);
    set_domains(&wishes[1], false, true, false);
    assert_int_equal(domain_of(stage, wishes), -1);
    set_domains(&wishes[0], true, true, false);
    assert_int_equal(domain_of(stage, wishes), SYSMEM_COHERENCY_DOMAIN_RAM);
}

static void an_unset_domain_follows_the_usage(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wishes[2] = {cpu_constraints(1, PAGE, 0),
                                                             cpu_constraints(1, PAGE, 0)};
    set_domains(&wishes[0], false, true, false);
    wishes[1].buffer_memory_constraints.has.ram_domain_supported = false;
    assert_int_equal(domain_of(stage, wishes), -1); /* CPU usage: RAM is not supported unasked */
    wishes[1].usage = (struct sysmem_buffer_usage){0};
    SYSMEM_SET(&wishes[1].usage, video, SYSMEM_VIDEO_USAGE_CAPTURE);
    assert_int_equal(domain_of(stage, wishes), SYSMEM_COHERENCY_DOMAIN_RAM);
}

static void secure_memory_that_there_is_not_fails(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    wish.usage = (struct sysmem_buffer_usage){0};
    SYSMEM_SET(&wish.usage, video, SYSMEM_VIDEO_USAGE_HW_DECODER);
    set_domains(&wish, false, false, true);
    SYSMEM_SET(&wish.buffer_memory_constraints, secure_required, true);
    expect(stage->allocator, &wish, 1, 0);
}

static void counts_add_up_as_they_should(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wishes[2] = {cpu_constraints(2, PAGE, 0),
                                                             cpu_constraints(1, PAGE, 0)};
    SYSMEM_SET(&wishes[0], min_buffer_count_for_dedicated_slack, 1);
    SYSMEM_SET(&wishes[1], min_buffer_count_for_dedicated_slack, 2);
    SYSMEM_SET(&wishes[0], min_buffer_count_for_shared_slack, 4);
    SYSMEM_SET(&wishes[1], min_buffer_count_for_shared_slack, 3);
    expect(stage->allocator, wishes, 2, 3 + 3 + 4);
    SYSMEM_SET(&wishes[1], min_buffer_count, 9);
    expect(stage->allocator, wishes, 2, 10);
    SYSMEM_SET(&wishes[0], min_buffer_count, 12);
    expect(stage->allocator, wishes, 2, 12);
    SYSMEM_SET(&wishes[1], max_buffer_count, 12);
    expect(stage->allocator, wishes, 2, 12);
    SYSMEM_SET(&wishes[1], max_buffer_count, 11);
    expect(stage->allocator, wishes, 2, 0);
}

static void counts_that_contradict_fail(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(0, PAGE, 0);
    expect(stage->allocator, &wish, 1, 0); /* no buffer at all */
    SYSMEM_SET(&wish, min_buffer_count, 1);
    expect(stage->allocator, &wish, 1, 1);
    SYSMEM_SET(&wish, max_buffer_count, 0); /* not the same as unset */
    expect(stage->allocator, &wish, 1, 0);
    wish = cpu_constraints(UINT32_MAX, PAGE, 0);
    SYSMEM_SET(&wish, min_buffer_count_for_dedicated_slack, 2); /* the sum does not wrap to 1 */
    expect(stage->allocator, &wish, 1, 0);
}

/* Whether two participants with these permitted heaps (NULL: unset) agree. */
static bool heaps_agree(struct stage *stage, const struct sysmem_heap *first, size_t first_count,
                        const struct sysmem_heap *second, size_t second_count)
{
    struct sysmem_buffer_collection_constraints wishes[2] = {cpu_constraints(1, PAGE, 0),
                                                             cpu_constraints(1, PAGE, 0)};
    if (first != NULL) {
        SYSMEM_SET_VECTOR(&wishes[0].buffer_memory_constraints, permitted_heaps, first,
                          first_count);
    }
    if (second != NULL) {
        SYSMEM_SET_VECTOR(&wishes[1].buffer_memory_constraints, permitted_heaps, second,
                          second_count);
    }
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, 2);
    bool agree = n.seats[0].status == 0;
    if (agree) {
        assert_allocated(&n, 2);
        assert_string_equal(result_of(&n, 0)->settings.buffer_settings.heap.heap_type,
                            SYSMEM_HEAP_TYPE_SYSTEM_RAM);
    } else {
        assert_refused(&n);
    }
    negotiation_close(&n);
    return agree;
}

static void c114_heaps_are_those_that_all_permit(void **state)
{
    struct stage *stage = *state;
    const struct sysmem_heap ram = {.heap_type = SYSMEM_HEAP_TYPE_SYSTEM_RAM,
                                    .has.heap_type = true};
    const struct sysmem_heap zero = {
        SYSMEM_HEAP_TYPE_SYSTEM_RAM, 0, {true, true}
    };
    const struct sysmem_heap one = {
        SYSMEM_HEAP_TYPE_SYSTEM_RAM, 1, {true, true}
    };
    const struct sysmem_heap other = {
        "example.NOT_THERE", 0, {true, true}
    };
    const struct sysmem_heap untyped = {
        NULL, 0, {false, true}
    };
    const struct sysmem_heap both[] = {other, ram};
    assert_true(heaps_agree(stage, &ram, 1, NULL, 0));
    assert_true(heaps_agree(stage, &ram, 1, &zero, 1)); /* an unset id is 0 */
    assert_true(heaps_agree(stage, both, 2, &ram, 1));
    assert_true(heaps_agree(stage, both, 2, NULL, 0));
    assert_false(heaps_agree(stage, &one, 1, NULL, 0));
    assert_false(heaps_agree(stage, &one, 1, &zero, 1));
    assert_false(heaps_agree(stage, &other, 1, NULL, 0));
    assert_false(heaps_agree(stage, &other, 1, &ram, 1));
    assert_false(heaps_agree(stage, &ram, 0, NULL, 0)); /* a list, but an empty one */
    assert_false(heaps_agree(stage, &untyped, 1, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c019_cpu_usage_with_only_the_inaccessible_domain_fails),
        CASE(c029_only_none_usage_in_the_whole_tree_fails),
        CASE(c031_none_from_one_and_real_usage_from_another),
        CASE(none_usage_excludes_any_other),
        CASE(constraints_without_usage_fail),
        CASE(permitted_allocation_without_use_gives_read_only_buffers),
        CASE(c039_cpu_usage_with_cpu_and_inaccessible_offered),
        CASE(domains_are_those_that_all_support),
        CASE(an_unset_domain_follows_the_usage),
        CASE(secure_memory_that_there_is_not_fails),
        CASE(counts_add_up_as_they_should),
        CASE(counts_that_contradict_fail),
        CASE(c114_heaps_are_those_that_all_permit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
