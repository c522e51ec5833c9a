/* From constraints to buffers and to nothing, with channels that only count what they hear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include <sysmem/usage.h>

#include "base/log.h"
#include "collection/collection.h"

static struct alarms alarms;

#define UID        1000
#define MAX_NODES  4
#define MAX_BYTES  (1024 * 1024)
#define SIZE_BYTES 4096

/* A channel: what it heard, and whether it is one that cannot be answered. */
struct peer {
    struct node *node;
    int allocated;
    int failed;
    int closed;
    uint32_t error;
    bool breaks;
};

static void on_allocated(void *arg)
{
    struct peer *peer = arg;
    peer->allocated++;
}

static void on_failed(void *arg, uint32_t error)
{
    struct peer *peer = arg;
    assert_int_equal(peer->closed, 0);
    peer->failed++;
    peer->error = error;
    if (peer->breaks) {
        collection_fail_node(peer->node, "cannot be answered");
    }
}

static void on_closed(void *arg, const char *why)
{
    struct peer *peer = arg;
    assert_non_null(why);
    peer->closed++;
}

static const struct collection_peer_ops peer_ops = {
    .allocated = on_allocated, .failed = on_failed, .closed = on_closed};

struct fixture {
    struct accounts accounts;
    struct account *account;
    struct heap_registry heaps;
    struct buffer_watcher *watcher;
    struct executor executor; /* not used: buffers here are small */
    struct collection_table table;
    struct collection *collection;
    struct peer peers[2]; /* the root and its child, both collections */
};

static void add_participants(struct fixture *fixture)
{
    const char *why = NULL;
    fixture->collection =
        collection_new(&fixture->table, fixture->account, 1, &fixture->peers[0], &why);
    assert_non_null(fixture->collection);
    fixture->peers[0].node = fixture->collection->root;
    fixture->peers[1].node =
        collection_add_child(fixture->collection->root, &fixture->peers[1], &why);
    assert_non_null(fixture->peers[1].node);
    for (size_t i = 0; i < 2; i++) {
        collection_bind_node(fixture->peers[i].node, &fixture->peers[i]);
    }
}

static int setup(void **state)
{
    static struct fixture fixture;
    (void)signal(SIGIO, SIG_IGN);
    log_set_level(LOG_LEVEL_ERROR);
    fixture = (struct fixture){0};
    for (int kind = 0; kind < ACCOUNT_KINDS; kind++) {
        fixture.accounts.limits[kind] = MAX_BYTES;
    }
    fixture.account = account_ref(&fixture.accounts, UID);
    fixture.watcher = buffer_watcher_new();
    assert_true(fixture.account != NULL && fixture.watcher != NULL);
    struct heap *heap = heap_system_ram_new(&fixture.executor, false);
    assert_int_equal(heap_registry_add(&fixture.heaps, heap), 0);
    alarms_init(&alarms, NULL);
    struct collection_table_config config = {.ops = &peer_ops,
                                             .alarms = &alarms,
                                             .max_children_per_group = 64,
                                             .heaps = &fixture.heaps,
                                             .watcher = fixture.watcher,
                                             .max_nodes_per_tree = MAX_NODES};
    solver_environment_init(&config.environment);
    collection_table_init(&fixture.table, &config);
    add_participants(&fixture);
    *state = &fixture;
    return 0;
}

/* Whatever a case has done, nothing stays charged. */
static int teardown(void **state)
{
    struct fixture *fixture = *state;
    collection_table_deinit(&fixture->table);
    collection_table_sweep(&fixture->table);
    for (int kind = 0; kind < ACCOUNT_KINDS; kind++) {
        assert_int_equal(fixture->account->used[kind], 0);
    }
    buffer_watcher_free(fixture->watcher);
    heap_registry_deinit(&fixture->heaps);
    (void)account_unref(fixture->account);
    accounts_deinit(&fixture->accounts);
    return 0;
}

/* SetConstraints of both, one buffer of `bytes` each. */
static void ask_for(struct fixture *fixture, uint64_t bytes)
{
    static struct sysmem_buffer_collection_constraints wanted;
    wanted = (struct sysmem_buffer_collection_constraints){.has = {.usage = true}};
    SYSMEM_SET(&wanted.usage, cpu, SYSMEM_CPU_USAGE_READ);
    SYSMEM_SET(&wanted, min_buffer_count_for_camping, 1);
    wanted.has.buffer_memory_constraints = true;
    SYSMEM_SET(&wanted.buffer_memory_constraints, min_size_bytes, bytes);
    SYSMEM_SET(&wanted.buffer_memory_constraints, cpu_domain_supported, true);
    for (size_t i = 0; i < 2; i++) {
        struct arena none = {0};
        assert_true(collection_set_constraints(fixture->peers[i].node, &wanted, &none));
    }
    collection_evaluate(fixture->collection);
}

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

/* The tree fails from within the answers: each channel is closed once, and nobody is asked then. */
static void check_that_a_peer_breaks(struct fixture *fixture, size_t which)
{
    fixture->peers[which].breaks = true;
    ask_for(fixture, UINT64_MAX / 4);
    assert_null(fixture->collection->root);
    assert_int_equal(fixture->collection->state, COLLECTION_FAILED);
    assert_int_equal(fixture->peers[0].closed, 1);
    assert_int_equal(fixture->peers[1].closed, 1);
}

static void the_first_peer_breaks_on_a_failure(void **state)
{
    struct fixture *fixture = *state;
    check_that_a_peer_breaks(fixture, 0);
    assert_int_equal(fixture->peers[1].failed, 0);
}

static void the_last_peer_breaks_on_a_failure(void **state)
{
    struct fixture *fixture = *state;
    check_that_a_peer_breaks(fixture, 1);
    assert_int_equal(fixture->peers[0].failed, 1);
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
    collection_table_sweep(&fixture->table);
    assert_int_equal(fixture->account->used[ACCOUNT_COLLECTIONS], 0);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_hear_of_the_buffers),           TEST(all_hear_of_a_failure_and_then_close),
        TEST(over_the_quota_is_no_memory),       TEST(the_first_peer_breaks_on_a_failure),
        TEST(the_last_peer_breaks_on_a_failure), TEST(buffers_go_with_the_last_node),
        TEST(an_orphans_constraints_stay),       TEST(a_tree_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
