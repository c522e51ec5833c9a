/* The slow-allocation report: when it comes, whom it names, and how it ends. */
#include "tree.h"

#include <errno.h>

#include "../log_lines.h"

#define TAKES_LONG "allocation is taking a while"

static int setup_report(void **state)
{
    (void)setup(state);
    log_lines_begin(LOG_LEVEL_INFO);
    return 0;
}

static int teardown_report(void **state)
{
    log_lines_end();
    return teardown(state);
}

static void whoever_has_not_spoken_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct peer *token = new_peer(fixture);
    struct peer *released = new_peer(fixture);
    struct peer *group = new_peer(fixture);
    struct peer *attached = new_peer(fixture);
    set_constraints(fixture->peers[0].node, SIZE_BYTES);
    assert_true(node_set_client(fixture->peers[0].node, "ready", 0));
    assert_true(node_set_client(fixture->peers[1].node, "silent", 0));
    assert_true(node_set_client(add_token(fixture->peers[0].node, token), "lost", 0));
    assert_true(node_set_client(add_token(fixture->peers[0].node, released), "leaving", 0));
    released->node->released = true;
    node_become(add_token(fixture->peers[0].node, group), NODE_GROUP);
    assert_true(node_set_client(attach_collection(group->node, attached), "attached", 0));
    ring_next(fixture);
    assert_int_equal(log_lines_count(TAKES_LONG), 1);
    assert_true(log_lines_have(
        "client \"lost (was ready)\" pid 0 uid 0 neither turned in by BindSharedCollection"));
    assert_true(log_lines_have("(was ready)\" pid 0 uid 0 released, but not closed"));
    assert_true(log_lines_have("client \"silent\" pid 0 uid 0 has not sent SetConstraints"));
    assert_true(log_lines_have("has not sent AllChildrenPresent"));
    assert_false(log_lines_have("attached"));               /* it holds nobody up */
    assert_int_equal(log_lines_count("    collection"), 4); /* and the root has spoken */
}

/* 5 s after the beginning, once more 30 s later, and never again. */
static void it_comes_twice(void **state)
{
    struct fixture *fixture = *state;
    uint64_t began = fixture->collection->created_ns;
    assert_int_equal(alarms_next(&fixture->alarms), began + COLLECTION_SLOW_NS);
    uint64_t before = collection_now_ns();
    ring_next(fixture);
    uint64_t again = alarms_next(&fixture->alarms);
    assert_in_range(again, before + COLLECTION_SLOW_AGAIN_NS,
                    collection_now_ns() + COLLECTION_SLOW_AGAIN_NS);
    ring_next(fixture);
    assert_int_equal(log_lines_count(TAKES_LONG), 2);
    assert_true(alarms_next(&fixture->alarms) == UINT64_MAX);
}

static void an_allocation_in_time_is_not_reported(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    assert_true(alarms_next(&fixture->alarms) == UINT64_MAX);
    assert_false(log_lines_have("eventually"));
}

static void it_ends_with_what_it_came_to(void **state)
{
    struct fixture *fixture = *state;
    ring_next(fixture);
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(log_lines_count("allocation eventually succeeded after"), 1);
    assert_true(alarms_next(&fixture->alarms) == UINT64_MAX);
}

static void it_ends_with_a_failure(void **state)
{
    struct fixture *fixture = *state;
    ring_next(fixture);
    collection_fail_node(fixture->peers[1].node, "its own mistake");
    assert_int_equal(log_lines_count("allocation eventually failed after"), 1);
    assert_true(alarms_next(&fixture->alarms) == UINT64_MAX);
}

/* SetDebugTimeoutLogDeadline moves the first report, also into the past, and no other. */
static void a_client_sets_the_first_deadline(void **state)
{
    struct fixture *fixture = *state;
    collection_set_report_deadline(fixture->collection, 17);
    assert_int_equal(alarms_next(&fixture->alarms), 17);
    collection_set_report_deadline(fixture->collection, UINT64_MAX - 1);
    assert_int_equal(alarms_next(&fixture->alarms), UINT64_MAX - 1);
    ring_next(fixture);
    uint64_t again = alarms_next(&fixture->alarms);
    collection_set_report_deadline(fixture->collection, 17);
    assert_int_equal(alarms_next(&fixture->alarms), again);
}

static void a_deadline_after_allocation_is_for_nothing(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    collection_set_report_deadline(fixture->collection, 17);
    assert_true(alarms_next(&fixture->alarms) == UINT64_MAX);
}

static void at_most_32_are_named(void **state)
{
    struct fixture *fixture = *state;
    fixture->table.config.max_nodes_per_tree = 64;
    set_constraints(fixture->peers[0].node, SIZE_BYTES);
    for (int i = 0; i < 40; i++) {
        (void)add_token(fixture->peers[0].node, new_peer(fixture));
    }
    ring_next(fixture);
    assert_int_equal(log_lines_count("neither turned in"), 31);
    assert_int_equal(log_lines_count("has not sent SetConstraints"), 1);
    assert_true(log_lines_have("    and 9 more\n"));
}

static struct heap_request *unanswered[2];
static size_t unanswered_count;

static void answer_later(struct heap *heap, struct heap_request *request)
{
    (void)heap;
    assert_true(unanswered_count < 2);
    unanswered[unanswered_count++] = request;
}

/* Everybody has spoken, and the heap has not. */
static void the_heap_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct heap *heap = fixture->heaps.heaps[0];
    const struct heap_ops *usual = heap->ops;
    struct heap_ops slow = *usual;
    slow.allocate = answer_later;
    heap->ops = &slow;
    ask_for(fixture, SIZE_BYTES);
    heap->ops = usual;
    ring_next(fixture);
    assert_true(
        log_lines_have("nobody: the heap " SYSMEM_HEAP_TYPE_SYSTEM_RAM " is making the buffers"));
    while (unanswered_count > 0) {
        struct heap_request *request = unanswered[--unanswered_count];
        request->status = -ENOMEM;
        request->fd = -1;
        request->done(request);
    }
    assert_int_equal(log_lines_count("allocation eventually failed after"), 1);
}

#define REPORT(name) cmocka_unit_test_setup_teardown(name, setup_report, teardown_report)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT(whoever_has_not_spoken_is_named),
        REPORT(it_comes_twice),
        REPORT(an_allocation_in_time_is_not_reported),
        REPORT(it_ends_with_what_it_came_to),
        REPORT(it_ends_with_a_failure),
        REPORT(a_client_sets_the_first_deadline),
        REPORT(a_deadline_after_allocation_is_for_nothing),
        REPORT(at_most_32_are_named),
        REPORT(the_heap_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
