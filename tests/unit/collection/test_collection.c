/* From constraints to buffers and to nothing. */
#include "fixture.h"

static void all_hear_of_the_buffers(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    assert_int_equal(fixture->collection->buffer_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fixture->peers[i].allocated, 1);
        assert_int_equal(fixture->peers[i].failed + fixture->peers[i].closed, 0);
    }
}

static void all_hear_of_a_failure_and_then_close(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, UINT64_MAX / 4);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fixture->peers[i].failed, 1);
        assert_int_equal(fixture->peers[i].error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
        assert_int_equal(fixture->peers[i].closed, 1);
    }
    assert_int_equal(fixture->collection->state, COLLECTION_FAILED);
}

static void over_the_quota_is_no_memory(void **state)
{
    struct fixture *fixture = *state;
    fixture->accounts.limits[ACCOUNT_BUFFER_BYTES] = SIZE_BYTES;
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_NO_MEMORY);
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], 0);
}

/* The memory of a collection that nobody is left of goes back once the watcher has looked. */
static void buffers_go_with_the_last_node(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], 2 * SIZE_BYTES);
    collection_fail_node(fixture->peers[1].node, "gone");
    assert_int_equal(fixture->peers[0].closed, 1);
    buffer_watcher_process(fixture->watcher);
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], 0);
    assert_true(collection_table_needs_sweep(&fixture->table));
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->account->used[ACCOUNT_COLLECTIONS], 0);
}

/* A sweep that is interrupted: the nodes are gone before what they belong to. */
static void the_dead_go_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    collection_fail_node(fixture->peers[1].node, "gone");
    for (uint64_t left = 2; left > 0; left--) {
        assert_int_equal(fixture->account->used[ACCOUNT_NODES], left);
        assert_int_equal(fixture->account->used[ACCOUNT_COLLECTIONS], 1);
        collection_table_sweep(&fixture->table);
    }
    assert_int_equal(fixture->account->used[ACCOUNT_NODES], 0);
    assert_true(collection_table_needs_sweep(&fixture->table));
    collection_table_sweep(&fixture->table);
    assert_int_equal(fixture->account->used[ACCOUNT_COLLECTIONS], 0);
    assert_false(collection_table_needs_sweep(&fixture->table));
}

static void an_orphans_constraints_stay(void **state)
{
    struct fixture *fixture = *state;
    fixture->peers[1].node->released = true;
    collection_orphan_node(fixture->peers[1].node);
    assert_ptr_equal(collection_blocked_by(fixture->collection), fixture->peers[0].node);
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(fixture->collection->buffer_count, 2);
    assert_int_equal(fixture->peers[0].allocated, 1);
    assert_int_equal(fixture->peers[1].allocated, 0);
}

static void a_tree_has_a_limit(void **state)
{
    struct fixture *fixture = *state;
    const char *why = NULL;
    struct node *root = fixture->collection->root;
    for (int i = 2; i < MAX_NODES; i++) {
        assert_non_null(collection_add_child(root, NULL, &why));
    }
    assert_null(collection_add_child(root, NULL, &why));
    assert_non_null(strstr(why, "max_nodes_per_tree"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_hear_of_the_buffers),     TEST(all_hear_of_a_failure_and_then_close),
        TEST(over_the_quota_is_no_memory), TEST(buffers_go_with_the_last_node),
        TEST(the_dead_go_one_by_one),      TEST(an_orphans_constraints_stay),
        TEST(a_tree_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
