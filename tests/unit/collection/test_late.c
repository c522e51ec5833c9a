/* Logical allocation: who joins buffers that exist, and who cannot. */
#include "tree.h"

/* SetConstraints of an attached participant, which is decided over at once. */
static void join(struct fixture *fixture, struct peer *peer, uint64_t bytes)
{
    attach_collection(fixture->peers[0].node, peer);
    set_constraints(peer->node, bytes);
    collection_evaluate(fixture->collection);
}

static void assert_left_out(const struct peer *peer)
{
    assert_int_equal(peer->allocated, 0);
    assert_int_equal(peer->failed, 1);
    assert_int_equal(peer->error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_int_equal(peer->closed, 1);
}

/* Two buffers exist, and both are camped on: one that wants another is left out, alone. */
static void counts_that_are_taken(void **state)
{
    struct fixture *fixture = *state;
    struct peer *late = new_peer(fixture);
    ask_for(fixture, SIZE_BYTES);
    join(fixture, late, SIZE_BYTES);
    assert_left_out(late);
    assert_int_equal(fixture->collection->node_count, 2);
    assert_int_equal(fixture->peers[0].closed + fixture->peers[1].closed, 0);
}

static void counts_that_are_free_again(void **state)
{
    struct fixture *fixture = *state;
    struct peer *first = new_peer(fixture);
    struct peer *second = new_peer(fixture);
    fixture->peers[1].node->propagation = NODE_PROPAGATE_BEFORE_ALLOCATION;
    ask_for(fixture, SIZE_BYTES);
    collection_fail_node(fixture->peers[1].node, "gone");
    join(fixture, first, SIZE_BYTES);
    assert_int_equal(first->allocated, 1);
    assert_true(first->node->allocated);
    join(fixture, second, SIZE_BYTES);
    assert_left_out(second);
    assert_int_equal(fixture->collection->buffer_count, 2);
}

/* An orphan's count stays taken. */
static void counts_of_who_released_stay_taken(void **state)
{
    struct fixture *fixture = *state;
    struct peer *late = new_peer(fixture);
    ask_for(fixture, SIZE_BYTES);
    release_and_close(fixture->peers[1].node);
    join(fixture, late, SIZE_BYTES);
    assert_left_out(late);
}

/* Constraints that fit whatever the counts are. */
static void set_sizes(struct node *node, uint64_t min_bytes, uint64_t max_bytes)
{
    static struct sysmem_buffer_collection_constraints wish;
    struct arena none = {0};
    wish = (struct sysmem_buffer_collection_constraints){
        .has = {.usage = true, .buffer_memory_constraints = true}
    };
    SYSMEM_SET(&wish.usage, cpu, SYSMEM_CPU_USAGE_READ);
    SYSMEM_SET(&wish.buffer_memory_constraints, min_size_bytes, min_bytes);
    SYSMEM_SET(&wish.buffer_memory_constraints, max_size_bytes, max_bytes);
    SYSMEM_SET(&wish.buffer_memory_constraints, cpu_domain_supported, true);
    assert_true(collection_set_constraints(node, &wish, &none));
}

/* What was decided stays: sizes from one byte below to one above. */
static void sizes_must_be_those_that_exist(void **state)
{
    struct fixture *fixture = *state;
    const struct {
        uint64_t min_bytes;
        uint64_t max_bytes;
        bool joins;
    } cases[] = {
        {1,              SIZE_BYTES,     true },
        {SIZE_BYTES,     SIZE_BYTES,     true },
        {SIZE_BYTES + 1, UINT64_MAX,     false},
        {1,              SIZE_BYTES - 1, false},
    };
    ask_for(fixture, SIZE_BYTES);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct peer *late = new_peer(fixture);
        attach_collection(fixture->peers[0].node, late);
        set_sizes(late->node, cases[i].min_bytes, cases[i].max_bytes);
        collection_evaluate(fixture->collection);
        assert_int_equal(late->allocated, cases[i].joins);
        assert_int_equal(late->closed, !cases[i].joins);
        if (cases[i].joins) {
            collection_fail_node(late->node, "gone");
        }
    }
    assert_int_equal(fixture->collection->settings.buffer_settings.size_bytes, SIZE_BYTES);
}

/* An attached part does not hold the others up, and comes when it is ready. */
static void attached_before_allocation(void **state)
{
    struct fixture *fixture = *state;
    struct peer *early = new_peer(fixture);
    attach_collection(fixture->peers[0].node, early);
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(fixture->peers[0].allocated, 1);
    assert_int_equal(early->allocated, 0);
    set_no_constraints(early->node);
    collection_evaluate(fixture->collection);
    assert_int_equal(early->allocated, 1);
}

/* Below a part that is not there yet nobody can join, however ready. */
static void attached_below_an_attached_part(void **state)
{
    struct fixture *fixture = *state;
    struct peer *outer = new_peer(fixture);
    struct peer *inner = new_peer(fixture);
    ask_for(fixture, SIZE_BYTES);
    attach_collection(fixture->peers[0].node, outer);
    attach_collection(outer->node, inner);
    set_no_constraints(inner->node);
    collection_evaluate(fixture->collection);
    assert_int_equal(inner->allocated, 0);
    set_no_constraints(outer->node);
    collection_evaluate(fixture->collection);
    assert_int_equal(outer->allocated, 1);
    assert_int_equal(inner->allocated, 1);
}

/* A child made after allocation is no part of it until it joins with what it was attached to. */
static void a_part_joins_as_a_whole(void **state)
{
    struct fixture *fixture = *state;
    struct peer *top = new_peer(fixture);
    struct peer *below = new_peer(fixture);
    ask_for(fixture, SIZE_BYTES);
    attach_collection(fixture->peers[0].node, top);
    add_collection(top->node, below);
    set_no_constraints(top->node);
    collection_evaluate(fixture->collection);
    assert_int_equal(top->allocated, 0);
    set_constraints(below->node, SIZE_BYTES); /* one buffer too many */
    collection_evaluate(fixture->collection);
    assert_left_out(below);
    assert_int_equal(top->failed, 1);
    assert_true(below->closed_at < top->closed_at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counts_that_are_taken),
        TEST(counts_that_are_free_again),
        TEST(counts_of_who_released_stay_taken),
        TEST(sizes_must_be_those_that_exist),
        TEST(attached_before_allocation),
        TEST(attached_below_an_attached_part),
        TEST(a_part_joins_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
