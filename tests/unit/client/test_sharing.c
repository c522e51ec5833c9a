/* Channels that threads share, and daemons that do not read. */
#include "channel_fixture.h"

/* --- Threads --- */

#define THREADS 6
#define CALLS   100

/* Answers each thread's calls in the order that suits least: the newest of what is there first. */
static void *answer_newest_first(void *arg)
{
    struct fixture *fixture = arg;
    struct message requests[THREADS];
    size_t count = 0;
    for (int answered = 0; answered < THREADS * CALLS;) {
        struct pollfd ready = {.fd = fixture->server.stream.fd, .events = POLLIN};
        if (count == 0 || (count < THREADS && poll(&ready, 1, 0) == 1)) {
            (void)server_expect(&fixture->server, "GetBufferCollectionId", &requests[count++]);
            continue;
        }
        struct message *newest = &requests[--count];
        struct model_node_get_buffer_collection_id_response response = {0};
        SYSMEM_SET(&response, buffer_collection_id, newest->txid);
        server_reply(&fixture->server, newest, 0, &response);
        answered++;
    }
    return NULL;
}

/* Each answer is the call's own txid, which grows. */
static void *call_often(void *arg)
{
    struct fixture *fixture = arg;
    uint64_t last = 0;
    for (int i = 0; i < CALLS; i++) {
        struct channel_reply reply;
        zx_time_t deadline = i % 2 == 0 ? ZX_TIME_INFINITE : zx_deadline_after(ZX_SEC(60));
        channel_call(fixture->channel, method("GetBufferCollectionId"), NULL, deadline, &reply);
        if (reply.status != 0) {
            return arg;
        }
        const struct model_node_get_buffer_collection_id_response *response = reply.response;
        bool later = response->buffer_collection_id > last;
        last = response->buffer_collection_id;
        channel_reply_clear(&reply);
        if (!later) {
            return arg;
        }
    }
    return NULL;
}

static void many_threads_share_a_channel(void **state)
{
    struct fixture *fixture = *state;
    pthread_t server = start(answer_newest_first, fixture);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        threads[i] = start(call_often, fixture);
    }
    for (int i = 0; i < THREADS; i++) {
        join(threads[i]);
    }
    join(server);
}

static void freeing_wakes_threads_that_wait(void **state)
{
    struct fixture *fixture = *state;
    pthread_t threads[2] = {start(expect_closed, fixture), start(expect_closed, fixture)};
    for (int i = 0; i < 2; i++) {
        struct message request;
        (void)server_expect(&fixture->server, "Sync", &request);
        message_clear(&request);
    }
    channel_free(fixture->channel);
    join(threads[0]);
    join(threads[1]);
    fixture->channel = NULL;
}

/* --- Back-pressure --- */

static sysmem_status_t send_name(struct channel *channel)
{
    struct model_node_set_name_request request = {0};
    SYSMEM_SET(&request, priority, 1);
    SYSMEM_SET(&request, name, "a name of some length, so that queues fill sooner");
    return channel_send(channel, method("SetName"), &request);
}

/* Reads until the end, or a two-way call, which it answers. */
static void *read_all_names(void *arg)
{
    struct fixture *fixture = arg;
    struct message message;
    int result;
    while ((result = server_receive(&fixture->server, &message)) == 1 && message.txid == 0) {
        message_clear(&message);
    }
    if (result == 1) {
        server_reply(&fixture->server, &message, 0, NULL);
    }
    return NULL;
}

static bool has_queue(struct channel *channel)
{
    return (channel_events(channel) & POLLOUT) != 0;
}

static void a_daemon_that_does_not_read_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    sysmem_status_t status = 0;
    for (int i = 0; status == 0; i++) {
        assert_true(i < 1000000);
        status = send_name(fixture->channel);
    }
    assert_int_equal(status, ZX_ERR_SHOULD_WAIT);
    pthread_t server = start(read_all_names, fixture);
    while (has_queue(fixture->channel)) {
        struct pollfd ready = {.fd = channel_fd(fixture->channel), .events = POLLOUT};
        assert_int_equal(poll(&ready, 1, 20000), 1);
        assert_int_equal(channel_process(fixture->channel), 0);
    }
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), 0);
    join(server);
}

/* More than the socket takes. */
static void fill_queue(struct channel *channel)
{
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(send_name(channel), 0);
    }
    assert_true(has_queue(channel));
}

static void a_synchronous_call_sends_what_is_queued(void **state)
{
    struct fixture *fixture = *state;
    fill_queue(fixture->channel);
    pthread_t server = start(read_all_names, fixture);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), 0);
    join(server);
}

static void *free_channel(void *arg)
{
    struct fixture *fixture = arg;
    channel_free(fixture->channel);
    return NULL;
}

static void what_is_queued_is_sent_before_the_end(void **state)
{
    struct fixture *fixture = *state;
    fill_queue(fixture->channel);
    assert_int_equal(channel_send(fixture->channel, method("Release"), NULL), 0);
    pthread_t freer = start(free_channel, fixture);
    uint32_t last = 0;
    struct message message;
    while (server_receive(&fixture->server, &message) == 1) {
        last = message.ordinal;
        message_clear(&message);
    }
    assert_int_equal(last, method("Release")->ordinal);
    join(freer);
    fixture->channel = NULL;
}

static void a_queue_is_sent_while_another_thread_reads(void **state)
{
    struct fixture *fixture = *state;
    pthread_t reader = start(expect_closed, fixture);
    struct message request;
    (void)server_expect(&fixture->server, "Sync", &request);
    message_clear(&request);
    pthread_t server = start(read_all_names, fixture);
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(send_name(fixture->channel), 0);
    }
    assert_int_equal(shutdown(channel_fd(fixture->channel), SHUT_RDWR), 0);
    join(reader);
    join(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(many_threads_share_a_channel),
        TEST(freeing_wakes_threads_that_wait),
        TEST(a_daemon_that_does_not_read_is_noticed),
        TEST(a_synchronous_call_sends_what_is_queued),
        TEST(what_is_queued_is_sent_before_the_end),
        TEST(a_queue_is_sent_while_another_thread_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
