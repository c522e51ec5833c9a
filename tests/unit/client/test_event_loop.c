/* What a channel tells an event loop, and who waits for a daemon that does not read. */
#include "channel_fixture.h"

#include <sys/resource.h>

#define PATIENCE_NS ZX_SEC(1) /* of a one-way call */

static sysmem_status_t send_name(struct channel *channel)
{
    struct model_node_set_name_request request = {0};
    SYSMEM_SET(&request, priority, 1);
    SYSMEM_SET(&request, name, "a name of some length, so that queues fill sooner");
    return channel_send(channel, method("SetName"), &request);
}

static bool has_queue(struct channel *channel)
{
    return (channel_events(channel) & POLLOUT) != 0;
}

/* Sends until the socket takes no more, and says how long that took. */
static zx_duration_t fill_socket(struct channel *channel)
{
    zx_time_t begin = zx_clock_get_monotonic();
    for (int i = 0; !has_queue(channel); i++) {
        assert_true(i < 10000);
        assert_int_equal(send_name(channel), 0);
    }
    return zx_clock_get_monotonic() - begin;
}

static void asking_for_events_does_not_keep_calls_from_waiting(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(channel_events(fixture->channel), POLLIN);
    assert_true(channel_timeout(fixture->channel) == ZX_TIME_INFINITE);
    assert_true(fill_socket(fixture->channel) >= PATIENCE_NS);
}

static void nonblocking_calls_never_wait(void **state)
{
    struct fixture *fixture = *state;
    channel_set_nonblocking(fixture->channel, true);
    assert_true(fill_socket(fixture->channel) < PATIENCE_NS);
    assert_true(channel_timeout(fixture->channel) == ZX_TIME_INFINITE); /* POLLOUT will tell */
    zx_time_t begin = zx_clock_get_monotonic();
    assert_int_equal(send_name(fixture->channel), 0);
    assert_true(zx_clock_get_monotonic() - begin < PATIENCE_NS);
    channel_set_nonblocking(fixture->channel, false);
    begin = zx_clock_get_monotonic();
    assert_int_equal(send_name(fixture->channel), 0);
    assert_true(zx_clock_get_monotonic() - begin >= PATIENCE_NS);
}

static void drop_reply(void *arg, struct channel_reply *reply)
{
    *(sysmem_status_t *)arg = reply->status;
    channel_reply_clear(reply);
}

/* A thread that reads does not watch for room, so that its like would wait for that. */
static void nonblocking_calls_do_not_wait_beside_a_reader(void **state)
{
    struct fixture *fixture = *state;
    channel_set_nonblocking(fixture->channel, true);
    pthread_t reader = start(expect_closed, fixture);
    struct message request;
    (void)server_expect(&fixture->server, "Sync", &request);
    message_clear(&request);
    assert_true(fill_socket(fixture->channel) < PATIENCE_NS);
    zx_time_t begin = zx_clock_get_monotonic();
    sysmem_status_t outcome = 0;
    assert_int_equal(
        channel_start(fixture->channel, method("Sync"), NULL, drop_reply, &outcome, NULL), 0);
    assert_true(zx_clock_get_monotonic() - begin < PATIENCE_NS);
    server_deinit(&fixture->server);
    join(reader);
    assert_int_equal(outcome, ZX_ERR_PEER_CLOSED);
}

/* --- A kernel without room for descriptors --- */

static sysmem_status_t send_descriptor(struct channel *channel)
{
    zx_handle_t ends[2];
    struct model_collection_attach_lifetime_tracking_request request = {0};
    assert_int_equal(zx_eventpair_create(0, &ends[0], &ends[1]), ZX_OK);
    SYSMEM_SET(&request, server_end, ends[1]);
    sysmem_status_t status = channel_send(channel, method("AttachLifetimeTracking"), &request);
    assert_int_equal(zx_handle_close(ends[0]), ZX_OK);
    return status;
}

/* Sends descriptors until the kernel has too many in flight; how many went. */
static int starve(struct channel *channel)
{
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    const struct rlimit tight = {.rlim_cur = 64, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    int sent = 0;
    while (sent < 150 && channel_timeout(channel) == ZX_TIME_INFINITE) {
        assert_int_equal(send_descriptor(channel), 0);
        sent++;
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    return sent;
}

/* poll() as a loop calls it; the socket alone would wake it all the time, or never. */
static void wait_once(struct channel *channel)
{
    struct pollfd ready = {.fd = channel_fd(channel), .events = channel_events(channel)};
    zx_duration_t left = channel_timeout(channel) - zx_clock_get_monotonic();
    int count = poll(&ready, 1, left <= 0 ? 0 : (int)(left / ZX_MSEC(1)) + 1);
    assert_int_equal(count, 0);
    assert_int_equal(channel_process(channel), 0);
}

static void a_starved_queue_is_tried_again_in_time(void **state)
{
    struct fixture *fixture = *state;
    if (geteuid() == 0 && seteuid(65534) != 0) {
        print_message("skipped: cannot act as a user without privileges\n");
        skip();
    }
    channel_set_nonblocking(fixture->channel, true);
    int sent = starve(fixture->channel);
    assert_int_equal(channel_events(fixture->channel), POLLIN); /* POLLOUT would be there at once */
    zx_time_t again = channel_timeout(fixture->channel);
    assert_true(again <= zx_deadline_after(ZX_MSEC(10)));
    assert_true(channel_timeout(fixture->channel) == again); /* asking does not put it off */
    for (int i = 0; i < sent; i++) {
        struct message message;
        while (channel_timeout(fixture->channel) != ZX_TIME_INFINITE) {
            wait_once(fixture->channel);
        }
        (void)server_expect(&fixture->server, "AttachLifetimeTracking", &message);
        message_clear(&message);
    }
    if (getuid() == 0) {
        assert_int_equal(seteuid(0), 0);
    }
}

/* --- An end that the socket does not show --- */

static void note(void *arg, sysmem_status_t status)
{
    *(sysmem_status_t *)arg = status;
}

static void an_answer_that_is_not_understood_is_the_end(void **state)
{
    struct fixture *fixture = *state;
    sysmem_status_t why = 0;
    channel_on_closed(fixture->channel, note, &why);
    assert_int_equal(send(fixture->server.stream.fd, "?", 1, 0), 1);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), ZX_ERR_IO);
    assert_int_equal(why, 0); /* told by the loop's call alone */
    struct pollfd ready = {.fd = channel_fd(fixture->channel), .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 0), 0);
    assert_true(channel_timeout(fixture->channel) <= zx_clock_get_monotonic());
    assert_int_equal(channel_process(fixture->channel), ZX_ERR_IO);
    assert_int_equal(why, ZX_ERR_IO);
    assert_true(channel_timeout(fixture->channel) == ZX_TIME_INFINITE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(asking_for_events_does_not_keep_calls_from_waiting),
        TEST(nonblocking_calls_never_wait),
        TEST(nonblocking_calls_do_not_wait_beside_a_reader),
        TEST(a_starved_queue_is_tried_again_in_time),
        TEST(an_answer_that_is_not_understood_is_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
