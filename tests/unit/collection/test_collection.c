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

/* SetName: only a higher priority than that of the name that is there counts. */
static void the_highest_priority_names_it(void **state)
{
    struct fixture *fixture = *state;
    const struct {
        uint32_t priority;
        const char *name;
        const char *result;
    } steps[] = {
        {0,          "first",  "first" }, /* any is more than none */
        {0,          "again",  "first" },
        {5,          "higher", "higher"},
        {5,          "equal",  "higher"},
        {4,          "lower",  "higher"},
        {UINT32_MAX, "top",    "top"   },
        {UINT32_MAX, "equal",  "top"   },
    };
    assert_null(fixture->collection->name);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_true(collection_set_name(fixture->collection, steps[i].priority, steps[i].name));
        assert_string_equal(fixture->collection->name, steps[i].result);
    }
}

static void an_attached_node_says_where_it_comes_from(void **state)
{
    struct fixture *fixture = *state;
    const char *why = NULL;
    struct node *parent = fixture->peers[1].node;
    struct node *nameless = collection_attach(parent, NULL, &why);
    assert_string_equal(nameless->client.name, "from AttachToken()");
    assert_true(node_set_client(parent, "camera", 5));
    struct node *attached = collection_attach(parent, NULL, &why);
    assert_string_equal(attached->client.name, "camera then AttachToken()");
    assert_int_equal(attached->client.id, 5);
    struct node *child = collection_add_child(attached, NULL, &why);
    assert_string_equal(child->client.name, "camera then AttachToken()");
    assert_true(node_set_client(child, "sink", 6));
    assert_string_equal(child->client.name, "sink (was camera then AttachToken())");
    assert_string_equal(parent->client.name, "camera");
}

static void what_clients_say_is_escaped_and_cut_in_descriptions(void **state)
{
    struct fixture *fixture = *state;
    struct node *node = fixture->peers[1].node;
    node->koid = 34;
    assert_true(collection_set_name(fixture->collection, 1, "fra\nmes"));
    assert_true(node_set_client(node, "cam\x1b[1mera", 0));
    assert_string_equal(collection_describe_node(node),
                        "collection 1 \"fra\\x0ames\" collection 34 client "
                        "\"cam\\x1b[1mera\" pid 0 uid 0");
    char name[2000];
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_true(node_replace_client(node, name, 7));
    const char *line = collection_describe_node(node); /* still tells who it is */
    assert_true(strlen(line) < 500);
    assert_non_null(strstr(line, "xxx...\" id 7 pid 0 uid 0"));
}

static void quotas_are_named(void **state)
{
    struct fixture *fixture = *state;
    const char *why = NULL;
    fixture->accounts.limits[ACCOUNT_NODES] = fixture->account->used[ACCOUNT_NODES];
    assert_null(collection_add_child(fixture->collection->root, NULL, &why));
    assert_string_equal(why, "max_nodes_per_uid: wanted 1 more, but uid 1000 has 2 of 2");
    assert_null(collection_attach(fixture->collection->root, NULL, &why));
    assert_null(collection_new(&fixture->table, fixture->account, 2, NULL, &why));
    assert_string_equal(why, "max_nodes_per_uid: wanted 1 more, but uid 1000 has 2 of 2");
    assert_int_equal(fixture->account->used[ACCOUNT_COLLECTIONS], 1);
    fixture->accounts.limits[ACCOUNT_COLLECTIONS] = 1;
    assert_null(collection_new(&fixture->table, fixture->account, 2, NULL, &why));
    assert_string_equal(why, "max_collections_per_uid: wanted 1 more, but uid 1000 has 1 of 1");
}

static void a_group_has_a_limit(void **state)
{
    struct fixture *fixture = *state;
    const char *why = NULL;
    fixture->table.config.max_children_per_group = 2;
    struct node *group = collection_add_child(fixture->collection->root, NULL, &why);
    node_become(group, NODE_GROUP);
    assert_non_null(collection_add_child(group, NULL, &why));
    assert_non_null(collection_add_child(group, NULL, &why));
    assert_null(collection_add_child(group, NULL, &why));
    assert_non_null(strstr(why, "max_children_per_group"));
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
        TEST(all_hear_of_the_buffers),
        TEST(all_hear_of_a_failure_and_then_close),
        TEST(over_the_quota_is_no_memory),
        TEST(buffers_go_with_the_last_node),
        TEST(the_dead_go_one_by_one),
        TEST(an_orphans_constraints_stay),
        TEST(the_highest_priority_names_it),
        TEST(an_attached_node_says_where_it_comes_from),
        TEST(what_clients_say_is_escaped_and_cut_in_descriptions),
        TEST(quotas_are_named),
        TEST(a_group_has_a_limit),
        TEST(a_tree_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
