/* Which of the last failures a viewer sees, and how many answers that takes. */
#include "whole_server.h"

#include "collection/failure.h"
#include "server/snapshot.h"

#define OWNER  1000
#define MEMBER 1001
#define OTHER  1002

static struct whole_server whole;

static int setup(void **state)
{
    (void)state;
    whole_server_begin(&whole, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    whole_server_end(&whole);
    return 0;
}

/* One of `count` reasons, whose participants are the owner's and the member's, in turn. */
static void add_failure(uint64_t id, size_t count)
{
    static const uid_t uids[] = {MEMBER};
    static const struct failure_party parties[] = {
        {.node = 11, .name = "camera",  .uid = OWNER },
        {.node = 12, .name = "display", .uid = MEMBER},
    };
    static struct failure_reason reasons[FAILURE_MAX_REASONS];
    struct failure *failure = calloc(1, sizeof(*failure));
    assert_non_null(failure);
    for (uint32_t i = 0; i < FAILURE_MAX_REASONS; i++) {
        reasons[i] = (struct failure_reason){i % 2, "usage", "wanted a, got b"};
    }
    failure->references = 1;
    failure->collection_id = id;
    failure->collection_name = "frames";
    failure->owner = OWNER;
    failure->uids = uids;
    failure->uid_count = 1;
    failure->parties = parties;
    failure->party_count = 2;
    failure->conflict = (struct failure_conflict){.reasons = reasons, .reason_count = count};
    list_init(&failure->link);
    arena_init(&failure->arena, FAILURE_MAX_BYTES);
    assert_non_null(arena_alloc(&failure->arena, count * 256)); /* as much as its texts may take */
    failure_log_add(&whole.server.collections.failures, failure);
    failure_unref(failure);
}

static struct model_debug_get_failures_response ask(
    uid_t uid, const struct model_debug_get_failures_request *request, struct arena *arena)
{
    const struct snapshot_viewer viewer = {
        .server = &whole.server, .uid = uid, .sees_all = uid == 0, .sees_names = uid == 0};
    struct model_debug_get_failures_response response = {0};
    assert_true(snapshot_failures(&viewer, request, arena, &response));
    return response;
}

static struct model_debug_get_collections_response ask_tree(uid_t uid, uint64_t id,
                                                            struct arena *arena)
{
    const struct snapshot_viewer viewer = {
        .server = &whole.server, .uid = uid, .sees_all = uid == 0, .sees_names = uid == 0};
    struct model_debug_get_collections_response response = {0};
    assert_true(snapshot_failed(&viewer, id, arena, &response));
    return response;
}

static void who_took_part_sees_it(void **state)
{
    (void)state;
    struct model_debug_get_failures_request request = {0};
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    add_failure(7, 2);
    add_failure(8, 1);
    assert_int_equal(ask(0, &request, &arena).failures_count, 2);
    assert_int_equal(ask(OWNER, &request, &arena).failures_count, 2);
    assert_int_equal(ask(OTHER, &request, &arena).failures_count, 0);
    SYSMEM_SET(&request, collection_id, 7);
    const struct model_debug_get_failures_response response = ask(MEMBER, &request, &arena);
    assert_int_equal(response.failures_count, 1);
    const struct model_debug_reason *reasons = response.failures[0].conflict.reasons;
    assert_string_equal(reasons[0].participant, "uid 1000");
    assert_string_equal(reasons[1].participant, "display");
    assert_string_equal(reasons[1].field, "usage");
    assert_string_equal(response.failures[0].participants[0].client_name, "uid 1000");
    arena_clear(&arena);
}

static void the_tree_is_seen_by_who_sees_the_failure(void **state)
{
    (void)state;
    static const struct sysmem_buffer_collection_constraints constraints = {
        .has = {.min_buffer_count = true}, .min_buffer_count = 3};
    static const struct failed_node nodes[] = {
        {.koid = 11,         .name = "camera", .uid = OWNER,            .constraints = &constraints},
        { .koid = 12, .name = "display",    .uid = MEMBER, .has_constraints = true,            .left_out = true},
    };
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    add_failure(7, 2);
    struct list *failures = &whole.server.collections.failures.failures;
    struct failure *failure = container_of(failures->next, struct failure, link);
    failure->tree.nodes = nodes;
    failure->tree.count = 2;
    assert_int_equal(ask_tree(OTHER, 7, &arena).collections_count, 0);
    assert_int_equal(ask_tree(MEMBER, 8, &arena).collections_count, 0);
    const struct model_debug_get_collections_response response = ask_tree(MEMBER, 7, &arena);
    assert_int_equal(response.collections_count, 1);
    const struct model_debug_collection *seen = response.collections;
    assert_int_equal(seen->id, 7);
    assert_int_equal(seen->state, MODEL_DEBUG_STATE_FAILED);
    assert_int_equal(seen->nodes_count, 2);
    assert_string_equal(seen->nodes[0].client_name, "uid 1000");
    assert_int_equal(seen->nodes[0].constraints.min_buffer_count, 3);
    assert_string_equal(seen->nodes[1].client_name, "display");
    assert_false(seen->nodes[1].has.constraints);
    assert_true(seen->nodes[1].constraints_left_out);
    assert_int_equal(seen->nodes[1].parent_index, 0);
    arena_clear(&arena);
}

static void large_ones_come_in_pages(void **state)
{
    (void)state;
    struct model_debug_get_failures_request request = {0};
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    uint64_t numbers[FAILURE_LOG_MAX_PER_UID];
    size_t seen = 0;
    for (uint64_t i = 0; i < FAILURE_LOG_MAX_PER_UID; i++) {
        add_failure(i, FAILURE_MAX_REASONS);
    }
    for (bool more = true; more;) {
        const struct model_debug_get_failures_response page = ask(OWNER, &request, &arena);
        assert_true(page.failures_count > 0 && page.failures_count < FAILURE_LOG_MAX_PER_UID);
        for (size_t i = 0; i < page.failures_count; i++) {
            numbers[seen++] = page.failures[i].number;
        }
        SYSMEM_SET(&request, after, numbers[seen - 1]);
        more = page.more;
        arena_clear(&arena);
    }
    assert_int_equal(seen, FAILURE_LOG_MAX_PER_UID);
    for (size_t i = 1; i < seen; i++) {
        assert_int_equal(numbers[i], numbers[i - 1] + 1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_took_part_sees_it),
        TEST(the_tree_is_seen_by_who_sees_the_failure),
        TEST(large_ones_come_in_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
