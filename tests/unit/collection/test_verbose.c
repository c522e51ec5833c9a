/* SetVerboseLogging: who wanted what, and what it came to. */
#include "tree.h"

#include "../log_lines.h"

#define DECIDED_FROM "allocation is decided from:"

static int setup_verbose(void **state)
{
    (void)setup(state);
    log_lines_begin(LOG_LEVEL_INFO);
    ((struct fixture *)*state)->collection->verbose = true;
    return 0;
}

static int teardown_verbose(void **state)
{
    log_lines_end();
    return teardown(state);
}

static void quiet_unless_it_was_asked_for(void **state)
{
    struct fixture *fixture = *state;
    fixture->collection->verbose = false;
    ask_for(fixture, SIZE_BYTES);
    assert_false(log_lines_have("is decided"));
}

static void constraints_and_settings_are_told(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(log_lines_count(DECIDED_FROM), 1);
    assert_int_equal(log_lines_count("min_buffer_count_for_camping"), 2);
    assert_int_equal(log_lines_count("allocation is decided: "), 1);
    assert_true(log_lines_have("coherency_domain"));
}

/* By the names that clients chose, each within its quotes. */
static void collections_and_clients_go_by_their_names(void **state)
{
    struct fixture *fixture = *state;
    assert_true(collection_set_name(fixture->collection, 1, "video\" token 9"));
    assert_true(collection_set_client(fixture->peers[0].node, "camera\" pid 1 uid 0", 7));
    ask_for(fixture, SIZE_BYTES);
    assert_true(log_lines_have(" \"video\\x22 token 9\""));
    assert_true(log_lines_have("client \"camera\\x22 pid 1 uid 0\" id 7 pid "));
    assert_false(log_lines_have("camera\""));
    assert_false(log_lines_have("video\""));
}

static void every_kind_of_node_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct peer *group = new_peer(fixture);
    struct peer *child = new_peer(fixture);
    struct peer *gone = new_peer(fixture);
    node_become(add_token(fixture->peers[0].node, group), NODE_GROUP);
    set_no_constraints(add_collection(group->node, child));
    group->node->all_children_present = true;
    node_set_weak(fixture->peers[1].node);
    add_token(fixture->peers[0].node, gone);
    release_and_close(gone->node);
    ask_for(fixture, SIZE_BYTES);
    assert_true(log_lines_have(": chooses among 1 children\n"));
    assert_true(log_lines_have(": no constraints\n"));
    assert_true(log_lines_have(": has not spoken\n")); /* the orphan of a token */
    assert_int_equal(log_lines_count(" (weak): "), 1);
}

/* A failure is told by its reasons; there are no settings to tell. */
static void a_failure_has_no_settings(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, UINT64_MAX / 4);
    assert_int_equal(log_lines_count(DECIDED_FROM), 1);
    assert_false(log_lines_have("allocation is decided: "));
    assert_true(log_lines_have("allocation fails: "));
}

/* What joins later is told by itself. */
static void an_attached_part_is_told_alone(void **state)
{
    struct fixture *fixture = *state;
    struct peer *late = new_peer(fixture);
    attach_collection(fixture->peers[0].node, late);
    assert_true(node_replace_client(late->node, "latecomer", 0));
    ask_for(fixture, SIZE_BYTES);
    assert_false(log_lines_have("latecomer"));
    set_no_constraints(late->node);
    collection_evaluate(fixture->collection);
    assert_int_equal(log_lines_count(DECIDED_FROM), 2);
    assert_int_equal(log_lines_count(": no constraints\n"), 1);
    assert_true(log_lines_have("client \"latecomer\""));
}

static void at_most_32_nodes_are_told(void **state)
{
    struct fixture *fixture = *state;
    fixture->table.config.max_nodes_per_tree = 64;
    for (int i = 0; i < 40; i++) {
        set_no_constraints(add_collection(fixture->peers[1].node, new_peer(fixture)));
    }
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(log_lines_count(": no constraints\n"), 30);
    assert_true(log_lines_have("    and 10 more\n"));
}

#define VERBOSE(name) cmocka_unit_test_setup_teardown(name, setup_verbose, teardown_verbose)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERBOSE(quiet_unless_it_was_asked_for),
        VERBOSE(constraints_and_settings_are_told),
        VERBOSE(collections_and_clients_go_by_their_names),
        VERBOSE(every_kind_of_node_is_told),
        VERBOSE(a_failure_has_no_settings),
        VERBOSE(an_attached_part_is_told_alone),
        VERBOSE(at_most_32_nodes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
