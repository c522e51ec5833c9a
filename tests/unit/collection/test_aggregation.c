/* Constraints that are aggregated on another thread, which here runs when the test says so. */
#include "fixture.h"

#include "collection/aggregation.h"

#define MOST_JOBS 8

static struct {
    struct executor executor;
    struct executor_job *jobs[MOST_JOBS];
    size_t submitted;
    size_t finished;
} other;

/* Further channels: they are told of the end of the table, too. */
static struct peer late;
static struct peer second;
static struct peer third;

static void submit(struct executor *executor, struct executor_job *job)
{
    assert_ptr_equal(executor, &other.executor);
    assert_true(other.submitted < MOST_JOBS);
    other.jobs[other.submitted++] = job;
}

/* The oldest job. */
static void finish_one(void)
{
    assert_true(other.finished < other.submitted);
    struct executor_job *job = other.jobs[other.finished++];
    job->work(job);
    job->done(job);
}

static int setup_elsewhere(void **state)
{
    int failed = setup(state);
    struct fixture *fixture = *state;
    memset(&other, 0, sizeof(other));
    late = second = third = (struct peer){0};
    other.executor.submit = submit;
    fixture->table.config.executor = &other.executor;
    fixture->table.config.observer.event = NULL; /* there are several collections */
    return failed;
}

static void answered_when_it_is_over(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(other.submitted, 1);
    assert_non_null(fixture->collection->aggregation);
    collection_evaluate(fixture->collection); /* asks no second time */
    assert_int_equal(other.submitted, 1);
    assert_int_equal(fixture->collection->state, COLLECTION_CREATED);
    finish_one();
    assert_null(fixture->collection->aggregation);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    assert_int_equal(fixture->peers[0].allocated + fixture->peers[1].allocated, 2);
}

static void a_refusal_comes_later_too(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, UINT64_MAX / 4);
    assert_int_equal(fixture->peers[0].failed, 0);
    finish_one();
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_int_equal(fixture->peers[1].closed, 1);
}

static void what_takes_little_is_done_at_once(void **state)
{
    struct fixture *fixture = *state;
    fixture->table.config.effort_at_once = SOLVER_MAX_EFFORT;
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(other.submitted, 0);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
}

/* Two participants: aggregating takes little, finding out why they cannot agree does not. */
static void only_the_explanation_takes_long(void **state)
{
    struct fixture *fixture = *state;
    fixture->table.config.effort_at_once = SOLVER_MAX_EFFORT / 4096;
    ask_for(fixture, UINT64_MAX / 4);
    assert_int_equal(other.submitted, 1);
    assert_int_equal(fixture->peers[0].failed, 0);
    finish_one();
    assert_int_equal(fixture->peers[0].error, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_non_null(fixture->peers[0].failure);
}

/* The nodes are gone at once, but what the solver reads of them stays. */
static void a_participant_fails_meanwhile(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    collection_fail_node(fixture->peers[1].node, "gone");
    assert_int_equal(fixture->peers[0].closed + fixture->peers[1].closed, 2);
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->account->used[ACCOUNT_NODES], 2);
    assert_int_equal(fixture->account->used[ACCOUNT_COLLECTIONS], 1);
    finish_one();
    assert_int_equal(fixture->peers[0].allocated + fixture->peers[0].failed, 0);
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->account->used[ACCOUNT_NODES], 0);
    assert_int_equal(fixture->account->used[ACCOUNT_COLLECTIONS], 0);
}

static struct node *attach(struct fixture *fixture, struct peer *peer)
{
    const char *why = NULL;
    struct node *node = collection_attach(fixture->peers[0].node, peer, &why);
    assert_non_null(node);
    collection_bind_node(node, peer);
    return node;
}

static void who_does_not_take_part_may_fail(void **state)
{
    struct fixture *fixture = *state;
    late.node = attach(fixture, &late);
    ask_for(fixture, SIZE_BYTES);
    collection_fail_node(late.node, "gone");
    finish_one();
    assert_int_equal(other.submitted, 1);
    assert_int_equal(fixture->peers[0].allocated, 1);
}

/* Of those who have the buffers: what was found out for the attached one may not hold any more. */
static void one_who_counts_leaves_meanwhile(void **state)
{
    struct fixture *fixture = *state;
    fixture->peers[1].node->propagation = NODE_PROPAGATE_BEFORE_ALLOCATION;
    ask_for(fixture, SIZE_BYTES);
    finish_one();
    late.node = attach(fixture, &late);
    set_constraints(late.node, SIZE_BYTES); /* one buffer more than there are */
    collection_evaluate(fixture->collection);
    assert_int_equal(other.submitted, 2);
    collection_fail_node(fixture->peers[1].node, "gives its buffer back");
    finish_one();
    assert_int_equal(late.allocated + late.failed, 0);
    assert_int_equal(other.submitted, 3);
    finish_one();
    assert_int_equal(late.allocated, 1);
}

/* Another collection of the same account, of one participant that is ready. */
static struct collection *another(struct fixture *fixture, struct account *account,
                                  struct peer *peer)
{
    const char *why = NULL;
    struct collection *collection = collection_new(&fixture->table, account, 2, peer, &why);
    assert_non_null(collection);
    peer->node = collection->root;
    collection_bind_node(peer->node, peer);
    set_constraints(peer->node, SIZE_BYTES);
    collection_evaluate(collection);
    return collection;
}

static void one_at_a_time_for_a_uid(void **state)
{
    struct fixture *fixture = *state;
    struct account *stranger = account_ref(&fixture->accounts, UID + 1);
    ask_for(fixture, SIZE_BYTES);
    (void)another(fixture, fixture->account, &second);
    assert_int_equal(other.submitted, 1);
    (void)another(fixture, stranger, &third);
    assert_int_equal(other.submitted, 2);
    finish_one();
    assert_int_equal(other.submitted, 3);
    finish_one();
    finish_one();
    assert_int_equal(fixture->peers[0].allocated + second.allocated + third.allocated, 3);
    collection_fail_node(third.node, "gone");
    buffer_watcher_process(fixture->watcher);
    collection_table_sweep_all(&fixture->table);
    (void)account_unref(stranger);
}

static void one_that_fails_before_its_turn(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    (void)another(fixture, fixture->account, &second);
    collection_fail_node(second.node, "gone");
    finish_one();
    finish_one();
    assert_int_equal(second.allocated + second.failed, 0);
    assert_int_equal(fixture->peers[0].allocated, 1);
    assert_true(list_is_empty(&fixture->table.aggregations));
}

static void the_daemon_ends_meanwhile(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    (void)another(fixture, fixture->account, &second);
    collection_table_deinit(&fixture->table);
    assert_int_equal(fixture->account->used[ACCOUNT_COLLECTIONS], 2);
    finish_one();
    finish_one();
    collection_table_sweep_all(&fixture->table);
    assert_int_equal(fixture->account->used[ACCOUNT_COLLECTIONS], 0);
}

static void the_daemon_ends_while_one_joins(void **state)
{
    struct fixture *fixture = *state;
    ask_for(fixture, SIZE_BYTES);
    finish_one();
    late.node = attach(fixture, &late);
    set_constraints(late.node, SIZE_BYTES);
    collection_evaluate(fixture->collection);
    collection_table_deinit(&fixture->table);
    finish_one();
    assert_int_equal(late.allocated + late.failed, 0);
}

#define ELSEWHERE(name) cmocka_unit_test_setup_teardown(name, setup_elsewhere, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ELSEWHERE(answered_when_it_is_over),          ELSEWHERE(a_refusal_comes_later_too),
        ELSEWHERE(what_takes_little_is_done_at_once), ELSEWHERE(a_participant_fails_meanwhile),
        ELSEWHERE(only_the_explanation_takes_long),   ELSEWHERE(a_participant_fails_meanwhile),
        ELSEWHERE(who_does_not_take_part_may_fail),   ELSEWHERE(one_who_counts_leaves_meanwhile),
        ELSEWHERE(one_at_a_time_for_a_uid),           ELSEWHERE(one_that_fails_before_its_turn),
        ELSEWHERE(the_daemon_ends_meanwhile),         ELSEWHERE(the_daemon_ends_while_one_joins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
