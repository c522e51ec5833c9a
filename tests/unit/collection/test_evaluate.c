/* When a collection allocates, and when it ends because nobody is left. */
#include "tree.h"

#include "../log_lines.h"

static void the_first_that_is_not_ready_holds_it_up(void **state)
{
    struct fixture *fixture = *state;
    struct collection *collection = fixture->collection;
    struct peer *token = new_peer(fixture);
    add_token(fixture->peers[1].node, token);
    assert_ptr_equal(collection_blocked_by(collection), fixture->peers[0].node);
    set_constraints(fixture->peers[0].node, SIZE_BYTES);
    assert_ptr_equal(collection_blocked_by(collection), fixture->peers[1].node);
    set_no_constraints(fixture->peers[1].node);
    assert_ptr_equal(collection_blocked_by(collection), token->node);
    collection_evaluate(collection);
    assert_int_equal(collection->state, COLLECTION_CREATED);
    token->node->released = true; /* Release alone is not the end of its channel */
    collection_evaluate(collection);
    assert_ptr_equal(collection_blocked_by(collection), token->node);
    collection_orphan_node(token->node);
    assert_int_equal(collection->state, COLLECTION_ALLOCATED);
    assert_null(collection_blocked_by(collection));
    assert_int_equal(collection->buffer_count, 1);
}

static void a_group_waits_for_all_children_present(void **state)
{
    struct fixture *fixture = *state;
    struct peer *group = new_peer(fixture);
    struct peer *child = new_peer(fixture);
    node_become(add_token(fixture->peers[0].node, group), NODE_GROUP);
    set_constraints(add_collection(group->node, child), SIZE_BYTES);
    ask_for(fixture, SIZE_BYTES);
    assert_ptr_equal(collection_blocked_by(fixture->collection), group->node);
    group->node->all_children_present = true;
    collection_evaluate(fixture->collection);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    assert_int_equal(child->allocated, 1);
    assert_int_equal(group->allocated, 0);
}

/* One child is chosen; the others hear that their constraints did not fit, and go. */
static void what_a_group_does_not_choose_goes(void **state)
{
    struct fixture *fixture = *state;
    struct peer *group = new_peer(fixture);
    struct peer *large = new_peer(fixture);
    struct peer *fits = new_peer(fixture);
    struct peer *below = new_peer(fixture);
    node_become(add_token(fixture->peers[0].node, group), NODE_GROUP);
    set_constraints(add_collection(group->node, large), UINT64_MAX / 4);
    set_constraints(add_collection(large->node, below), SIZE_BYTES);
    set_constraints(add_collection(group->node, fits), SIZE_BYTES);
    group->node->all_children_present = true;
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(fits->allocated, 1);
    assert_int_equal(large->allocated + below->allocated, 0);
    assert_int_equal(large->error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_int_equal(below->error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_int_equal(large->closed, 1);
    assert_true(below->closed_at < large->closed_at);
    assert_int_equal(fixture->collection->buffer_count, 3);
}

/* All have released: before allocation that is a failure, and nobody is told. */
static void nobody_is_left_before_allocation(void **state)
{
    struct fixture *fixture = *state;
    set_constraints(fixture->peers[0].node, SIZE_BYTES);
    release_and_close(fixture->peers[0].node);
    assert_int_equal(fixture->collection->state, COLLECTION_CREATED);
    release_and_close(fixture->peers[1].node);
    assert_int_equal(fixture->collection->state, COLLECTION_FAILED);
    assert_int_equal(fixture->peers[0].closed + fixture->peers[1].closed, 0);
}

static void nobody_is_left_after_allocation(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    release_and_close(fixture->peers[1].node);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    release_and_close(fixture->peers[0].node);
    assert_null(fixture->collection->root);
    buffer_watcher_process(fixture->watcher);
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], 0);
}

/* The rule counts for each failure domain by itself, the smallest first. */
static void a_domain_without_clients_fails(void **state)
{
    struct fixture *fixture = *state;
    struct peer *leaf = new_peer(fixture);
    fixture->peers[1].node->propagation = NODE_PROPAGATE_BEFORE_ALLOCATION;
    set_constraints(add_collection(fixture->peers[1].node, leaf), SIZE_BYTES);
    ask_for(fixture, SIZE_BYTES);
    release_and_close(fixture->peers[1].node);
    assert_int_equal(fixture->collection->node_count, 3);
    release_and_close(leaf->node);
    assert_int_equal(fixture->collection->node_count, 1);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    assert_int_equal(fixture->peers[0].closed, 0);
}

/* An attached part that nobody is connected to goes before allocation, too. */
static void an_attached_part_without_clients_goes(void **state)
{
    struct fixture *fixture = *state;
    struct peer *attached = new_peer(fixture);
    attach_collection(fixture->peers[1].node, attached);
    release_and_close(attached->node);
    assert_int_equal(fixture->collection->node_count, 2);
    assert_int_equal(fixture->collection->state, COLLECTION_CREATED);
}

static void only_weak_nodes_cannot_allocate(void **state)
{
    struct fixture *fixture = *state;
    log_lines_begin(LOG_LEVEL_INFO);
    collection_set_weak(fixture->peers[0].node);
    collection_evaluate(fixture->collection);
    assert_int_equal(fixture->collection->state, COLLECTION_CREATED);
    collection_set_weak(fixture->peers[1].node);
    collection_evaluate(fixture->collection);
    assert_int_equal(fixture->collection->state, COLLECTION_FAILED);
    assert_int_equal(fixture->peers[0].closed + fixture->peers[1].closed, 2);
    assert_true(log_lines_have("no strong node is left before allocation"));
    log_lines_end();
}

/* The weak one stays until the last strong VMO is gone: here at once. */
static void the_last_strong_node_goes_after_allocation(void **state)
{
    struct fixture *fixture = *state;
    collection_set_weak(fixture->peers[1].node);
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    release_and_close(fixture->peers[0].node);
    assert_true(fixture->collection->let_go);
    assert_int_equal(fixture->peers[1].closed, 0);
    buffer_watcher_process(fixture->watcher);
    assert_int_equal(fixture->peers[1].closed, 1);
    assert_null(fixture->collection->root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_that_is_not_ready_holds_it_up),
        TEST(a_group_waits_for_all_children_present),
        TEST(what_a_group_does_not_choose_goes),
        TEST(nobody_is_left_before_allocation),
        TEST(nobody_is_left_after_allocation),
        TEST(a_domain_without_clients_fails),
        TEST(an_attached_part_without_clients_goes),
        TEST(only_weak_nodes_cannot_allocate),
        TEST(the_last_strong_node_goes_after_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
