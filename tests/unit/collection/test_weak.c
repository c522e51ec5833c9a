/* The complaint about weak handles that stay too long, by the alarms' clock. */
#include "tree.h"

#include <poll.h>
#include <unistd.h>

#include "../log_lines.h"
#include "collection/internal.h"

#define PATIENCE_MSEC 10000

#define COMPLAINT     "weak handles are still open 5 s after close_weak_asap"

/* The root is strong, its child weak; both have what they asked for. */
static int setup_weak(void **state)
{
    (void)setup(state);
    struct fixture *fixture = *state;
    node_set_weak(fixture->peers[1].node);
    assert_true(node_set_client(fixture->peers[1].node, "view\ner\" id 1", 7));
    fixture->peers[1].node->client.pid = 4711;
    ask_for(fixture, SIZE_BYTES);
    assert_int_equal(fixture->collection->state, COLLECTION_ALLOCATED);
    log_lines_begin(LOG_LEVEL_ERROR);
    return 0;
}

static int teardown_weak(void **state)
{
    log_lines_end();
    return teardown(state);
}

/* A handle for the weak participant. */
static int open_weak(struct fixture *fixture, uint32_t index)
{
    const struct buffer_handle handle = {.weak = true,
                                         .holder = fixture->peers[1].node->participant};
    struct buffer_handle_fds fds;
    assert_int_equal(buffer_set_open(fixture->collection->buffers, index, &handle, &fds), 0);
    return fds.fd;
}

/* The strong participant leaves, and its buffers' strong parts with it. */
static void lose_strong(struct fixture *fixture)
{
    const struct buffer_set *buffers = fixture->collection->buffers;
    release_and_close(fixture->peers[0].node);
    while (!buffer_set_is_strong_gone(buffers, 0) || !buffer_set_is_strong_gone(buffers, 1)) {
        struct pollfd ready = {.fd = buffer_watcher_fd(fixture->watcher), .events = POLLIN};
        if (!buffer_watcher_is_due(fixture->watcher)) {
            assert_int_equal(poll(&ready, 1, PATIENCE_MSEC), 1);
        }
        buffer_watcher_process(fixture->watcher);
    }
}

static void who_keeps_a_weak_handle_is_named_once(void **state)
{
    struct fixture *fixture = *state;
    int fd = open_weak(fixture, 0);
    uint64_t before = collection_now_ns();
    lose_strong(fixture);
    uint64_t due = alarms_next(&fixture->alarms);
    assert_in_range(due, before + COLLECTION_WEAK_PATIENCE_NS,
                    collection_now_ns() + COLLECTION_WEAK_PATIENCE_NS);
    ring_next(fixture);
    assert_int_equal(log_lines_count(COMPLAINT), 1);
    assert_true(log_lines_have("client \"view\\x0aer\\x22 id 1\" id 7 pid 4711"));
    assert_true(alarms_next(&fixture->alarms) == UINT64_MAX);
    (void)close(fd);
}

/* Somebody can make counting long. */
static void the_complaint_comes_though_nobody_can_be_named_in_time(void **state)
{
    struct fixture *fixture = *state;
    int fd = open_weak(fixture, 0);
    collection_weak_complain(fixture->collection, 0, 0);
    assert_int_equal(log_lines_count("buffer 0: at least 1 " COMPLAINT), 1);
    assert_false(log_lines_have("pid 4711"));
    collection_weak_complain(fixture->collection, 1, 0); /* has no weak handle */
    assert_int_equal(log_lines_count(COMPLAINT), 1);
    (void)close(fd);
}

/* Names that clients chose stay within their quotes. */
static void the_collection_and_the_holder_go_by_their_names(void **state)
{
    struct fixture *fixture = *state;
    int fd = open_weak(fixture, 0);
    assert_true(collection_set_name(fixture->collection, 1, "video\": buffer 9"));
    collection_weak_complain(fixture->collection, 0, UINT64_MAX);
    assert_true(log_lines_have(" \"video\\x22: buffer 9\": buffer 0: 1 " COMPLAINT
                               "; they were given to:\n"));
    assert_true(log_lines_have(" client \"view\\x0aer\\x22 id 1\" id 7 pid 4711, by node "));
    (void)close(fd);
}

static void each_buffer_is_complained_of(void **state)
{
    struct fixture *fixture = *state;
    const int fds[] = {open_weak(fixture, 0), open_weak(fixture, 1)};
    lose_strong(fixture);
    for (int i = 0; alarms_next(&fixture->alarms) != UINT64_MAX; i++) {
        assert_true(i < 2);
        ring_next(fixture);
    }
    assert_int_equal(log_lines_count(COMPLAINT), 2);
    assert_true(log_lines_have("buffer 0: "));
    assert_true(log_lines_have("buffer 1: "));
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void who_closes_in_time_is_not_named(void **state)
{
    struct fixture *fixture = *state;
    int fd = open_weak(fixture, 0);
    lose_strong(fixture);
    assert_true(alarms_next(&fixture->alarms) != UINT64_MAX);
    (void)close(fd);
    ring_next(fixture);
    assert_int_equal(log_lines_count(COMPLAINT), 0);
}

static void without_weak_handles_nobody_waits(void **state)
{
    struct fixture *fixture = *state;
    lose_strong(fixture);
    assert_true(alarms_next(&fixture->alarms) == UINT64_MAX);
}

/* The collection ends while its alarm is set. */
static void the_alarm_goes_with_the_collection(void **state)
{
    struct fixture *fixture = *state;
    int fd = open_weak(fixture, 0);
    lose_strong(fixture);
    assert_true(alarms_next(&fixture->alarms) != UINT64_MAX);
    (void)close(fd);
    collection_table_deinit(&fixture->table);
    assert_true(alarms_next(&fixture->alarms) == UINT64_MAX);
}

#define WEAK(name) cmocka_unit_test_setup_teardown(name, setup_weak, teardown_weak)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WEAK(who_keeps_a_weak_handle_is_named_once),
        WEAK(the_complaint_comes_though_nobody_can_be_named_in_time),
        WEAK(the_collection_and_the_holder_go_by_their_names),
        WEAK(each_buffer_is_complained_of),
        WEAK(who_closes_in_time_is_not_named),
        WEAK(without_weak_handles_nobody_waits),
        WEAK(the_alarm_goes_with_the_collection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
