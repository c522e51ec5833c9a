/* What who watches is told of a collection. */
#include "tree.h"

static bool was_told(const struct fixture *fixture, enum collection_event event,
                     const struct node *node)
{
    for (size_t i = 0; i < fixture->told_count; i++) {
        if (fixture->told[i].event == event && fixture->told[i].node == node) {
            return true;
        }
    }
    return false;
}

/* The only one of these, in this order, and nothing else. */
static void assert_told(const struct fixture *fixture, const struct told *wanted, size_t count)
{
    assert_int_equal(fixture->told_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fixture->told[i].event, wanted[i].event);
        assert_ptr_equal(fixture->told[i].node, wanted[i].node);
    }
}

static void an_allocation_is_told_step_by_step(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    const struct told wanted[] = {
        {COLLECTION_EVENT_NODE_SET_CONSTRAINTS, fixture->peers[0].node},
        {COLLECTION_EVENT_NODE_SET_CONSTRAINTS, fixture->peers[1].node},
        {COLLECTION_EVENT_POPULATING,           NULL                  },
        {COLLECTION_EVENT_ALLOCATED,            NULL                  },
    };
    assert_told(fixture, wanted, 4);
}

static void a_failure_is_told_before_the_nodes_go(void **state)
{
    struct fixture *fixture = *state;
    struct node *failing = fixture->peers[1].node;
    collection_fail_node(failing, "its own mistake");
    const struct told wanted[] = {
        {COLLECTION_EVENT_NODE_FAILED, failing},
        {COLLECTION_EVENT_FAILED,      NULL   },
        {COLLECTION_EVENT_GONE,        NULL   },
    };
    assert_told(fixture, wanted, 3);
}

static void the_end_after_allocation_is_no_failure(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    collection_fail_node(fixture->peers[0].node, "gone");
    assert_true(was_told(fixture, COLLECTION_EVENT_ENDED, NULL));
    assert_false(was_told(fixture, COLLECTION_EVENT_FAILED, NULL));
    assert_false(was_told(fixture, COLLECTION_EVENT_GONE, NULL)); /* until somebody has looked */
    buffer_watcher_process(fixture->watcher);
    assert_true(was_told(fixture, COLLECTION_EVENT_GONE, NULL));
}

static void who_leaves_is_told_as_an_orphan(void **state)
{
    struct fixture *fixture = *state;
    struct node *leaving = fixture->peers[1].node;
    leaving->released = true;
    collection_orphan_node(leaving);
    assert_told(fixture, &(struct told){COLLECTION_EVENT_NODE_ORPHANED, leaving}, 1);
}

/* An attached participant that wants more than there is fails by itself. */
static void an_attached_one_does_not_join(void **state)
{
    struct fixture *fixture = *state;
    struct peer *late = new_peer(fixture);
    ask_for(fixture, SIZE_BYTES);
    struct node *attached = attach_collection(fixture->collection->root, late);
    assert_false(was_told(fixture, COLLECTION_EVENT_NODE_JOINED, attached));
    set_constraints(attached, SIZE_BYTES);
    collection_evaluate(fixture->collection);
    assert_int_equal(late->closed, 1); /* both buffers are taken */
    assert_true(was_told(fixture, COLLECTION_EVENT_DOMAIN_FAILED, attached));
    assert_false(was_told(fixture, COLLECTION_EVENT_NODE_JOINED, attached));
    assert_int_equal(fixture->peers[0].closed + fixture->peers[1].closed, 0);
}

/* The second participant's buffer is free again once it has left. */
static void a_replacement_joins(void **state)
{
    struct fixture *fixture = *state;
    struct peer *late = new_peer(fixture);
    fixture->peers[1].node->propagation = NODE_PROPAGATE_BEFORE_ALLOCATION;
    ask_for(fixture, SIZE_BYTES);
    struct node *failing = fixture->peers[1].node;
    collection_fail_node(failing, "crashed");
    assert_true(was_told(fixture, COLLECTION_EVENT_NODE_FAILED, failing));
    assert_true(was_told(fixture, COLLECTION_EVENT_DOMAIN_FAILED, failing));
    struct node *attached = attach_collection(fixture->collection->root, late);
    set_constraints(attached, SIZE_BYTES);
    collection_evaluate(fixture->collection);
    assert_int_equal(late->allocated, 1);
    assert_true(was_told(fixture, COLLECTION_EVENT_NODE_JOINED, attached));
    collection_fail_node(attached, "crashed too");
    assert_true(was_told(fixture, COLLECTION_EVENT_DOMAIN_FAILED, attached));
    assert_false(was_told(fixture, COLLECTION_EVENT_ENDED, NULL));
}

/* The first child of a group can be served, so the second is not selected. */
static void what_a_group_does_not_select_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct peer *taken = new_peer(fixture);
    struct peer *left_out = new_peer(fixture);
    struct node *group = add_token(fixture->collection->root, new_peer(fixture));
    node_become(group, NODE_GROUP);
    struct node *children[] = {add_collection(group, taken), add_collection(group, left_out)};
    for (size_t i = 0; i < 2; i++) {
        set_constraints(children[i], SIZE_BYTES);
    }
    group->all_children_present = true;
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(taken->allocated, 1);
    assert_int_equal(left_out->failed + left_out->closed, 2);
    assert_true(was_told(fixture, COLLECTION_EVENT_NODE_NOT_SELECTED, children[1]));
    assert_false(was_told(fixture, COLLECTION_EVENT_NODE_NOT_SELECTED, children[0]));
    assert_false(was_told(fixture, COLLECTION_EVENT_DOMAIN_FAILED, children[1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_allocation_is_told_step_by_step),     TEST(a_failure_is_told_before_the_nodes_go),
        TEST(the_end_after_allocation_is_no_failure), TEST(who_leaves_is_told_as_an_orphan),
        TEST(an_attached_one_does_not_join),          TEST(a_replacement_joins),
        TEST(what_a_group_does_not_select_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
