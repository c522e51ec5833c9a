/* Connection, tokens and basic allocation. Source: spec/fuchsia.sysmem2.txt, PROTOCOLS. */
#include "negotiation.h"
#include "wishes.h"

#define WIDE (UINT64_C(512) * 512 * 3 / 2)

static void c001_service_connection_works(void **state)
{
    assert_still_serves(*state);
}

static void c003_one_participant(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(3, 64 * KIB, 128 * KIB);
    struct negotiation n;
    negotiate(&n, stage->allocator, &wish, 1);
    assert_allocated(&n, 3);
    const struct sysmem_buffer_collection_info *result = result_of(&n, 0);
    const struct sysmem_buffer_memory_settings *memory = &result->settings.buffer_settings;
    assert_true(memory->size_bytes == 64 * KIB);
    assert_false(memory->is_physically_contiguous);
    assert_false(memory->is_secure);
    assert_int_equal(memory->coherency_domain, SYSMEM_COHERENCY_DOMAIN_CPU);
    assert_string_equal(memory->heap.heap_type, SYSMEM_HEAP_TYPE_SYSTEM_RAM);
    assert_true(memory->heap.id == 0);
    assert_false(result->settings.has.image_format_constraints);
    for (size_t i = 0; i < 3; i++) {
        assert_true(size_of_vmo(result->buffers[i].vmo) == 64 * KIB);
    }
    negotiation_close(&n);
}

static void c007_min_buffer_count_beats_the_sum_of_camping(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(3, 64 * KIB, 128 * KIB);
    SYSMEM_SET(&wish, min_buffer_count, 5);
    expect(stage->allocator, &wish, 1, 5);
}

static void c009_without_a_token_and_with_a_display(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(3, 64 * KIB, 128 * KIB);
    SYSMEM_SET(&wish.usage, display, SYSMEM_DISPLAY_USAGE_LAYER);
    SYSMEM_SET(&wish.buffer_memory_constraints, ram_domain_supported, true);
    struct sysmem_collection *collection = NULL;
    assert_int_equal(sysmem_allocator_allocate_non_shared_collection(stage->allocator, &collection),
                     0);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wish), 0);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    const struct sysmem_buffer_collection_info *result = sysmem_collection_info_get(info);
    assert_int_equal(result->buffers_count, 3);
    const struct sysmem_buffer_memory_settings *memory = &result->settings.buffer_settings;
    assert_int_equal(memory->coherency_domain, SYSMEM_COHERENCY_DOMAIN_RAM);
    assert_true(memory->size_bytes == 64 * KIB);
    assert_false(memory->is_physically_contiguous || memory->is_secure);
    assert_false(result->settings.has.image_format_constraints);
    assert_true(size_of_vmo(result->buffers[2].vmo) == 64 * KIB);
    sysmem_collection_info_free(info);
    leave(collection);
}

/* The tree of C011: the three participants on two connections. */
struct trio {
    struct sysmem_allocator *second;
    struct sysmem_collection *collections[3];
    struct sysmem_collection_info *infos[3];
};

static void trio_open(struct trio *trio, struct stage *stage)
{
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *second = duplicate(root);
    struct sysmem_token *third = duplicate(root);
    *trio = (struct trio){.second = connect_to(&stage->daemon)};
    trio->collections[0] = bind_token(stage->allocator, root);
    for (int i = 0; i < 513; i++) {
        assert_open(sysmem_collection_node(trio->collections[0]));
    }
    trio->collections[1] = bind_token(trio->second, second);
    trio->collections[2] = bind_token(trio->second, third);
}

static void trio_close(struct trio *trio)
{
    for (size_t i = 0; i < 3; i++) {
        sysmem_collection_info_free(trio->infos[i]);
        leave(trio->collections[i]);
    }
    sysmem_allocator_free(trio->second);
}

static void assert_trio_shares(const struct trio *trio)
{
    const struct sysmem_buffer_collection_info *results[3];
    for (size_t i = 0; i < 3; i++) {
        results[i] = sysmem_collection_info_get(trio->infos[i]);
        assert_int_equal(results[i]->buffers_count, 6);
        assert_true(results[i]->settings.has.image_format_constraints);
        assert_true(results[i]->settings.buffer_settings.size_bytes >= WIDE);
        assert_true(results[i]->settings.buffer_settings.size_bytes ==
                    results[0]->settings.buffer_settings.size_bytes);
    }
    for (size_t i = 0; i < 6; i++) {
        zx_handle_t ours = results[0]->buffers[i].vmo;
        zx_handle_t theirs = results[1]->buffers[i].vmo;
        assert_int_not_equal(ours, theirs);
        assert_true(basic_info(ours).koid == basic_info(theirs).koid);
        assert_int_not_equal(sysmem_handle_fd(ours), sysmem_handle_fd(theirs));
        assert_true(basic_info(ours).koid != basic_info(results[0]->buffers[(i + 1) % 6].vmo).koid);
        assert_false(results[2]->buffers[i].has.vmo); /* it does not use the buffers */
    }
}

static void c011_multiple_participants(void **state)
{
    struct stage *stage = *state;
    struct sysmem_image_format_constraints images[2];
    struct sysmem_buffer_collection_constraints wishes[2];
    for (uint32_t i = 0; i < 2; i++) {
        images[i] = image_of(SYSMEM_PIXEL_FORMAT_NV12, rec709, 256 * (i + 1), 256 * (i + 1));
        SYSMEM_SET(&images[i], min_bytes_per_row, 256);
        SYSMEM_SET(&images[i], size_alignment, (struct sysmem_size){2, 2});
        SYSMEM_SET(&images[i], bytes_per_row_divisor, 2);
        SYSMEM_SET(&images[i], start_offset_divisor, 2);
        wishes[i] = cpu_constraints(3, 64 * KIB, WIDE);
        SYSMEM_SET_VECTOR(&wishes[i], image_format_constraints, &images[i], 1);
    }
    struct trio trio;
    trio_open(&trio, stage);
    struct sysmem_buffer_collection_constraints empty = {0};
    assert_int_equal(sysmem_collection_set_constraints(trio.collections[0], &wishes[0]), 0);
    assert_int_equal(sysmem_collection_set_constraints(trio.collections[2], &empty), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sysmem_collection_check_all_buffers_allocated(trio.collections[i], soon()),
                         SYSMEM_ERROR_PENDING);
    }
    assert_int_equal(sysmem_collection_set_constraints(trio.collections[1], &wishes[1]), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(trio.collections[i],
                                                                          soon(), &trio.infos[i]),
                         0);
        assert_int_equal(sysmem_collection_check_all_buffers_allocated(trio.collections[i], soon()),
                         0);
    }
    assert_trio_shares(&trio);
    trio_close(&trio);
}

static void c013_color_space_ranking(void **state)
{
    struct stage *stage = *state;
    static const uint32_t first[] = {SYSMEM_COLOR_SPACE_REC601_NTSC, SYSMEM_COLOR_SPACE_REC709,
                                     SYSMEM_COLOR_SPACE_REC601_PAL_FULL_RANGE};
    static const uint32_t second[] = {SYSMEM_COLOR_SPACE_REC601_PAL_FULL_RANGE,
                                      SYSMEM_COLOR_SPACE_REC709};
    struct sysmem_image_format_constraints images[2];
    images[0] = image_of(SYSMEM_PIXEL_FORMAT_NV12, rec709, 256, 256);
    images[1] = images[0];
    SYSMEM_SET_VECTOR(&images[0], color_spaces, first, 3);
    SYSMEM_SET_VECTOR(&images[1], color_spaces, second, 2);
    const struct sysmem_buffer_collection_constraints wishes[] = {image_wish(&images[0], 1),
                                                                  image_wish(&images[1], 1)};
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, 2);
    assert_allocated(&n, 2);
    assert_int_equal(image_result(&n)->pixel_format, SYSMEM_PIXEL_FORMAT_NV12);
    assert_int_equal(image_result(&n)->color_spaces[0], SYSMEM_COLOR_SPACE_REC709);
    negotiation_close(&n);
}

/* One token for each mask, in their order. */
static void duplicates(struct sysmem_token *token, const zx_rights_t *masks, size_t count,
                       struct sysmem_token **ret_tokens)
{
    assert_int_equal(sysmem_token_duplicate_sync(token, masks, count, soon(), ret_tokens), 0);
}

static void c015_duplicate_sync_returns_ready_tokens_with_their_own_rights(void **state)
{
    struct stage *stage = *state;
    const zx_rights_t same = ZX_RIGHT_SAME_RIGHTS;
    const zx_rights_t masks[] = {ZX_RIGHT_SAME_RIGHTS, ZX_DEFAULT_VMO_RIGHTS & ~ZX_RIGHT_WRITE};
    struct sysmem_token *tokens[4] = {root_token(stage->allocator)};
    duplicates(tokens[0], &same, 1, &tokens[1]);
    duplicates(tokens[1], masks, 2, &tokens[2]);
    struct sysmem_buffer_collection_constraints wish = {.has.usage = true};
    SYSMEM_SET(&wish.usage, cpu, SYSMEM_CPU_USAGE_READ_OFTEN | SYSMEM_CPU_USAGE_WRITE_OFTEN);
    SYSMEM_SET(&wish, min_buffer_count_for_camping, 1);
    wish.has.buffer_memory_constraints = true;
    SYSMEM_SET(&wish.buffer_memory_constraints, min_size_bytes, 64 * KIB);
    SYSMEM_SET(&wish.buffer_memory_constraints, cpu_domain_supported, true);
    struct sysmem_collection *collections[4];
    for (size_t i = 0; i < 4; i++) {
        collections[i] = bind_token(stage->allocator, tokens[i]);
        assert_int_equal(sysmem_collection_set_constraints(collections[i], &wish), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        struct sysmem_collection_info *info = NULL;
        assert_int_equal(
            sysmem_collection_wait_for_all_buffers_allocated(collections[i], soon(), &info), 0);
        const struct sysmem_buffer_collection_info *result = sysmem_collection_info_get(info);
        assert_int_equal(result->buffers_count, 4);
        zx_rights_t rights = basic_info(result->buffers[0].vmo).rights;
        assert_int_equal((rights & ZX_RIGHT_WRITE) != 0, i != 3);
        sysmem_collection_info_free(info);
    }
    for (size_t i = 0; i < 4; i++) {
        leave(collections[i]);
    }
}

static void c017_constraints_are_retained_after_release(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *second = duplicate(root);
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(2, 64 * KIB, 64 * KIB);
    struct sysmem_collection *first = bind_token(stage->allocator, root);
    assert_int_equal(sysmem_collection_set_constraints(first, &wish), 0);
    assert_open(sysmem_collection_node(first));
    leave(first);
    struct sysmem_collection *rest = bind_token(stage->allocator, second);
    assert_int_equal(sysmem_collection_check_all_buffers_allocated(rest, soon()),
                     SYSMEM_ERROR_PENDING);
    assert_int_equal(sysmem_collection_set_constraints(rest, &wish), 0);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(rest, soon(), &info), 0);
    assert_int_equal(sysmem_collection_info_get(info)->buffers_count, 4);
    sysmem_collection_info_free(info);
    leave(rest);
}

static void c033_releasing_a_token_leaves_the_others_alive(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *second = duplicate(root);
    assert_int_equal(sysmem_node_release(sysmem_token_node(root)), 0);
    sysmem_token_free(root);
    assert_still_serves(stage); /* the daemon has had turns to notice */
    assert_open(sysmem_token_node(second));
    sysmem_token_free(second);
}

static void c139_nothing_leaks_when_the_daemon_ends(void **state)
{
    struct stage *stage = *state;
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *collection = allocated(stage->allocator, 1, PAGE, &info);
    sysmem_collection_info_free(info);
    sysmem_collection_free(collection);
    assert_true(daemon_stop(&stage->daemon)); /* a sanitizer's leaks are an exit status */
}

static void c133_the_daemon_ends_with_a_collection_just_dropped(void **state)
{
    struct stage *stage = *state;
    struct sysmem_collection *collection = NULL;
    assert_int_equal(sysmem_allocator_allocate_non_shared_collection(stage->allocator, &collection),
                     0);
    sysmem_collection_free(collection);
    assert_true(daemon_stop(&stage->daemon));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c001_service_connection_works),
        CASE(c003_one_participant),
        CASE(c007_min_buffer_count_beats_the_sum_of_camping),
        CASE(c009_without_a_token_and_with_a_display),
        CASE(c011_multiple_participants),
        CASE(c013_color_space_ranking),
        CASE(c015_duplicate_sync_returns_ready_tokens_with_their_own_rights),
        CASE(c017_constraints_are_retained_after_release),
        CASE(c033_releasing_a_token_leaves_the_others_alive),
        CASE(c133_the_daemon_ends_with_a_collection_just_dropped),
        CASE(c139_nothing_leaks_when_the_daemon_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
