/* What the tests of collections share: a table whose observer writes down what it is told, and a
 * collection of two participants, with channels that only count what they hear. */
#ifndef TESTS_COLLECTION_FIXTURE_H
#define TESTS_COLLECTION_FIXTURE_H

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

#define UID        1000
#define MAX_NODES  8
#define MAX_BYTES  (1024 * 1024)
#define SIZE_BYTES 4096

/* A channel: what it heard. */
struct peer {
    struct node *node;
    int allocated;
    int failed;
    int closed;
    int closed_at; /* the how manieth of all that were closed */
    uint32_t error;
    struct failure *failure; /* a reference, which the teardown drops */
};

static void on_allocated(void *arg)
{
    struct peer *peer = arg;
    peer->allocated++;
}

static void on_failed(void *arg, uint32_t error, struct failure *failure)
{
    struct peer *peer = arg;
    assert_int_equal(peer->closed, 0);
    peer->failed++;
    peer->error = error;
    failure_unref(peer->failure);
    peer->failure = failure == NULL ? NULL : failure_ref(failure);
}

static void on_closed(void *arg, const char *why)
{
    struct peer *peer = arg;
    static int closed_before;
    assert_non_null(why);
    peer->closed++;
    peer->closed_at = ++closed_before;
}

static const struct collection_peer_ops peer_ops = {
    .allocated = on_allocated, .failed = on_failed, .closed = on_closed};

/* What the observer was told, in order. */
struct told {
    enum collection_event event;
    const struct node *node;
};

struct fixture {
    struct alarms alarms;
    struct told told[64];
    size_t told_count;
    struct accounts accounts;
    struct account *account;
    struct heap_registry heaps;
    struct buffer_watcher *watcher;
    struct executor executor; /* not used: buffers here are small */
    struct collection_table table;
    struct collection *collection;
    struct peer peers[2]; /* the root and its child, both collections */
    struct peer others[64];
    size_t other_count;
};

static void on_event(void *arg, const struct collection *collection, const struct node *node,
                     enum collection_event event)
{
    struct fixture *fixture = arg;
    assert_ptr_equal(collection, fixture->collection);
    assert_true(node == NULL || !node->dead);
    assert_true(fixture->told_count < sizeof(fixture->told) / sizeof(fixture->told[0]));
    fixture->told[fixture->told_count++] = (struct told){event, node};
}

static inline void add_participants(struct fixture *fixture)
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

static inline int setup(void **state)
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
    struct heap *heap = heap_system_ram_new(&fixture.executor, HEAP_COMMIT_EAGER);
    assert_int_equal(heap_registry_add(&fixture.heaps, heap), 0);
    alarms_init(&fixture.alarms, NULL);
    struct collection_table_config config = {
        .ops = &peer_ops,
        .observer = {.event = on_event, .arg = &fixture},
        .alarms = &fixture.alarms,
        .max_children_per_group = 64,
        .heaps = &fixture.heaps,
        .watcher = fixture.watcher,
        .max_nodes_per_tree = MAX_NODES
    };
    solver_environment_init(&config.environment);
    collection_table_init(&fixture.table, &config);
    add_participants(&fixture);
    *state = &fixture;
    return 0;
}

/* Whatever a case has done, nothing stays charged. */
static inline int teardown(void **state)
{
    struct fixture *fixture = *state;
    collection_table_deinit(&fixture->table);
    collection_table_sweep_all(&fixture->table);
    for (size_t i = 0; i < sizeof(fixture->others) / sizeof(fixture->others[0]); i++) {
        failure_unref(fixture->others[i].failure);
    }
    failure_unref(fixture->peers[0].failure);
    failure_unref(fixture->peers[1].failure);
    for (int kind = 0; kind < ACCOUNT_KINDS; kind++) {
        assert_int_equal(fixture->account->used[kind], 0);
    }
    buffer_watcher_free(fixture->watcher);
    heap_registry_deinit(&fixture->heaps);
    (void)account_unref(fixture->account);
    accounts_deinit(&fixture->accounts);
    return 0;
}

/* SetConstraints: one buffer of `bytes`. */
static inline void set_constraints(struct node *node, uint64_t bytes)
{
    static struct sysmem_buffer_collection_constraints wanted[64]; /* they outlive the call */
    static size_t used;
    struct sysmem_buffer_collection_constraints *wish = &wanted[used++ % 64];
    struct arena none = {0};
    *wish = (struct sysmem_buffer_collection_constraints){.has = {.usage = true}};
    SYSMEM_SET(&wish->usage, cpu, SYSMEM_CPU_USAGE_READ);
    SYSMEM_SET(wish, min_buffer_count_for_camping, 1);
    wish->has.buffer_memory_constraints = true;
    SYSMEM_SET(&wish->buffer_memory_constraints, min_size_bytes, bytes);
    SYSMEM_SET(&wish->buffer_memory_constraints, cpu_domain_supported, true);
    assert_true(collection_set_constraints(node, wish, &none));
}

/* SetConstraints of both. */
static inline void ask_for(struct fixture *fixture, uint64_t bytes)
{
    for (size_t i = 0; i < 2; i++) {
        set_constraints(fixture->peers[i].node, bytes);
    }
    collection_evaluate(fixture->collection);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
