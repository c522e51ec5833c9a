/* Dispensable participants: their failure is everybody's before allocation, and their own after.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, BufferCollectionToken.SetDispensable. */
#include "seat.h"

struct pair {
    struct seat first;
    struct sysmem_token *dispensable;
};

static void pair_open(struct pair *pair, const struct stage *stage)
{
    struct sysmem_token *token = root_token(stage->allocator);
    *pair = (struct pair){.dispensable = duplicate(token)};
    assert_int_equal(sysmem_token_set_dispensable(pair->dispensable), 0);
    assert_open(sysmem_token_node(pair->dispensable));
    pair->first = seat_take(stage, token);
    struct sysmem_buffer_collection_constraints wish = picky(2, PAGE * 16);
    seat_say(&pair->first, &wish);
}

static struct seat joins(const struct stage *stage, struct pair *pair)
{
    struct seat second = seat_take(stage, pair->dispensable);
    struct sysmem_buffer_collection_constraints wish = picky(2, PAGE * 16);
    seat_say(&second, &wish);
    seat_expect_buffers(&pair->first, 4); /* its counts are asked for like everybody's */
    seat_expect_buffers(&second, 4);
    return second;
}

static void c061_a_dispensable_failure_before_allocation_fails_all(void **state)
{
    struct pair pair;
    pair_open(&pair, *state);
    struct seat second = seat_take(*state, pair.dispensable);
    seat_drop(&second);
    seat_expect(&pair.first, ZX_ERR_PEER_CLOSED);
    seat_drop(&pair.first);
    assert_still_serves(*state);
}

static void c061_a_dispensable_failure_after_allocation_is_its_own(void **state)
{
    struct pair pair;
    pair_open(&pair, *state);
    struct seat second = joins(*state, &pair);
    zx_handle_t gone = track_node(sysmem_collection_node(second.collection));
    assert_open(sysmem_collection_node(second.collection));
    seat_drop(&second);
    wait_signalled(gone);
    close_handle(gone);
    assert_open(sysmem_collection_node(pair.first.collection));
    seat_leave(&pair.first);
}

/* Nobody is left in its domain before allocation: that is a failure, and goes up. */
static void c062_released_before_allocation_by_all_of_it_fails_all(void **state)
{
    struct pair pair;
    pair_open(&pair, *state);
    token_leave(pair.dispensable);
    seat_expect(&pair.first, ZX_ERR_PEER_CLOSED);
    seat_drop(&pair.first);
    assert_still_serves(*state);
}

static void released_before_allocation_with_a_child_left(void **state)
{
    struct pair pair;
    pair_open(&pair, *state);
    struct sysmem_token *child = duplicate(pair.dispensable);
    token_leave(pair.dispensable);
    pair.dispensable = child;
    struct seat second = joins(*state, &pair);
    seat_leave(&second);
    seat_leave(&pair.first);
}

/* After allocation it gives its counts back, so that somebody else can have them. */
static void released_after_allocation_frees_its_counts(void **state)
{
    struct pair pair;
    pair_open(&pair, *state);
    struct seat second = joins(*state, &pair);
    struct sysmem_buffer_collection_constraints wish = picky(2, PAGE * 16);
    zx_handle_t gone = track_node(sysmem_collection_node(second.collection));
    seat_leave(&second);
    wait_signalled(gone);
    close_handle(gone);
    struct seat third = seat_take(*state, attach_to(&pair.first));
    seat_say(&third, &wish);
    seat_expect_buffers(&third, 4);
    seat_leave(&third);
    seat_leave(&pair.first);
}

/* Those below a dispensable token fail it, and it fails them. */
static void a_dispensable_part_fails_as_one(void **state)
{
    struct pair pair;
    pair_open(&pair, *state);
    struct sysmem_token *token = duplicate(pair.dispensable);
    struct seat third = seat_take(*state, token);
    seat_say(&third, NULL);
    struct seat second = joins(*state, &pair);
    seat_expect_buffers(&third, 4);
    seat_drop(&third);
    assert_closed(sysmem_collection_node(second.collection));
    assert_open(sysmem_collection_node(pair.first.collection));
    seat_drop(&second);
    seat_leave(&pair.first);
}

static void the_root_takes_dispensable_parts_along(void **state)
{
    struct pair pair;
    pair_open(&pair, *state);
    struct seat second = joins(*state, &pair);
    seat_drop(&pair.first);
    assert_closed(sysmem_collection_node(second.collection));
    seat_drop(&second);
}

/* Dispensable only ever makes a domain: an attached token stays one. */
static void an_attached_token_is_its_own_domain_before_allocation_too(void **state)
{
    struct pair pair;
    pair_open(&pair, *state);
    struct sysmem_token *attached = attach_to(&pair.first);
    assert_int_equal(sysmem_token_set_dispensable(attached), 0);
    zx_handle_t gone = track_node(sysmem_token_node(attached));
    assert_open(sysmem_token_node(attached));
    sysmem_token_free(attached);
    wait_signalled(gone);
    close_handle(gone);
    assert_open(sysmem_collection_node(pair.first.collection));
    struct seat second = joins(*state, &pair);
    seat_leave(&second);
    seat_leave(&pair.first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c061_a_dispensable_failure_before_allocation_fails_all),
        CASE(c061_a_dispensable_failure_after_allocation_is_its_own),
        CASE(c062_released_before_allocation_by_all_of_it_fails_all),
        CASE(released_before_allocation_with_a_child_left),
        CASE(released_after_allocation_frees_its_counts),
        CASE(a_dispensable_part_fails_as_one),
        CASE(the_root_takes_dispensable_parts_along),
        CASE(an_attached_token_is_its_own_domain_before_allocation_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
