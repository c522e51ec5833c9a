#include "channel_test.h"

#include <pthread.h>

struct talk {
    pthread_t thread;
    zx_handle_t end;
    uint32_t number; /* what is asked; the answer is the same with a bit turned */
    zx_time_t deadline;
    zx_status_t status;
    uint32_t reply[2];
    uint32_t len;
    uint32_t handles;
};

static void *call_thread(void *arg)
{
    struct talk *talk = arg;
    const uint32_t ask[2] = {0, talk->number};
    const zx_channel_call_args_t args = {.wr_bytes = ask,
                                         .wr_num_bytes = sizeof(ask),
                                         .rd_bytes = talk->reply,
                                         .rd_num_bytes = sizeof(talk->reply)};
    talk->status = zx_channel_call(talk->end, 0, talk->deadline, &args, &talk->len, &talk->handles);
    return NULL;
}

static void call_start(struct talk *talk, zx_handle_t end, uint32_t number)
{
    *talk = (struct talk){.end = end, .number = number, .deadline = ZX_TIME_INFINITE, .status = 77};
    assert_int_equal(pthread_create(&talk->thread, NULL, call_thread, talk), 0);
}

static void call_join(const struct talk *talk, zx_status_t status)
{
    assert_int_equal(pthread_join(talk->thread, NULL), 0);
    assert_status(talk->status, status);
}

static void next_question(zx_handle_t end, uint32_t ret_question[2])
{
    uint32_t len = 0;
    wait_for(end, ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(end, 0, ret_question, NULL, 8, 0, &len, NULL));
    assert_int_equal(len, 8);
    assert_true((ret_question[0] & 1U << 31) != 0); /* programs' own ids have it clear */
}

static void answer(zx_handle_t end, const uint32_t question[2])
{
    const uint32_t reply[2] = {question[0], ~question[1]};
    assert_ok(zx_channel_write(end, 0, reply, sizeof(reply), NULL, 0));
}

static void z217_call_judges_in_order(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        zx_handle_t half[2];
        zx_handle_t write_only;
        uint32_t len = 77;
        uint32_t count = 77;
        const uint32_t ask = 0;
        new_channel(way, ends);
        new_channel(way, half);
        assert_ok(zx_handle_replace(half[0], ZX_RIGHT_WRITE, &write_only));
        zx_handle_t event = new_event();
        zx_channel_call_args_t args = {.wr_bytes = &ask, .wr_num_bytes = 3};
        assert_status(zx_channel_call(0, 0, 0, NULL, &len, &count), ZX_ERR_INVALID_ARGS);
        assert_status(zx_channel_call(0, 0, 0, &args, &len, &count), ZX_ERR_INVALID_ARGS);
        assert_status(zx_channel_call_etc(0, 0, 0, NULL, &len, &count), ZX_ERR_INVALID_ARGS);
        args.wr_num_bytes = 4;
        assert_status(zx_channel_call(0, 4, 0, &args, &len, &count), ZX_ERR_INVALID_ARGS);
        assert_status(zx_channel_call(ends[0], 0, 0, &args, NULL, &count), ZX_ERR_INVALID_ARGS);
        args.wr_num_bytes = ZX_CHANNEL_MAX_MSG_BYTES + 1;
        assert_status(zx_channel_call(0, 0, 0, &args, &len, &count), ZX_ERR_BAD_HANDLE);
        assert_status(zx_channel_call(event, 0, 0, &args, &len, &count), ZX_ERR_WRONG_TYPE);
        assert_status(zx_channel_call(write_only, 0, 0, &args, &len, &count), ZX_ERR_ACCESS_DENIED);
        assert_status(zx_channel_call(ends[0], 0, 0, &args, &len, &count), ZX_ERR_OUT_OF_RANGE);
        args.wr_num_bytes = 4;
        args.wr_num_handles = 1;
        args.wr_handles = &event; /* consumed, whatever comes of it */
        assert_status(zx_channel_call(ends[0], 0, 0, &args, &len, &count), ZX_ERR_TIMED_OUT);
        assert_false(is_valid(event));
        assert_ok(zx_handle_close(ends[1]));
        args.wr_num_handles = 0;
        assert_status(zx_channel_call(ends[0], 0, ZX_TIME_INFINITE, &args, &len, &count),
                      ZX_ERR_PEER_CLOSED);
        assert_int_equal(len, 77);
        const zx_handle_t all[] = {ends[0], write_only, half[1]};
        assert_ok(zx_handle_close_many(all, 3));
    }
}

static void replies_find_their_calls(void **state)
{
    (void)state;
    enum { CALLS = 8 };
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        struct talk talks[CALLS];
        uint32_t questions[CALLS][2];
        new_channel(way, ends);
        for (uint32_t i = 0; i < CALLS; i++) {
            call_start(&talks[i], ends[0], i);
        }
        for (uint32_t i = 0; i < CALLS; i++) {
            next_question(ends[1], questions[i]);
            for (uint32_t j = 0; j < i; j++) {
                assert_int_not_equal(questions[i][0], questions[j][0]);
            }
        }
        write_text(ends[1], "for nobody"); /* no reply to any of them */
        for (uint32_t i = CALLS; i-- > 0;) {
            answer(ends[1], questions[i]);
        }
        for (uint32_t i = 0; i < CALLS; i++) {
            call_join(&talks[i], ZX_OK);
            assert_int_equal(talks[i].len, 8);
            assert_int_equal(talks[i].reply[1], ~i);
        }
        wait_for(ends[0], ZX_CHANNEL_READABLE);
        expect_text(ends[0], "for nobody");
        assert_status(read_nothing(ends[0]), ZX_ERR_SHOULD_WAIT);
        assert_ok(zx_handle_close_many(ends, 2));
    }
}

static void a_late_reply_is_a_message(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        struct talk talk = {.number = 5};
        uint32_t question[2];
        uint32_t late[2] = {0};
        new_channel(way, ends);
        talk.end = ends[0];
        talk.deadline = zx_deadline_after(ZX_MSEC(2));
        (void)call_thread(&talk);
        assert_status(talk.status, ZX_ERR_TIMED_OUT);
        next_question(ends[1], question);
        answer(ends[1], question);
        wait_for(ends[0], ZX_CHANNEL_READABLE);
        assert_ok(zx_channel_read(ends[0], 0, late, NULL, 8, 0, NULL, NULL));
        assert_int_equal(late[0], question[0]);
        assert_int_equal(late[1], ~5U);
        assert_ok(zx_handle_close_many(ends, 2));
    }
}

static void closing_ends_calls(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        for (int side = 0; side < 2; side++) {
            zx_handle_t ends[2];
            struct talk talk;
            uint32_t question[2];
            new_channel(way, ends);
            call_start(&talk, ends[0], 1);
            next_question(ends[1], question);
            assert_ok(zx_handle_close(ends[side]));
            call_join(&talk, side == 0 ? ZX_ERR_CANCELED : ZX_ERR_PEER_CLOSED);
            assert_ok(zx_handle_close(ends[1 - side]));
        }
    }
}

/* A reply that was sent before the end closed is found, and one that does not fit is lost. */
static void the_last_reply_counts(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        struct talk talk;
        uint32_t question[2];
        new_channel(way, ends);
        call_start(&talk, ends[0], 1);
        next_question(ends[1], question);
        const uint32_t long_reply[3] = {question[0], 1, 2};
        assert_ok(zx_channel_write(ends[1], 0, long_reply, sizeof(long_reply), NULL, 0));
        call_join(&talk, ZX_ERR_BUFFER_TOO_SMALL);
        assert_int_equal(talk.len, 12);
        assert_status(read_nothing(ends[0]), ZX_ERR_SHOULD_WAIT);
        call_start(&talk, ends[0], 3); /* no room for handles either */
        next_question(ends[1], question);
        zx_handle_t event = new_event();
        assert_ok(zx_channel_write(ends[1], 0, question, sizeof(question), &event, 1));
        call_join(&talk, ZX_ERR_BUFFER_TOO_SMALL);
        assert_int_equal(talk.handles, 1);
        call_start(&talk, ends[0], 2);
        next_question(ends[1], question);
        answer(ends[1], question);
        assert_ok(zx_handle_close(ends[1]));
        call_join(&talk, ZX_OK);
        assert_int_equal(talk.reply[1], ~2U);
        assert_ok(zx_handle_close(ends[0]));
    }
}

static void calls_carry_handles_both_ways(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        zx_handle_t event = new_event();
        zx_koid_t koid = basic_of(event).koid;
        zx_handle_disposition_t wish = {ZX_HANDLE_OP_MOVE, event, ZX_OBJ_TYPE_EVENT,
                                        ZX_RIGHT_SAME_RIGHTS, 77};
        zx_handle_info_t got = {0};
        uint32_t txid = 0;
        uint32_t len = 0;
        uint32_t count = 0;
        zx_channel_call_etc_args_t args = {.wr_bytes = &txid,
                                           .wr_handles = &wish,
                                           .rd_bytes = &txid,
                                           .rd_handles = &got,
                                           .wr_num_bytes = 4,
                                           .wr_num_handles = 1,
                                           .rd_num_bytes = 4,
                                           .rd_num_handles = 1};
        new_channel(way, ends);
        /* The id of this end's first call is known: its reply can be there before it asks. */
        const uint32_t first = 1U << 31 | 1;
        zx_handle_t sent = dup_with(event, ZX_RIGHT_TRANSFER | ZX_RIGHT_WAIT);
        assert_ok(zx_channel_write(ends[1], 0, &first, 4, &sent, 1));
        assert_status(zx_channel_call_etc(ends[0], 0, 0, &args, &len, &count),
                      way == IN_MEMORY ? ZX_ERR_TIMED_OUT : ZX_OK);
        assert_ok(wish.result);
        if (way == IN_MEMORY) { /* it was delivered before anybody waited for it */
            assert_ok(zx_channel_read_etc(ends[0], 0, &txid, &got, 4, 1, &len, &count));
        }
        assert_int_equal(txid, first);
        assert_int_equal(count, 1);
        assert_int_equal(got.rights, ZX_RIGHT_TRANSFER | ZX_RIGHT_WAIT);
        assert_int_equal(basic_of(got.handle).koid, koid);
        assert_ok(zx_handle_close(got.handle));
        assert_ok(zx_channel_read_etc(ends[1], 0, &txid, &got, 4, 1, &len, &count));
        assert_int_equal(basic_of(got.handle).koid, koid);
        assert_ok(zx_handle_close(got.handle));
        assert_ok(zx_handle_close_many(ends, 2));
    }
}

/* The kernel's word is not needed to know it: it comes after the call has an id. */
static void a_question_that_cannot_go_leaves_no_trace(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    zx_handle_t port;
    uint32_t ask[2] = {0, 7};
    uint32_t len = 0;
    uint32_t count = 0;
    new_channel(BY_SOCKET, ends);
    assert_ok(zx_port_create(0, &port));
    const zx_channel_call_args_t args = {
        .wr_bytes = ask, .wr_handles = &port, .wr_num_bytes = sizeof(ask), .wr_num_handles = 1};
    assert_status(zx_channel_call(ends[0], 0, ZX_TIME_INFINITE, &args, &len, &count),
                  ZX_ERR_NOT_SUPPORTED);
    ask[0] = 1U << 31 | 1; /* the id that it had: a message like all others now */
    assert_ok(zx_channel_write(ends[1], 0, ask, sizeof(ask), NULL, 0));
    wait_for(ends[0], ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(ends[0], 0, ask, NULL, sizeof(ask), 0, &len, NULL));
    assert_int_equal(len, sizeof(ask));
    assert_ok(zx_handle_close_many(ends, 2));
}

/* Each would be a descriptor of the one who calls. */
static void not_all_handles_are_taken_ahead_of_the_reply(void **state)
{
    (void)state;
    enum { MESSAGES = 20 };
    zx_handle_t ends[2];
    zx_handle_t handles[ZX_CHANNEL_MAX_MSG_HANDLES];
    zx_handle_t event = new_event();
    uint32_t ask[2] = {0, 7};
    uint32_t len = 0;
    uint32_t count = 0;
    new_channel(BY_SOCKET, ends);
    for (size_t i = 0; i < MESSAGES; i++) {
        for (size_t j = 0; j < ZX_CHANNEL_MAX_MSG_HANDLES; j++) {
            handles[j] = dup_with(event, ZX_RIGHT_TRANSFER);
        }
        assert_ok(zx_channel_write(ends[1], 0, NULL, 0, handles, ZX_CHANNEL_MAX_MSG_HANDLES));
    }
    int before = count_fds();
    const zx_channel_call_args_t args = {.wr_bytes = ask, .wr_num_bytes = sizeof(ask)};
    assert_status(zx_channel_call(ends[0], 0, 0, &args, &len, &count), ZX_ERR_TIMED_OUT);
    assert_true(count_fds() > before);
    assert_true(count_fds() < before + 512);
    for (size_t i = 0; i < MESSAGES; i++) {
        assert_ok(zx_channel_read(ends[0], 0, NULL, handles, 0, ZX_CHANNEL_MAX_MSG_HANDLES, NULL,
                                  &count));
        assert_ok(zx_handle_close_many(handles, count));
    }
    assert_status(read_nothing(ends[0]), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_handle_close_many(ends, 2));
    assert_ok(zx_handle_close(event));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z217_call_judges_in_order),
        cmocka_unit_test(replies_find_their_calls),
        cmocka_unit_test(a_late_reply_is_a_message),
        cmocka_unit_test(closing_ends_calls),
        cmocka_unit_test(the_last_reply_counts),
        cmocka_unit_test(calls_carry_handles_both_ways),
        cmocka_unit_test(a_question_that_cannot_go_leaves_no_trace),
        cmocka_unit_test(not_all_handles_are_taken_ahead_of_the_reply),
    };
    return RUN_ZX_TESTS(tests);
}
