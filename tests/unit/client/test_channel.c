/* The machine beneath the library: replies and their callers, deadlines, failures, threads. */
#include "channel_fixture.h"

#include <fcntl.h>
#include <sys/resource.h>

/* --- Synchronous calls --- */

static void a_call_gets_its_reply(void **state)
{
    struct fixture *fixture = *state;
    pthread_t server = start(answer_sync, fixture);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), 0);
    join(server);
    server = start(answer_sync, fixture);
    assert_int_equal(call_status(fixture->channel, "Sync", zx_deadline_after(ZX_SEC(20))), 0);
    join(server);
}

static void a_nonblocking_socket_is_waited_for_too(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fcntl(channel_fd(fixture->channel), F_SETFL, O_NONBLOCK), 0);
    pthread_t server = start(answer_sync, fixture);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), 0);
    join(server);
}

static void *answer_errors(void *arg)
{
    struct fixture *fixture = arg;
    const uint32_t errors[] = {SYSMEM_ERROR_PENDING, 12345, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        struct message request;
        (void)server_expect(&fixture->server, "CheckAllBuffersAllocated", &request);
        server_reply(&fixture->server, &request, errors[i], NULL);
    }
    return NULL;
}

static void errors_of_the_protocol_are_positive(void **state)
{
    struct fixture *fixture = *state;
    pthread_t server = start(answer_errors, fixture);
    const char *name = "CheckAllBuffersAllocated";
    assert_int_equal(call_status(fixture->channel, name, ZX_TIME_INFINITE), SYSMEM_ERROR_PENDING);
    assert_int_equal(call_status(fixture->channel, name, ZX_TIME_INFINITE), 12345);
    assert_int_equal(call_status(fixture->channel, name, ZX_TIME_INFINITE), ZX_ERR_IO);
    join(server);
}

/* Answers a wait with `count` buffers, each with an eventpair. */
static void answer_buffers(struct server *server, size_t count)
{
    struct message request;
    (void)server_expect(server, "WaitForAllBuffersAllocated", &request);
    struct message reply;
    message_init(&reply, 0, 0);
    struct sysmem_vmo_buffer buffers[128] = {0};
    for (size_t i = 0; i < count; i++) {
        SYSMEM_SET(&buffers[i], vmo, server_attach_vmo(&reply, 1000 + i));
        SYSMEM_SET(&buffers[i], close_weak_asap,
                   server_attach_end(&reply, ZX_OBJ_TYPE_EVENTPAIR, NULL));
    }
    struct model_collection_wait_for_all_buffers_allocated_response response = {0};
    response.has.buffer_collection_info = true;
    SYSMEM_SET_VECTOR(&response.buffer_collection_info, buffers, buffers, count);
    server_answer(server, &request, 0, &response, &reply);
    message_clear(&request);
}

static void a_deadline_ends_the_wait_and_the_late_reply_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    const char *name = "WaitForAllBuffersAllocated";
    assert_int_equal(call_status(fixture->channel, name, 0), ZX_ERR_TIMED_OUT);
    zx_time_t deadline = zx_deadline_after(ZX_MSEC(5));
    assert_int_equal(call_status(fixture->channel, name, deadline), ZX_ERR_TIMED_OUT);
    assert_true(zx_clock_get_monotonic() >= deadline);

    size_t before = count_open();
    answer_buffers(&fixture->server, 1);
    answer_buffers(&fixture->server, 2);
    pthread_t server = start(answer_sync, fixture);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), 0);
    join(server);
    assert_open(before);
}

/* Sends the answer to the call that will have this txid. */
static void answer_ahead(struct server *server, const char *name, uint32_t txid,
                         struct message *reply)
{
    const struct message request = {.ordinal = method(name)->ordinal, .txid = txid};
    server_answer(server, &request, 0, NULL, reply);
}

static void a_deadline_that_is_past_still_takes_a_reply_that_is_there(void **state)
{
    struct fixture *fixture = *state;
    struct message reply;
    message_init(&reply, 0, 0);
    answer_ahead(&fixture->server, "Sync", 1, &reply);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE_PAST), 0);
}

/* --- Failures --- */

static void *reply_and_close(void *arg)
{
    struct fixture *fixture = arg;
    struct message request;
    (void)server_expect(&fixture->server, "CheckAllBuffersAllocated", &request);
    server_reply(&fixture->server, &request, SYSMEM_ERROR_NO_MEMORY, NULL);
    server_deinit(&fixture->server);
    return NULL;
}

static void a_reply_before_the_end_counts(void **state)
{
    struct fixture *fixture = *state;
    pthread_t server = start(reply_and_close, fixture);
    assert_int_equal(call_status(fixture->channel, "CheckAllBuffersAllocated", ZX_TIME_INFINITE),
                     SYSMEM_ERROR_NO_MEMORY);
    join(server);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), ZX_ERR_PEER_CLOSED);
    assert_int_equal(channel_send(fixture->channel, method("Release"), NULL), ZX_ERR_PEER_CLOSED);
    assert_int_equal(channel_process(fixture->channel), ZX_ERR_PEER_CLOSED);
}

static void *close_after_four(void *arg)
{
    struct fixture *fixture = arg;
    for (int i = 0; i < 4; i++) {
        struct message request;
        (void)server_expect(&fixture->server, "Sync", &request);
        message_clear(&request);
    }
    server_deinit(&fixture->server);
    return NULL;
}

static void a_peer_that_goes_away_ends_all_calls(void **state)
{
    struct fixture *fixture = *state;
    pthread_t server = start(close_after_four, fixture);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        threads[i] = start(expect_closed, fixture);
    }
    for (int i = 0; i < 4; i++) {
        join(threads[i]);
    }
    join(server);
}

static void *answer_badly(void *arg)
{
    struct fixture *fixture = arg;
    struct message request;
    (void)server_expect(&fixture->server, "GetBufferCollectionId", &request);
    struct message reply;
    message_init(&reply, request.ordinal, request.txid);
    reply.body = malloc(3);
    assert_non_null(reply.body);
    memset(reply.body, 0xFF, 3);
    reply.body_len = 3;
    assert_int_equal(stream_send(&fixture->server.stream, &reply), 0);
    message_clear(&request);

    (void)server_expect(&fixture->server, "Sync", &request);
    message_init(&reply, request.ordinal + 1, request.txid); /* the answer to something else */
    assert_int_equal(stream_send(&fixture->server.stream, &reply), 0);
    message_clear(&request);

    message_init(&reply, 5, 999999); /* nobody asked */
    assert_int_equal(stream_send(&fixture->server.stream, &reply), 0);
    return answer_sync(arg);
}

static void a_bad_answer_fails_its_call_only(void **state)
{
    struct fixture *fixture = *state;
    pthread_t server = start(answer_badly, fixture);
    assert_int_equal(call_status(fixture->channel, "GetBufferCollectionId", ZX_TIME_INFINITE),
                     ZX_ERR_IO);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), ZX_ERR_IO);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), 0);
    join(server);
}

static void a_bad_packet_ends_the_channel(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(send(fixture->server.stream.fd, "bad", 3, 0), 3);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), ZX_ERR_IO);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), ZX_ERR_IO);
}

static void *answer_128_buffers(void *arg)
{
    struct fixture *fixture = arg;
    answer_buffers(&fixture->server, 128);
    return NULL;
}

static void check_buffers(const struct sysmem_buffer_collection_info *info, size_t count)
{
    assert_int_equal(info->buffers_count, count);
    for (size_t i = 0; i < count; i++) {
        zx_info_handle_basic_t basic;
        assert_int_equal(zx_object_get_info(info->buffers[i].vmo, ZX_INFO_HANDLE_BASIC, &basic,
                                            sizeof(basic), NULL, NULL),
                         ZX_OK);
        assert_int_equal(basic.koid, 1000 + i);
        assert_int_equal(basic.type, ZX_OBJ_TYPE_VMO);
        assert_int_not_equal(info->buffers[i].close_weak_asap, ZX_HANDLE_INVALID);
    }
}

static void a_reply_with_256_descriptors_spans_packets(void **state)
{
    struct fixture *fixture = *state;
    size_t before = count_open();
    pthread_t server = start(answer_128_buffers, fixture);
    struct channel_reply reply;
    channel_call(fixture->channel, method("WaitForAllBuffersAllocated"), NULL, ZX_TIME_INFINITE,
                 &reply);
    join(server);
    assert_int_equal(reply.status, 0);
    const struct model_collection_wait_for_all_buffers_allocated_response *response =
        reply.response;
    check_buffers(&response->buffer_collection_info, 128);
    channel_reply_clear(&reply);
    assert_open(before);
}

/* Calls with room for five more descriptors only. */
static sysmem_status_t call_tightly(struct channel *channel, const char *name)
{
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(next >= 0);
    close(next);
    struct rlimit tight = {.rlim_cur = (rlim_t)next + 5, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    sysmem_status_t status = call_status(channel, name, ZX_TIME_INFINITE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    return status;
}

static void *answer_20_buffers(void *arg)
{
    struct fixture *fixture = arg;
    answer_buffers(&fixture->server, 20);
    return NULL;
}

static void no_descriptors_left_fails_that_call_only(void **state)
{
    struct fixture *fixture = *state;
    const char *name = "WaitForAllBuffersAllocated";
    size_t before = count_open();
    struct message reply;
    message_init(&reply, method(name)->ordinal, 1);
    for (uint64_t i = 0; i < 20; i++) {
        (void)server_attach_vmo(&reply, i);
    }
    assert_int_equal(stream_send(&fixture->server.stream, &reply), 0);
    assert_int_equal(call_tightly(fixture->channel, name), ZX_ERR_NO_RESOURCES);
    assert_open(before);
    struct message request;
    (void)server_expect(&fixture->server, name, &request);
    message_clear(&request);

    pthread_t server = start(answer_20_buffers, fixture);
    assert_int_equal(call_status(fixture->channel, name, ZX_TIME_INFINITE), 0);
    join(server);
}

/* --- Calls that are started, and waited for later --- */

static void keep_reply(void *arg, struct channel_reply *reply)
{
    *(struct channel_reply *)arg = *reply;
}

static void a_started_call_may_be_waited_for(void **state)
{
    struct fixture *fixture = *state;
    struct channel_reply reply = {.status = 99};
    uint32_t txid;
    assert_int_equal(
        channel_start(fixture->channel, method("Sync"), NULL, keep_reply, &reply, &txid), 0);
    assert_int_equal(channel_wait(fixture->channel, txid, 0), ZX_ERR_TIMED_OUT);
    assert_int_equal(reply.status, 99);
    (void)answer_sync(fixture);
    assert_int_equal(channel_wait(fixture->channel, txid, ZX_TIME_INFINITE), 0);
    assert_int_equal(reply.status, 0);
    channel_reply_clear(&reply);
    assert_int_equal(channel_wait(fixture->channel, txid, ZX_TIME_INFINITE), 0); /* long since */
}

struct slow_call {
    int started[2]; /* pipes: the callback runs; it may end */
    int end[2];
    bool ended;
};

static void end_when_told(void *arg, struct channel_reply *reply)
{
    struct slow_call *call = arg;
    channel_reply_clear(reply);
    char byte = 0;
    assert_int_equal(write(call->started[1], &byte, 1), 1);
    assert_int_equal(read(call->end[0], &byte, 1), 1);
    call->ended = true;
}

static void *process_once(void *arg)
{
    struct fixture *fixture = arg;
    return channel_process(fixture->channel) == 0 ? NULL : arg;
}

static void waiting_lasts_until_the_callback_has_returned(void **state)
{
    struct fixture *fixture = *state;
    struct slow_call call = {.ended = false};
    assert_int_equal(pipe(call.started), 0);
    assert_int_equal(pipe(call.end), 0);
    uint32_t txid;
    assert_int_equal(
        channel_start(fixture->channel, method("Sync"), NULL, end_when_told, &call, &txid), 0);
    (void)answer_sync(fixture);
    pthread_t thread = start(process_once, fixture);
    char byte = 0;
    assert_int_equal(read(call.started[0], &byte, 1), 1);
    assert_int_equal(channel_wait(fixture->channel, txid, zx_deadline_after(ZX_MSEC(5))),
                     ZX_ERR_TIMED_OUT);
    assert_int_equal(write(call.end[1], &byte, 1), 1);
    assert_int_equal(channel_wait(fixture->channel, txid, ZX_TIME_INFINITE), 0);
    assert_true(call.ended);
    join(thread);
    for (int i = 0; i < 2; i++) {
        close(call.started[i]);
        close(call.end[i]);
    }
}

/* --- Replies that arrived before the end --- */

#define STARTED 5 /* the callback of each calls once more */

struct last_words {
    struct channel *channel;
    int calls;
    int buffers; /* of all replies */
    int nested;  /* callbacks within callbacks */
    int deepest;
    sysmem_status_t calls_again; /* what a callback's own call comes to */
};

static void hear_last_words(void *arg, struct channel_reply *reply)
{
    struct last_words *words = arg;
    const struct model_collection_wait_for_all_buffers_allocated_response *response =
        reply->response;
    words->calls++;
    words->buffers += response == NULL ? 0 : (int)response->buffer_collection_info.buffers_count;
    channel_reply_clear(reply);
    words->nested++;
    words->deepest = words->nested > words->deepest ? words->nested : words->deepest;
    words->calls_again = call_status(words->channel, "Sync", ZX_TIME_INFINITE);
    words->nested--;
}

/* Calls that are answered, with so many buffers each, and then the server goes; it may leave a
 * request unread. */
static void end_with_answers(struct fixture *fixture, struct last_words *words, size_t buffers,
                             bool leaves_unread)
{
    *words = (struct last_words){.channel = fixture->channel};
    const struct model_method *wait = method("WaitForAllBuffersAllocated");
    for (int i = 0; i < STARTED; i++) {
        assert_int_equal(channel_start(fixture->channel, wait, NULL, hear_last_words, words, NULL),
                         0);
        answer_buffers(&fixture->server, buffers);
    }
    if (leaves_unread) {
        assert_int_equal(channel_send(fixture->channel, method("SetWeak"), NULL), 0);
    }
    server_deinit(&fixture->server);
    assert_int_equal(words->calls, 0);
}

static void assert_heard(const struct last_words *words, int buffers)
{
    assert_int_equal(words->calls, STARTED);
    assert_int_equal(words->buffers, STARTED * buffers);
    assert_int_equal(words->calls_again, ZX_ERR_PEER_CLOSED);
    assert_int_equal(words->deepest, 1); /* however many there are */
}

static void a_call_that_fails_hears_the_replies_before_the_end(void **state)
{
    struct fixture *fixture = *state;
    struct last_words words;
    end_with_answers(fixture, &words, 1, false);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), ZX_ERR_PEER_CLOSED);
    assert_heard(&words, 1);
}

static void a_reset_hides_no_reply(void **state)
{
    struct fixture *fixture = *state;
    struct last_words words;
    end_with_answers(fixture, &words, 1, true);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), ZX_ERR_PEER_CLOSED);
    assert_heard(&words, 1);
}

static void a_one_way_message_that_fails_hears_them_too(void **state)
{
    struct fixture *fixture = *state;
    struct last_words words;
    channel_set_nonblocking(fixture->channel, true);
    end_with_answers(fixture, &words, 1, false);
    assert_int_equal(channel_send(fixture->channel, method("SetWeak"), NULL), ZX_ERR_PEER_CLOSED);
    assert_heard(&words, 1);
}

static void a_call_that_cannot_start_hears_replies_of_many_packets(void **state)
{
    struct fixture *fixture = *state;
    struct last_words words;
    end_with_answers(fixture, &words, 64, false);
    struct channel_reply none = {.status = 99};
    assert_int_equal(channel_start(fixture->channel, method("Sync"), NULL, keep_reply, &none, NULL),
                     ZX_ERR_PEER_CLOSED);
    assert_int_equal(none.status, 99);
    assert_heard(&words, 64);
}

static void free_channel(void *arg, struct channel_reply *reply)
{
    struct fixture *fixture = arg;
    channel_reply_clear(reply);
    channel_free(fixture->channel);
    fixture->channel = NULL;
}

static void a_callback_may_free_what_is_being_called(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        channel_start(fixture->channel, method("Sync"), NULL, free_channel, fixture, NULL), 0);
    (void)answer_sync(fixture);
    server_deinit(&fixture->server);
    assert_int_equal(call_status(fixture->channel, "Sync", ZX_TIME_INFINITE), ZX_ERR_PEER_CLOSED);
    assert_null(fixture->channel);
}

static void into_fd_gives_the_socket_out(void **state)
{
    struct fixture *fixture = *state;
    int wanted = channel_fd(fixture->channel);
    int fd = channel_into_fd(fixture->channel);
    fixture->channel = NULL;
    assert_int_equal(fd, wanted);
    assert_true(fcntl(fd, F_GETFD) >= 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_gets_its_reply),
        TEST(a_nonblocking_socket_is_waited_for_too),
        TEST(errors_of_the_protocol_are_positive),
        TEST(a_deadline_ends_the_wait_and_the_late_reply_is_dropped),
        TEST(a_deadline_that_is_past_still_takes_a_reply_that_is_there),
        TEST(a_reply_before_the_end_counts),
        TEST(a_peer_that_goes_away_ends_all_calls),
        TEST(a_bad_answer_fails_its_call_only),
        TEST(a_bad_packet_ends_the_channel),
        TEST(a_reply_with_256_descriptors_spans_packets),
        TEST(no_descriptors_left_fails_that_call_only),
        TEST(a_started_call_may_be_waited_for),
        TEST(waiting_lasts_until_the_callback_has_returned),
        TEST(a_call_that_fails_hears_the_replies_before_the_end),
        TEST(a_reset_hides_no_reply),
        TEST(a_one_way_message_that_fails_hears_them_too),
        TEST(a_call_that_cannot_start_hears_replies_of_many_packets),
        TEST(a_callback_may_free_what_is_being_called),
        TEST(into_fd_gives_the_socket_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
