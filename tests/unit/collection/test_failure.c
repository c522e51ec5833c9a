/* Why an allocation failed: what is told of conflicts, of who is in them, and where nobody is to
 * blame. */
#include "tree.h"

#include "collection/failure.h"
#include "model/failure.h"

#include "../log_lines.h"

/* As their channels would. */
static void number_nodes(struct fixture *fixture)
{
    uint64_t koid = 70;
    for (struct node *node = fixture->collection->root; node != NULL;
         node = node_next(fixture->collection->root, node)) {
        node->koid = ++koid;
    }
}

/* Two sizes that exclude each other. */
static void conflict(struct fixture *fixture)
{
    static struct sysmem_buffer_collection_constraints small;
    struct arena none = {0};
    small = (struct sysmem_buffer_collection_constraints){
        .has = {.usage = true, .buffer_memory_constraints = true}
    };
    SYSMEM_SET(&small.usage, cpu, SYSMEM_CPU_USAGE_READ);
    SYSMEM_SET(&small.buffer_memory_constraints, max_size_bytes, SIZE_BYTES - 1);
    SYSMEM_SET(&small.buffer_memory_constraints, cpu_domain_supported, true);
    assert_true(collection_set_client(fixture->peers[0].node, "camera\n", 7));
    set_constraints(fixture->peers[0].node, SIZE_BYTES);
    assert_true(collection_set_constraints(fixture->peers[1].node, &small, &none));
    number_nodes(fixture);
    collection_evaluate(fixture->collection);
}

static void a_conflict_names_fields_and_who_set_them(void **state)
{
    struct fixture *fixture = *state;
    const uint64_t nodes[] = {71, 72};
    conflict(fixture);
    const struct failure *failure = fixture->peers[0].failure;
    assert_non_null(failure);
    assert_ptr_equal(failure, fixture->peers[1].failure);
    assert_int_equal(failure->error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_int_equal(failure->collection_id, 1);
    assert_int_equal(failure->part, 0);
    assert_int_equal(failure->owner, UID);
    assert_int_equal(failure->party_count, 2);
    assert_string_equal(failure->parties[0].name, "camera\n");
    assert_int_equal(failure->parties[0].client_id, 7);
    assert_true(failure->conflict.minimal);
    assert_int_equal(failure->conflict.reason_count, 2);
    const char *const fields[] = {"buffer_memory_constraints.min_size_bytes",
                                  "buffer_memory_constraints.max_size_bytes"};
    for (size_t i = 0; i < 2; i++) {
        const struct failure_reason *reason = &failure->conflict.reasons[i];
        assert_int_equal(failure->parties[reason->party].node, nodes[i]);
        assert_string_equal(reason->field, fields[i]);
        assert_non_null(strstr(reason->detail, "got "));
    }
    assert_int_equal(failure->combination_count, 0); /* there are no groups */
}

static void the_log_has_a_line_for_each_reason(void **state)
{
    struct fixture *fixture = *state;
    log_lines_begin(LOG_LEVEL_WARNING);
    conflict(fixture);
    log_lines_end();
    assert_int_equal(log_lines_count("allocation fails: CONSTRAINTS_INTERSECTION_EMPTY; without "
                                     "any one of these the others could be satisfied:"),
                     1);
    assert_int_equal(log_lines_count("    client \"camera\\x0a\" pid 0 uid 0: "
                                     "buffer_memory_constraints.min_size_bytes: wanted "),
                     1);
    assert_int_equal(log_lines_count("buffer_memory_constraints.max_size_bytes: wanted "), 1);
}

static void nobody_is_to_blame_for_a_quota(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, MAX_BYTES);
    const struct failure *failure = fixture->peers[0].failure;
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_NO_MEMORY);
    assert_int_equal(failure->conflict.reason_count, 1);
    const struct failure_reason *reason = failure->conflict.reasons;
    assert_int_equal(reason->party, FAILURE_NOBODY);
    assert_string_equal(reason->field, "");
    assert_string_equal(reason->detail,
                        "max_bytes_per_uid: wanted 2097152 more, but uid 1000 has 0 of 1048576");
}

/* Who has the buffers is not to be blamed for who comes too late. */
static void a_late_one_is_told_of_its_own_fields(void **state)
{
    struct fixture *fixture = *state;
    struct peer *late = new_peer(fixture);
    ask_for(fixture, SIZE_BYTES);
    attach_collection(fixture->peers[0].node, late);
    set_constraints(late->node, SIZE_BYTES + 1);
    number_nodes(fixture);
    collection_evaluate(fixture->collection);
    assert_null(fixture->peers[0].failure);
    const struct failure *failure = late->failure;
    assert_non_null(failure);
    assert_int_equal(failure->part, 73);
    assert_true(failure->conflict.reason_count > 0);
    for (size_t i = 0; i < failure->conflict.reason_count; i++) {
        assert_int_equal(failure->parties[failure->conflict.reasons[i].party].node, 73);
    }
}

/* A group of two children, neither of which suits the root. */
static void every_combination_of_a_group(void **state)
{
    struct fixture *fixture = *state;
    struct peer *group = new_peer(fixture);
    struct peer *children[] = {new_peer(fixture), new_peer(fixture)};
    const char *why = NULL;
    set_constraints(fixture->peers[0].node, SIZE_BYTES);
    set_no_constraints(fixture->peers[1].node);
    group->node = collection_add_child(fixture->peers[0].node, group, &why);
    assert_non_null(group->node);
    node_become(group->node, NODE_GROUP);
    for (size_t i = 0; i < 2; i++) {
        add_collection(group->node, children[i]);
        set_constraints(children[i]->node, UINT64_MAX / 4);
    }
    group->node->all_children_present = true;
    number_nodes(fixture);
    collection_evaluate(fixture->collection);
    const struct failure *failure = children[0]->failure;
    assert_non_null(failure);
    assert_int_equal(failure->conflict.selected_count, 1);
    assert_int_equal(failure->combination_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(failure->combinations[i].selected_count, 1);
        assert_int_equal(failure->combinations[i].selected[0], i);
        assert_true(failure->combinations[i].reason_count > 0);
    }
}

static void another_child_was_selected(void **state)
{
    struct fixture *fixture = *state;
    struct peer *group = new_peer(fixture);
    struct peer *children[] = {new_peer(fixture), new_peer(fixture)};
    const char *why = NULL;
    set_constraints(fixture->peers[0].node, SIZE_BYTES);
    set_no_constraints(fixture->peers[1].node);
    group->node = collection_add_child(fixture->peers[0].node, group, &why);
    assert_non_null(group->node);
    node_become(group->node, NODE_GROUP);
    for (size_t i = 0; i < 2; i++) {
        add_collection(group->node, children[i]);
        set_constraints(children[i]->node, SIZE_BYTES);
    }
    group->node->all_children_present = true;
    number_nodes(fixture);
    collection_evaluate(fixture->collection);
    assert_int_equal(children[0]->allocated, 1);
    assert_null(children[0]->failure);
    assert_int_equal(children[1]->failure->conflict.reasons[0].party, FAILURE_NOBODY);
    assert_int_equal(fixture->table.failures.count, 0);
}

/* However much there is to tell: it ends at the budget, in whole characters. */
static void what_is_kept_is_bounded(void **state)
{
    struct fixture *fixture = *state;
    static struct solver_member members[FAILURE_MAX_REASONS + 44];
    static char field[MODEL_FAILURE_MAX_FIELD * 2];
    static char detail[MODEL_FAILURE_MAX_DETAIL * 4];
    memset(field, 'f', sizeof(field) - 1);
    for (size_t i = 0; i + 2 < sizeof(detail); i += 2) {
        detail[i] = '\xc3';
        detail[i + 1] = '\xa9';
    }
    memmove(detail + 1, detail, sizeof(detail) - 2);
    detail[0] = '.'; /* now the limit is in the midst of a character */
    const size_t count = sizeof(members) / sizeof(members[0]);
    for (size_t i = 0; i < count; i++) {
        members[i] = (struct solver_member){0, field, detail};
    }
    const struct solver_conflict conflict = {
        .members = members, .member_count = count, .omitted = 1000, .minimal = true};
    const struct solver_explanation furthest = {.conflicts = &conflict, .conflict_count = 1};
    const struct failure_findings findings = {
        .nodes = &fixture->peers[0].node, .node_count = 1, .furthest = &furthest};
    struct failure *failure = failure_new(fixture->collection->root, 1);
    failure_explain(failure, &findings);
    assert_true(failure->arena.used <= FAILURE_MAX_BYTES);
    assert_true(failure->conflict.reason_count > 100);
    assert_int_equal(failure->conflict.reason_count + failure->conflict.omitted, count + 1000);
    assert_int_equal(strlen(failure->conflict.reasons[0].field), MODEL_FAILURE_MAX_FIELD);
    assert_int_equal(strlen(failure->conflict.reasons[0].detail), MODEL_FAILURE_MAX_DETAIL - 1);
    failure_unref(failure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_conflict_names_fields_and_who_set_them),
        TEST(the_log_has_a_line_for_each_reason),
        TEST(nobody_is_to_blame_for_a_quota),
        TEST(a_late_one_is_told_of_its_own_fields),
        TEST(every_combination_of_a_group),
        TEST(another_child_was_selected),
        TEST(what_is_kept_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
