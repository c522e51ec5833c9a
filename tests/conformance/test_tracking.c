/* What clients attach to hear of the end of nodes and buffers, and how long an allocation takes.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, Node.AttachNodeTracking,
 * Node.SetDebugTimeoutLogDeadline, BufferCollection.AttachLifetimeTracking. */
#include "seat.h"

#define TRACKED 6

static void c005_lifetime_tracking(void **state)
{
    struct stage *stage = *state;
    struct seat seat = seat_take(stage, root_token(stage->allocator));
    struct sysmem_node *node = sysmem_collection_node(seat.collection);
    zx_handle_t tracked[TRACKED];
    for (uint32_t i = 0; i < TRACKED; i++) {
        tracked[i] = track_lifetime(seat.collection, i);
    }
    assert_open(node);
    for (size_t i = 0; i < TRACKED; i++) {
        assert_false(is_signalled(tracked[i])); /* not asked before there are buffers */
    }
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(3, 64 * KIB, 128 * KIB);
    seat_say(&seat, &wish);
    seat_expect_buffers(&seat, 3);
    for (size_t i = 0; i < TRACKED; i++) {
        if (i >= 3) {
            wait_signalled(tracked[i]);
        }
        assert_int_equal(is_signalled(tracked[i]), i >= 3);
    }

    struct seat late = seat_take(stage, attach_to(&seat));
    zx_handle_t of_late = track_lifetime(late.collection, 0);
    assert_open(sysmem_collection_node(late.collection));
    wish = cpu_constraints(1, 64 * KIB, 128 * KIB);
    /* All three are spoken for. */
    seat_decide(&late, &wish);
    wait_signalled(of_late);
    close_handle(of_late);
    seat_drop(&late);
    assert_open(node);

    zx_handle_t vmos[3];
    for (size_t i = 0; i < 3; i++) {
        vmos[i] = sysmem_collection_info_take_vmo(seat.info, i);
    }
    seat_drop(&seat);
    assert_still_serves(stage);
    for (size_t closed = 0; closed <= 3; closed++) {
        for (size_t i = 0; i < 3; i++) {
            if (i >= 3 - closed) {
                wait_signalled(tracked[i]);
            }
            assert_int_equal(is_signalled(tracked[i]), i >= 3 - closed);
        }
        if (closed < 3) {
            close_handle(vmos[closed]);
        }
    }
    for (size_t i = 0; i < TRACKED; i++) {
        close_handle(tracked[i]);
    }
}

static void lifetime_tracking_of_one_who_leaves_before_allocation(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *other = duplicate(root);
    struct seat seat = seat_take(stage, root);
    zx_handle_t tracked = track_lifetime(seat.collection, 0);
    assert_open(sysmem_collection_node(seat.collection));
    assert_false(is_signalled(tracked));
    seat_leave(&seat);
    wait_signalled(tracked);
    close_handle(tracked);
    assert_open(sysmem_token_node(other));
    sysmem_token_free(other);
}

static void lifetime_tracking_when_allocation_fails(void **state)
{
    struct stage *stage = *state;
    struct seat seat = seat_take(stage, root_token(stage->allocator));
    zx_handle_t tracked = track_lifetime(seat.collection, 0);
    /* Nobody says a size. */
    seat_decide(&seat, NULL);
    wait_signalled(tracked);
    close_handle(tracked);
    seat_drop(&seat);
}

/* For a child that is not taken, allocation has failed; and its place in the tree is free. */
static void tracking_of_a_child_that_is_not_taken(void **state)
{
    struct choice choice = choice_open(*state);
    struct sysmem_collection *loser = choice.children[1].collection;
    zx_handle_t of_buffers = track_lifetime(loser, 0);
    zx_handle_t of_node = track_node(sysmem_collection_node(loser));
    zx_handle_t of_winner = track_lifetime(choice.children[0].collection, 0);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&choice.root, NULL);
    seat_say(&choice.children[0], &wish);
    seat_say(&choice.children[1], &wish);
    assert_false(is_signalled(of_buffers) || is_signalled(of_node));
    group_settle(choice.group);
    wait_signalled(of_buffers);
    wait_signalled(of_node);
    assert_open(sysmem_collection_node(choice.root.collection));
    assert_false(is_signalled(of_winner));
    seat_expect_buffers(&choice.children[0], 1);
    zx_handle_t vmo = sysmem_collection_info_take_vmo(choice.children[0].info, 0);
    choice_leave(&choice);
    assert_still_serves(*state);
    assert_false(is_signalled(of_winner)); /* once allocated, it depends on buffers alone */
    close_handle(vmo);
    wait_signalled(of_winner);
    close_handle(of_buffers);
    close_handle(of_node);
    close_handle(of_winner);
}

/* A mapping keeps a buffer in use as well as a handle. */
static void a_mapping_alone_delays_lifetime_tracking(void **state)
{
    struct stage *stage = *state;
    struct seat seat = seat_take(stage, root_token(stage->allocator));
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&seat, &wish);
    seat_expect_buffers(&seat, 1);
    zx_handle_t tracked = track_lifetime(seat.collection, 0);
    zx_handle_t vmo = sysmem_collection_info_take_vmo(seat.info, 0);
    zx_vaddr_t address = 0;
    assert_int_equal(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
                                 PAGE, &address),
                     ZX_OK);
    close_handle(vmo);
    seat_leave(&seat);
    assert_still_serves(stage);
    assert_false(is_signalled(tracked));
    assert_int_equal(zx_vmar_unmap(zx_vmar_root_self(), address, PAGE), ZX_OK);
    wait_signalled(tracked);
    close_handle(tracked);
}

static void c124_node_tracking(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *other = duplicate(root);
    zx_handle_t of_token = track_node(sysmem_token_node(other));
    struct seat seat = seat_take(stage, other);
    zx_handle_t of_collection = track_node(sysmem_collection_node(seat.collection));
    assert_open(sysmem_collection_node(seat.collection));
    assert_false(is_signalled(of_token)); /* a token that is turned in is the same node */
    assert_false(is_signalled(of_collection));
    seat_drop(&seat);
    wait_signalled(of_token);
    wait_signalled(of_collection);
    close_handle(of_token);
    close_handle(of_collection);
    sysmem_token_free(root);
}

static void c125_node_tracking_of_an_orphan(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct seat other = seat_take(stage, duplicate(root));
    struct seat seat = seat_take(stage, root);
    zx_handle_t tracked = track_node(sysmem_collection_node(seat.collection));
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&seat, &wish);
    seat_leave(&seat);
    assert_true(daemon_log_wait_for(&stage->daemon, "released and closed", 0) > 0);
    assert_open(sysmem_collection_node(other.collection));
    assert_false(is_signalled(tracked));
    seat_drop(&other);
    wait_signalled(tracked);
    close_handle(tracked);
}

static void the_257th_eventpair_of_a_node_fails_it(void **state)
{
    enum { MOST = 256 };
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    zx_handle_t tracked[MOST + 1];
    for (size_t i = 0; i < MOST; i++) {
        tracked[i] = track_node(sysmem_token_node(root));
    }
    assert_open(sysmem_token_node(root));
    assert_false(is_signalled(tracked[0]));
    tracked[MOST] = track_node(sysmem_token_node(root));
    for (size_t i = 0; i <= MOST; i++) {
        wait_signalled(tracked[i]);
        close_handle(tracked[i]);
    }
    assert_closed(sysmem_token_node(root));
    sysmem_token_free(root);
    assert_true(daemon_log_contains(&stage->daemon, "256"));
    assert_still_serves(stage);
}

/* The report of a slow allocation names everybody who has not spoken, and says how it ended. */
static void a_slow_allocation_is_reported_when_asked_for(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_group *group = group_under(root);
    struct sysmem_token *child = child_of(group);
    struct seat seat = seat_take(stage, root);
    struct sysmem_node *node = sysmem_collection_node(seat.collection);
    assert_int_equal(sysmem_node_set_debug_client_info(sysmem_group_node(group), "the chooser", 7),
                     0);
    assert_open(sysmem_group_node(group));
    assert_int_equal(sysmem_node_set_debug_timeout_log_deadline(node, 1), 0);
    ssize_t at = daemon_log_wait_for(&stage->daemon, "allocation is taking a while", 0);
    assert_true(at > 0);
    assert_true(daemon_log_wait_for(&stage->daemon, "has not sent SetConstraints", (size_t)at) > 0);
    assert_true(daemon_log_wait_for(&stage->daemon, "neither turned in", (size_t)at) > 0);
    assert_true(daemon_log_wait_for(&stage->daemon, "has not sent AllChildrenPresent", (size_t)at) >
                0);
    assert_true(daemon_log_contains(&stage->daemon, "the chooser"));
    struct seat second = seat_take(stage, child);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&second, &wish);
    group_settle(group);
    seat_say(&seat, NULL);
    seat_expect_buffers(&seat, 1);
    assert_true(daemon_log_wait_for(&stage->daemon, "eventually succeeded", (size_t)at) > 0);
    group_leave(group);
    seat_leave(&second);
    seat_leave(&seat);
}

static void c071_verbose_logging_changes_no_outcome(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    assert_int_equal(sysmem_node_set_verbose_logging(sysmem_token_node(root)), 0);
    struct sysmem_token *child = duplicate(root);
    struct sysmem_token *grandchild = duplicate(child);
    struct sysmem_token *holder = duplicate(root);
    struct seat seats[3] = {seat_take(stage, root), seat_take(stage, child),
                            seat_take(stage, grandchild)};
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&seats[0], &wish);
    wish = picky(1, 2 * PAGE);
    seat_say(&seats[1], &wish);
    seat_say(&seats[2], NULL);
    token_leave(holder);
    for (size_t i = 0; i < 3; i++) {
        seat_expect(&seats[i], SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
        seat_drop(&seats[i]);
    }
    assert_still_serves(stage);
}

/* The log has the tree and everybody's constraints, of success too; nothing else changes. */
static void verbose_logging_of_a_choice(void **state)
{
    struct stage *stage = *state;
    struct choice choice = choice_open(stage);
    assert_int_equal(
        sysmem_node_set_verbose_logging(sysmem_collection_node(choice.root.collection)), 0);
    struct sysmem_buffer_collection_constraints wish = picky(1, 2 * PAGE);
    seat_say(&choice.root, &wish);
    seat_say(&choice.children[1], &wish);
    wish = picky(1, PAGE);
    seat_say(&choice.children[0], &wish);
    group_settle(choice.group);
    seat_expect_buffers(&choice.root, 2);
    seat_expect_buffers(&choice.children[1], 2);
    seat_expect(&choice.children[0], SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_true(daemon_log_contains(&stage->daemon, "min_size_bytes"));
    assert_true(daemon_log_contains(&stage->daemon, "chooses among 2 children"));
    assert_true(daemon_log_contains(&stage->daemon, "info:         collection ")); /* by depth */
    assert_true(daemon_log_contains(&stage->daemon, "is the child that its group takes"));
    assert_true(daemon_log_contains(&stage->daemon, "allocation is decided: "));
    choice_leave(&choice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c005_lifetime_tracking),
        CASE(lifetime_tracking_of_one_who_leaves_before_allocation),
        CASE(lifetime_tracking_when_allocation_fails),
        CASE(tracking_of_a_child_that_is_not_taken),
        CASE(a_mapping_alone_delays_lifetime_tracking),
        CASE(c124_node_tracking),
        CASE(c125_node_tracking_of_an_orphan),
        CASE(the_257th_eventpair_of_a_node_fails_it),
        CASE(a_slow_allocation_is_reported_when_asked_for),
        CASE(c071_verbose_logging_changes_no_outcome),
        CASE(verbose_logging_of_a_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
