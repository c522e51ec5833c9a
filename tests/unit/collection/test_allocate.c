/* From the solver's word to the heap's, with a heap that answers when it is told to. */
#include "tree.h"

#include <errno.h>

#include "../log_lines.h"

#define MAX_HELD 8

/* System RAM that thinks first. */
struct slow_heap {
    struct heap heap;
    struct heap *ram;
    struct heap_request *held[MAX_HELD];
    size_t count;
};

static struct slow_heap slow;

static void slow_allocate(struct heap *heap, struct heap_request *request)
{
    (void)heap;
    assert_true(slow.count < MAX_HELD);
    slow.held[slow.count++] = request;
}

static void slow_release(struct heap *heap, struct heap_request *request, void (*done)(void *arg),
                         void *arg)
{
    (void)heap;
    slow.ram->ops->release(slow.ram, request, done, arg);
}

static void slow_free(struct heap *heap)
{
    (void)heap;
    slow.ram->ops->free(slow.ram);
}

/* The heap answers all requests: with memory (0), or with this error. */
static void answer(int error)
{
    size_t count = slow.count;
    slow.count = 0;
    for (size_t i = 0; i < count; i++) {
        if (error == 0) {
            slow.held[i]->name = "slow";
            slow.ram->ops->allocate(slow.ram, slow.held[i]);
        } else {
            slow.held[i]->status = error;
            slow.held[i]->fd = -1;
            slow.held[i]->done(slow.held[i]);
        }
    }
}

static int setup_slow(void **state)
{
    static const struct heap_ops ops = {
        .allocate = slow_allocate, .release = slow_release, .free = slow_free};
    (void)setup(state);
    struct fixture *fixture = *state;
    struct heap *ram = fixture->heaps.heaps[0];
    slow = (struct slow_heap){.heap = *ram, .ram = ram};
    slow.heap.ops = &ops;
    fixture->heaps.heaps[0] = &slow.heap;
    log_lines_begin(LOG_LEVEL_INFO);
    return 0;
}

static int teardown_slow(void **state)
{
    log_lines_end();
    return teardown(state);
}

static void nobody_hears_before_the_heap_has_answered(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(fixture->collection->state, COLLECTION_POPULATING);
    assert_int_equal(fixture->peers[0].allocated + fixture->peers[1].allocated, 0);
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], 2 * SIZE_BYTES);
    answer(0);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    assert_int_equal(fixture->peers[0].allocated, 1);
    assert_int_equal(fixture->peers[1].allocated, 1);
}

static void the_heap_refuses(void **state)
{
    struct fixture *fixture = *state;
    uint64_t descriptors = fixture->account->used[ACCOUNT_DESCRIPTORS];
    ask_for(fixture, SIZE_BYTES);
    answer(-ENOMEM);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fixture->peers[i].error, SYSMEM_ERROR_NO_MEMORY);
        assert_int_equal(fixture->peers[i].closed, 1);
    }
    assert_int_equal(fixture->collection->error, SYSMEM_ERROR_NO_MEMORY);
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], 0);
    assert_int_equal(fixture->account->used[ACCOUNT_DESCRIPTORS], descriptors);
    assert_true(log_lines_have("heap " SYSMEM_HEAP_TYPE_SYSTEM_RAM
                               " 0: wanted 2 buffers of 4096 bytes; got "));
}

/* All nodes go while the heap still thinks; the sweep in between must not take its requests away.
 */
static void check_that_all_leave(struct fixture *fixture, int error)
{
    ask_for(fixture, SIZE_BYTES);
    release_and_close(fixture->peers[1].node);
    assert_int_equal(fixture->collection->state, COLLECTION_POPULATING);
    release_and_close(fixture->peers[0].node);
    assert_int_equal(fixture->collection->state, COLLECTION_FAILED);
    collection_table_sweep_all(&fixture->table);
    answer(error);
    buffer_watcher_process(fixture->watcher);
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->account->used[ACCOUNT_COLLECTIONS], 0);
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], 0);
    assert_int_equal(slow.ram->metrics.buffers, 0);
}

static void all_leave_and_the_heap_gives(void **state)
{
    check_that_all_leave(*state, 0);
}

static void all_leave_and_the_heap_refuses(void **state)
{
    check_that_all_leave(*state, -ENOMEM);
}

/* The daemon ends while the heap thinks: what it still answers is given back. */
static void the_table_goes_before_the_heap_answers(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    collection_table_deinit(&fixture->table);
    assert_int_equal(fixture->peers[0].closed + fixture->peers[1].closed, 2);
    answer(0);
    assert_int_equal(slow.ram->metrics.buffers, 0);
}

/* Who waits is told in time; what the heap makes later goes back to it, and is charged till then.
 */
static void check_a_late_heap(struct fixture *fixture, int error)
{
    slow.heap.properties.deadline_ns = 1000;
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(fixture->peers[0].error, 0);
    assert_true(alarms_ring(&fixture->alarms, UINT64_MAX - 1)); /* long before the slow report */
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_NO_MEMORY);
    assert_int_equal(fixture->peers[1].error, SYSMEM_ERROR_NO_MEMORY);
    assert_true(
        log_lines_have("wanted 2 buffers of 4096 bytes; got no answer within its deadline"));
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], 2 * SIZE_BYTES);
    answer(error);
    buffer_watcher_process(fixture->watcher);
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->account->used[ACCOUNT_COLLECTIONS], 0);
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], 0);
    assert_int_equal(slow.ram->metrics.buffers, 0);
}

static void a_late_heap_gives(void **state)
{
    check_a_late_heap(*state, 0);
}

static void a_late_heap_refuses(void **state)
{
    check_a_late_heap(*state, -ENOMEM);
}

/* An answer in time takes the alarm back. */
static void a_heap_that_keeps_its_deadline(void **state)
{
    struct fixture *fixture = *state;
    slow.heap.properties.deadline_ns = 1000000000;
    ask_for(fixture, SIZE_BYTES);
    assert_true(alarms_next(&fixture->alarms) != UINT64_MAX);
    answer(0);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    assert_int_equal(alarms_next(&fixture->alarms), UINT64_MAX);
}

/* The daemon ends meanwhile. */
static void no_alarm_of_a_table_that_is_gone(void **state)
{
    struct fixture *fixture = *state;
    slow.heap.properties.deadline_ns = 1000000000;
    ask_for(fixture, SIZE_BYTES);
    collection_table_deinit(&fixture->table);
    assert_int_equal(alarms_next(&fixture->alarms), UINT64_MAX);
    answer(0);
}

static void assert_no_memory(const struct fixture *fixture, const char *why)
{
    assert_int_equal(slow.count, 0); /* the heap was not asked */
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_NO_MEMORY);
    assert_int_equal(fixture->peers[1].error, SYSMEM_ERROR_NO_MEMORY);
    assert_true(log_lines_have(why));
}

static void over_the_quota_of_bytes(void **state)
{
    struct fixture *fixture = *state;
    fixture->accounts.limits[ACCOUNT_BUFFER_BYTES] = 2 * SIZE_BYTES - 1;
    ask_for(fixture, SIZE_BYTES);
    assert_no_memory(fixture, "max_bytes_per_uid: wanted 8192 more, but uid 1000 has 0 of 8191");
}

static void over_the_quota_of_descriptors(void **state)
{
    struct fixture *fixture = *state;
    fixture->accounts.limits[ACCOUNT_DESCRIPTORS] = fixture->account->used[ACCOUNT_DESCRIPTORS] + 1;
    ask_for(fixture, SIZE_BYTES);
    assert_no_memory(fixture, "max_descriptors_per_uid: wanted 2 more, but uid 1000 has ");
    assert_null(fixture->collection->root);
}

/* What a participant sends is kept only as far as its quota allows. */
static void constraints_are_charged(void **state)
{
    struct fixture *fixture = *state;
    struct node *node = fixture->peers[0].node;
    struct arena arena;
    arena_init(&arena, 4096);
    struct sysmem_buffer_collection_constraints *wish = arena_alloc(&arena, sizeof(*wish));
    assert_non_null(wish);
    fixture->accounts.limits[ACCOUNT_MESSAGE_BYTES] = arena_footprint(&arena) - 1;
    assert_false(collection_set_constraints(node, wish, &arena));
    assert_false(node->has_constraints);
    fixture->accounts.limits[ACCOUNT_MESSAGE_BYTES]++;
    assert_true(collection_set_constraints(node, wish, &arena));
    assert_ptr_equal(node->constraints, wish);
}

#define SLOW(name) cmocka_unit_test_setup_teardown(name, setup_slow, teardown_slow)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SLOW(nobody_hears_before_the_heap_has_answered),
        SLOW(the_heap_refuses),
        SLOW(a_late_heap_gives),
        SLOW(a_late_heap_refuses),
        SLOW(a_heap_that_keeps_its_deadline),
        SLOW(no_alarm_of_a_table_that_is_gone),
        SLOW(all_leave_and_the_heap_gives),
        SLOW(all_leave_and_the_heap_refuses),
        SLOW(the_table_goes_before_the_heap_answers),
        SLOW(over_the_quota_of_bytes),
        SLOW(over_the_quota_of_descriptors),
        SLOW(constraints_are_charged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
