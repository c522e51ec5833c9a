/* Heaps that come, go, and get ready while collections depend on them. */
#include "tree.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../fake_heap.h"
#include "../log_lines.h"

#define GONE "its process is gone"

static struct fake_heap fake;
static struct fake_heap other;

static int setup_fake(void **state)
{
    (void)setup(state);
    struct fixture *fixture = *state;
    fixture->heaps.alarms = &fixture->alarms;
    fake_heap_init(&fake, FAKE_HEAP_TYPE, 0);
    fake_heap_init(&other, FAKE_HEAP_TYPE, 0);
    assert_int_equal(heap_registry_add(&fixture->heaps, &fake.heap), 0);
    fixture->table.config.observer.event = NULL; /* there are several collections */
    log_lines_begin(LOG_LEVEL_INFO);
    return 0;
}

static int teardown_fake(void **state)
{
    log_lines_end();
    (void)teardown(state);
    assert_true(fake.freed);
    return 0;
}

/* SetConstraints of one that permits the fake heap alone. */
static void want_fake(struct node *node)
{
    static const struct sysmem_heap heap = {.heap_type = FAKE_HEAP_TYPE,
                                            .has = {.heap_type = true}};
    static struct sysmem_buffer_collection_constraints wish; /* it outlives the call */
    struct arena none = {0};
    wish = (struct sysmem_buffer_collection_constraints){.has = {.usage = true}};
    SYSMEM_SET(&wish.usage, cpu, SYSMEM_CPU_USAGE_READ);
    wish.has.buffer_memory_constraints = true;
    SYSMEM_SET_VECTOR(&wish.buffer_memory_constraints, permitted_heaps, &heap, 1);
    assert_true(collection_set_constraints(node, &wish, &none));
}

static void ask_the_fake_heap(struct fixture *fixture)
{
    want_fake(fixture->peers[0].node);
    set_constraints(fixture->peers[1].node, SIZE_BYTES);
    collection_evaluate(fixture->collection);
}

static void want_secure(struct node *node)
{
    static struct sysmem_buffer_collection_constraints wish;
    struct arena none = {0};
    wish = (struct sysmem_buffer_collection_constraints){.has = {.usage = true}};
    SYSMEM_SET(&wish.usage, video, SYSMEM_VIDEO_USAGE_HW_DECODER);
    SYSMEM_SET(&wish, min_buffer_count_for_camping, 1);
    wish.has.buffer_memory_constraints = true;
    SYSMEM_SET(&wish.buffer_memory_constraints, min_size_bytes, SIZE_BYTES);
    SYSMEM_SET(&wish.buffer_memory_constraints, secure_required, true);
    assert_true(collection_set_constraints(node, &wish, &none));
}

static void ask_for_secure_memory(struct fixture *fixture)
{
    want_secure(fixture->peers[0].node);
    set_no_constraints(fixture->peers[1].node);
    collection_evaluate(fixture->collection);
}

/* Two new participants; the others are gone. */
static void begin_again(struct fixture *fixture)
{
    for (size_t i = 0; i < 2; i++) {
        failure_unref(fixture->peers[i].failure);
        fixture->peers[i] = (struct peer){0};
    }
    add_participants(fixture);
}

/* Its word on who holds what may take a moment. */
static void wait_for_the_kernel(struct fixture *fixture)
{
    struct pollfd ready = {.fd = buffer_watcher_fd(fixture->watcher), .events = POLLIN};
    if (!buffer_watcher_is_due(fixture->watcher)) {
        assert_int_equal(poll(&ready, 1, 20000), 1);
    }
    buffer_watcher_process(fixture->watcher);
}

static void assert_all_given_back(struct fixture *fixture)
{
    buffer_watcher_process(fixture->watcher);
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->account->used[ACCOUNT_COLLECTIONS], 0);
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], 0);
    assert_int_equal(fake.heap.metrics.buffers, 0);
}

/* --- heaps that go --- */

static void who_has_its_buffers_fails_and_the_buffers_live_on(void **state)
{
    struct fixture *fixture = *state;
    struct buffer_handle_fds held;
    ask_the_fake_heap(fixture);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    struct buffer_set *buffers = fixture->collection->buffers;
    const struct buffer_handle handle = {.writable = true, .holder = 1};
    assert_int_equal(buffer_set_open(buffers, 0, &handle, &held), 0);
    heap_registry_remove(&fixture->heaps, &fake.heap, GONE);
    assert_int_equal(fixture->peers[0].closed, 0); /* in its turn */
    assert_true(collection_table_needs_sweep(&fixture->table));
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->peers[0].closed + fixture->peers[1].closed, 2);
    assert_true(log_lines_have("fails: heap " FAKE_HEAP_TYPE " 0: " GONE));
    buffer_watcher_process(fixture->watcher);
    heap_registry_sweep(&fixture->heaps);
    assert_false(fake.freed); /* somebody still holds a buffer of it */
    assert_int_equal(fake.heap.metrics.buffers, 1);
    assert_int_equal(write(held.fd, "here", 4), 4);
    fd_close(&held.fd);
    while (fake.heap.metrics.buffers > 0) {
        wait_for_the_kernel(fixture);
    }
    assert_all_given_back(fixture);
    heap_registry_sweep(&fixture->heaps);
    assert_true(fake.freed);
}

static void others_go_on(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    heap_registry_remove(&fixture->heaps, &fake.heap, GONE);
    assert_false(collection_table_needs_sweep(&fixture->table));
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    heap_registry_sweep(&fixture->heaps);
    assert_true(fake.freed);
}

/* Who waits for it is told why; what it answers afterwards goes to nobody. */
static void check_who_waits(struct fixture *fixture, int answer)
{
    fake.slow = true;
    fake.heap.properties.deadline_ns = 1000;
    ask_the_fake_heap(fixture);
    assert_int_equal(fixture->collection->state, COLLECTION_POPULATING);
    heap_registry_remove(&fixture->heaps, &fake.heap, GONE);
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_NO_MEMORY);
    assert_int_equal(fixture->peers[1].error, SYSMEM_ERROR_NO_MEMORY);
    assert_true(log_lines_have("wanted 1 buffers of 4096 bytes; got " GONE));
    heap_registry_sweep(&fixture->heaps);
    assert_false(fake.freed);
    while (alarms_ring(&fixture->alarms, UINT64_MAX - 1)) { /* the deadline makes no difference */
    }
    assert_int_equal(fake.heap.metrics.late_answers, 0);
    fake_heap_answer(&fake, answer, answer == 0 ? NULL : GONE);
    assert_all_given_back(fixture);
    heap_registry_sweep(&fixture->heaps);
    assert_true(fake.freed);
}

static void who_waits_for_it_fails_and_it_answers(void **state)
{
    check_who_waits(*state, 0);
}

static void who_waits_for_it_fails_and_it_refuses(void **state)
{
    check_who_waits(*state, -EPIPE);
}

/* The daemon ends before the collection had its turn. */
static void the_table_goes_before_the_turn(void **state)
{
    struct fixture *fixture = *state;
    ask_the_fake_heap(fixture);
    heap_registry_remove(&fixture->heaps, &fake.heap, GONE);
    collection_table_deinit(&fixture->table);
    assert_int_equal(fixture->peers[0].closed + fixture->peers[1].closed, 2);
}

/* All have left by themselves when its turn comes. */
static void nobody_is_left_to_fail(void **state)
{
    struct fixture *fixture = *state;
    ask_the_fake_heap(fixture);
    heap_registry_remove(&fixture->heaps, &fake.heap, GONE);
    collection_fail_node(fixture->peers[0].node, "its client left");
    assert_all_given_back(fixture);
    assert_false(log_lines_have(GONE));
}

static void what_comes_next_goes_to_the_new_one(void **state)
{
    struct fixture *fixture = *state;
    ask_the_fake_heap(fixture);
    assert_int_equal(heap_registry_add(&fixture->heaps, &other.heap), 0);
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->peers[0].closed + fixture->peers[1].closed, 2);
    assert_true(log_lines_have("fails: heap " FAKE_HEAP_TYPE " 0: another process has taken its "
                               "place"));
    assert_all_given_back(fixture);
    begin_again(fixture);
    ask_the_fake_heap(fixture);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    assert_int_equal(other.heap.metrics.buffers, 1);
}

/* A heap that nobody has any more is told apart from one that is absent. */
static void a_heap_that_is_not_there_is_not_chosen(void **state)
{
    struct fixture *fixture = *state;
    heap_registry_remove(&fixture->heaps, &fake.heap, GONE);
    ask_the_fake_heap(fixture);
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_true(log_lines_have(FAKE_HEAP_TYPE " (not there)"));
}

static void an_absent_heap_says_why(void **state)
{
    struct fixture *fixture = *state;
    heap_registry_set_ready(&fixture->heaps, &fake.heap, "its device is away");
    ask_the_fake_heap(fixture);
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_true(log_lines_have(FAKE_HEAP_TYPE " (absent: its device is away)"));
    assert_all_given_back(fixture);
    heap_registry_set_ready(&fixture->heaps, &fake.heap, NULL);
    begin_again(fixture);
    ask_the_fake_heap(fixture);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
}

static void look_and_be_away(struct heap *heap)
{
    heap->ready = false;
    heap->absent_reason = "nobody has told";
}

static void a_heap_that_nobody_tells_is_looked_at(void **state)
{
    struct fixture *fixture = *state;
    struct heap_ops looking = *fake.heap.ops;
    looking.look = look_and_be_away;
    fake.heap.ops = &looking;
    ask_the_fake_heap(fixture);
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_true(log_lines_have(FAKE_HEAP_TYPE " (absent: nobody has told)"));
    heap_registry_remove(&fixture->heaps, &fake.heap, GONE);
    heap_registry_sweep(&fixture->heaps);
}

/* --- while the solver works on another thread --- */

static struct executor_job *submitted;

static void submit(struct executor *executor, struct executor_job *job)
{
    (void)executor;
    assert_null(submitted);
    submitted = job;
}

static void finish(void)
{
    struct executor_job *job = submitted;
    submitted = NULL;
    job->work(job);
    job->done(job);
}

static void solve_elsewhere(struct fixture *fixture)
{
    static struct executor executor = {.submit = submit};
    fixture->table.config.executor = &executor;
}

/* It ends with the heaps that it began with; one that has gone meanwhile is not asked. */
static void a_heap_goes_while_it_is_chosen(void **state)
{
    struct fixture *fixture = *state;
    solve_elsewhere(fixture);
    ask_the_fake_heap(fixture);
    heap_registry_remove(&fixture->heaps, &fake.heap, GONE);
    heap_registry_sweep(&fixture->heaps);
    assert_true(fake.freed);
    finish();
    assert_int_equal(fixture->peers[0].failed, 0);
    assert_non_null(submitted); /* asked once more */
    finish();
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
}

static void a_heap_is_replaced_while_it_is_chosen(void **state)
{
    struct fixture *fixture = *state;
    solve_elsewhere(fixture);
    ask_the_fake_heap(fixture);
    assert_int_equal(heap_registry_add(&fixture->heaps, &other.heap), 0);
    heap_registry_sweep(&fixture->heaps);
    finish();
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    assert_int_equal(other.heap.metrics.buffers, 1);
}

/* Flapping heaps of others hold up nobody. */
static void other_heaps_come_while_one_is_chosen(void **state)
{
    struct fixture *fixture = *state;
    solve_elsewhere(fixture);
    ask_the_fake_heap(fixture);
    other.heap.id.id = 7;
    assert_int_equal(heap_registry_add(&fixture->heaps, &other.heap), 0);
    finish();
    assert_null(submitted);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
}

/* --- secure memory --- */

static void get_ready(struct fixture *fixture)
{
    other.heap.id.heap_type = "test.SECURE";
    other.heap.properties = (struct heap_properties){
        .inaccessible_supported = true, .secure = true, .max_size_bytes = UINT64_MAX};
    assert_int_equal(heap_registry_add(&fixture->heaps, &other.heap), 0);
    heap_registry_set_secure(&fixture->heaps, HEAP_SECURE_READY);
}

static void secure_memory_is_waited_for(void **state)
{
    struct fixture *fixture = *state;
    heap_registry_set_secure(&fixture->heaps, HEAP_SECURE_EXPECTED);
    ask_for_secure_memory(fixture);
    assert_int_equal(fixture->collection->state, COLLECTION_CREATED);
    assert_int_equal(fixture->peers[0].failed + fixture->peers[0].closed, 0);
    assert_null(collection_blocked_by(fixture->collection));
    ring_next(fixture);
    assert_true(
        log_lines_have("nobody: secure memory is required, and its driver is still to come"));
    collection_evaluate(fixture->collection); /* nothing has changed */
    assert_int_equal(fixture->collection->state, COLLECTION_CREATED);
    heap_registry_set_ready(&fixture->heaps, &fake.heap, "its device is away"); /* another change */
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->collection->state, COLLECTION_CREATED);
    get_ready(fixture);
    assert_int_equal(fixture->collection->state, COLLECTION_CREATED); /* in its turn */
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    assert_true(fixture->collection->settings.buffer_settings.is_secure);
    assert_int_equal(fixture->peers[0].allocated, 1);
}

static void who_needs_no_secure_memory_does_not_wait(void **state)
{
    struct fixture *fixture = *state;
    heap_registry_set_secure(&fixture->heaps, HEAP_SECURE_EXPECTED);
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
}

static void who_waits_for_secure_memory_may_leave(void **state)
{
    struct fixture *fixture = *state;
    heap_registry_set_secure(&fixture->heaps, HEAP_SECURE_EXPECTED);
    ask_for_secure_memory(fixture);
    collection_fail_node(fixture->peers[1].node, "its client left");
    assert_int_equal(fixture->peers[0].closed + fixture->peers[1].closed, 2);
    get_ready(fixture);
    assert_all_given_back(fixture);
    assert_int_equal(other.heap.metrics.allocations, 0);
}

/* Was ready, and its driver is gone. */
static void lost_secure_memory_fails_who_requires_it(void **state)
{
    struct fixture *fixture = *state;
    get_ready(fixture);
    ask_for_secure_memory(fixture);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    heap_registry_set_secure(&fixture->heaps, HEAP_SECURE_LOST);
    heap_registry_remove(&fixture->heaps, &other.heap, "its driver is gone");
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->peers[0].closed, 1);
    assert_all_given_back(fixture);
    begin_again(fixture);
    ask_for_secure_memory(fixture);
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_UNSPECIFIED);
    assert_true(log_lines_have("wanted secure memory, got none any more: its driver is gone"));
}

static void unexpected_secure_memory_is_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    ask_for_secure_memory(fixture);
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
}

/* The first child of the group waits, so that the second one is not tried. */
static void a_group_waits_for_its_first_child(void **state)
{
    struct fixture *fixture = *state;
    heap_registry_set_secure(&fixture->heaps, HEAP_SECURE_EXPECTED);
    struct node *group = add_token(fixture->peers[0].node, new_peer(fixture));
    node_become(group, NODE_GROUP);
    want_secure(add_collection(group, new_peer(fixture)));
    set_constraints(add_collection(group, new_peer(fixture)), SIZE_BYTES);
    group->all_children_present = true;
    set_no_constraints(fixture->peers[0].node);
    set_constraints(fixture->peers[1].node, SIZE_BYTES);
    collection_evaluate(fixture->collection);
    assert_int_equal(fixture->collection->state, COLLECTION_CREATED);
    heap_registry_set_secure(&fixture->heaps, HEAP_SECURE_NONE); /* none will ever come */
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    assert_false(fixture->collection->settings.buffer_settings.is_secure);
}

static void secure_memory_comes_while_the_solver_works(void **state)
{
    struct fixture *fixture = *state;
    heap_registry_set_secure(&fixture->heaps, HEAP_SECURE_EXPECTED);
    solve_elsewhere(fixture);
    ask_for_secure_memory(fixture);
    get_ready(fixture);
    finish();
    assert_false(fixture->collection->waits_for_secure);
    finish();
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
}

/* --- heaps that are late --- */

static void a_late_answer_is_counted(void **state)
{
    struct fixture *fixture = *state;
    fake.slow = true;
    fake.heap.properties.deadline_ns = 1000;
    ask_the_fake_heap(fixture);
    ring_next(fixture);
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_NO_MEMORY);
    assert_int_equal(fake.heap.metrics.late_answers, 1);
    fake_heap_answer(&fake, -EIO, NULL);
    assert_all_given_back(fixture);
}

/* As long as the memory is not back it stays charged, and who tracks it hears nothing; the daemon's
 * end does not wait for it (the teardown). */
static void a_late_release_stays_charged(void **state)
{
    struct fixture *fixture = *state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ask_the_fake_heap(fixture);
    assert_null(collection_track_lifetime(fixture->peers[0].node, ends[1], 0));
    fake.slow = true;
    fake.heap.properties.deadline_ns = 1000;
    collection_fail_node(fixture->peers[0].node, "its client left");
    while (fake.release_count == 0) {
        wait_for_the_kernel(fixture);
    }
    collection_table_sweep_all(&fixture->table);
    ring_next(fixture);
    assert_int_equal(fake.heap.metrics.late_releases, 1);
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], SIZE_BYTES);
    char byte;
    assert_int_equal(recv(ends[0], &byte, 1, MSG_DONTWAIT), -1);
    fake_heap_finish_all(&fake);
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], 0);
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(recv(ends[0], &byte, 1, MSG_DONTWAIT), 0);
    fd_close(&ends[0]);
}

static void the_end_does_not_wait_for_a_release(void **state)
{
    struct fixture *fixture = *state;
    ask_the_fake_heap(fixture);
    fake.slow = true;
    collection_fail_node(fixture->peers[0].node, "its client left");
    while (fake.release_count == 0) {
        wait_for_the_kernel(fixture);
    }
    collection_table_deinit(&fixture->table);
    assert_int_equal(fake.release_count, 1);
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], 0);
}

#define FAKE(name) cmocka_unit_test_setup_teardown(name, setup_fake, teardown_fake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE(who_has_its_buffers_fails_and_the_buffers_live_on),
        FAKE(others_go_on),
        FAKE(who_waits_for_it_fails_and_it_answers),
        FAKE(who_waits_for_it_fails_and_it_refuses),
        FAKE(the_table_goes_before_the_turn),
        FAKE(nobody_is_left_to_fail),
        FAKE(what_comes_next_goes_to_the_new_one),
        FAKE(a_heap_that_is_not_there_is_not_chosen),
        FAKE(an_absent_heap_says_why),
        FAKE(a_heap_that_nobody_tells_is_looked_at),
        FAKE(a_heap_goes_while_it_is_chosen),
        FAKE(a_heap_is_replaced_while_it_is_chosen),
        FAKE(other_heaps_come_while_one_is_chosen),
        FAKE(secure_memory_is_waited_for),
        FAKE(who_needs_no_secure_memory_does_not_wait),
        FAKE(who_waits_for_secure_memory_may_leave),
        FAKE(lost_secure_memory_fails_who_requires_it),
        FAKE(unexpected_secure_memory_is_not_waited_for),
        FAKE(a_group_waits_for_its_first_child),
        FAKE(secure_memory_comes_while_the_solver_works),
        FAKE(a_late_answer_is_counted),
        FAKE(a_late_release_stays_charged),
        FAKE(the_end_does_not_wait_for_a_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
