/* What fails with what, and in which order channels close. */
#include "tree.h"

static bool is_closed(const struct peer *peer)
{
    return peer->closed == 1;
}

static bool is_untouched(const struct peer *peer)
{
    return peer->closed == 0 && peer->failed == 0;
}

static void children_close_before_their_parents(void **state)
{
    struct fixture *fixture = *state;
    struct peer *root = &fixture->peers[0];
    struct peer *left = &fixture->peers[1];
    struct peer *right = new_peer(fixture);
    struct peer *leaf = new_peer(fixture);
    add_collection(root->node, right);
    add_collection(left->node, leaf);
    collection_fail_node(leaf->node, "its own mistake");
    assert_true(is_closed(root) && is_closed(left) && is_closed(right) && is_closed(leaf));
    assert_true(leaf->closed_at < left->closed_at);
    assert_true(left->closed_at < root->closed_at);
    assert_true(right->closed_at < root->closed_at);
    assert_null(fixture->collection->root);
    assert_int_equal(fixture->collection->node_count, 0);
    assert_int_equal(fixture->collection->state, COLLECTION_FAILED);
}

/* root -> dispensable -> below it -> dispensable again. */
struct nested {
    struct peer *outer;
    struct peer *between;
    struct peer *inner;
};

static void make_nested(struct fixture *fixture, struct nested *ret)
{
    *ret = (struct nested){
        .outer = &fixture->peers[1], .between = new_peer(fixture), .inner = new_peer(fixture)};
    ret->outer->node->propagation = NODE_PROPAGATE_BEFORE_ALLOCATION;
    add_collection(ret->outer->node, ret->between);
    add_collection(ret->between->node, ret->inner)->propagation = NODE_PROPAGATE_BEFORE_ALLOCATION;
}

static void allocate(struct fixture *fixture, struct nested *nested)
{
    set_constraints(nested->between->node, SIZE_BYTES);
    set_constraints(nested->inner->node, SIZE_BYTES);
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
}

static void before_allocation_a_dispensable_node_takes_all_along(void **state)
{
    struct fixture *fixture = *state;
    struct nested nested;
    make_nested(fixture, &nested);
    collection_fail_node(nested.inner->node, "its own mistake");
    assert_true(is_closed(&fixture->peers[0]) && is_closed(nested.outer));
    assert_true(is_closed(nested.between) && is_closed(nested.inner));
}

static void the_inner_domain_fails_alone(void **state)
{
    struct fixture *fixture = *state;
    struct nested nested;
    make_nested(fixture, &nested);
    allocate(fixture, &nested);
    collection_fail_node(nested.inner->node, "its own mistake");
    assert_true(is_closed(nested.inner));
    assert_true(is_untouched(nested.between) && is_untouched(nested.outer));
    assert_int_equal(fixture->collection->node_count, 3);
}

static void the_outer_domain_takes_the_inner_one_along(void **state)
{
    struct fixture *fixture = *state;
    struct nested nested;
    make_nested(fixture, &nested);
    allocate(fixture, &nested);
    collection_fail_node(nested.between->node, "its own mistake");
    assert_true(is_closed(nested.inner) && is_closed(nested.between) && is_closed(nested.outer));
    assert_true(is_untouched(&fixture->peers[0]));
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    assert_int_equal(fixture->collection->node_count, 1);
}

static void an_attached_part_fails_alone_at_any_time(void **state)
{
    struct fixture *fixture = *state;
    struct peer *early = new_peer(fixture);
    struct peer *late = new_peer(fixture);
    struct peer *below = new_peer(fixture);
    attach_collection(fixture->peers[1].node, early);
    collection_fail_node(early->node, "its own mistake");
    assert_true(is_closed(early));
    ask_for(fixture, SIZE_BYTES);
    attach_collection(fixture->peers[1].node, late);
    add_collection(late->node, below);
    collection_fail_node(below->node, "its own mistake");
    assert_true(is_closed(below) && is_closed(late));
    assert_true(is_untouched(&fixture->peers[0]) && is_untouched(&fixture->peers[1]));
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
}

/* Nobody is left who could be told. */
static void an_orphan_that_fails_with_others_is_quiet(void **state)
{
    struct fixture *fixture = *state;
    struct peer *leaf = new_peer(fixture);
    set_constraints(add_collection(fixture->peers[1].node, leaf), SIZE_BYTES);
    release_and_close(fixture->peers[1].node);
    collection_fail_node(leaf->node, "its own mistake");
    assert_true(is_closed(leaf) && is_closed(&fixture->peers[0]));
    assert_int_equal(fixture->peers[1].closed, 0);
    assert_null(fixture->collection->root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(children_close_before_their_parents),
        TEST(before_allocation_a_dispensable_node_takes_all_along),
        TEST(the_inner_domain_fails_alone),
        TEST(the_outer_domain_takes_the_inner_one_along),
        TEST(an_attached_part_fails_alone_at_any_time),
        TEST(an_orphan_that_fails_with_others_is_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
