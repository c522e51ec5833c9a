#include "channel_test.h"

#include <stdlib.h>

static void messages_come_as_they_were_written(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        new_channel(way, ends);
        write_text(ends[0], "one");
        write_text(ends[0], "");
        write_text(ends[0], "three");
        write_text(ends[1], "back");
        assert_int_equal(signals_of(ends[1]), ZX_CHANNEL_READABLE | ZX_CHANNEL_WRITABLE);
        expect_text(ends[1], "one");
        expect_text(ends[1], "");
        assert_int_equal(signals_of(ends[1]), ZX_CHANNEL_READABLE | ZX_CHANNEL_WRITABLE);
        expect_text(ends[1], "three");
        assert_int_equal(signals_of(ends[1]), ZX_CHANNEL_WRITABLE);
        expect_text(ends[0], "back");
        assert_ok(zx_handle_close_many(ends, 2));
    }
}

static void the_largest_message(void **state)
{
    (void)state;
    unsigned char *sent = malloc(ZX_CHANNEL_MAX_MSG_BYTES);
    unsigned char *got = malloc(ZX_CHANNEL_MAX_MSG_BYTES);
    assert_true(sent != NULL && got != NULL);
    for (size_t i = 0; i < ZX_CHANNEL_MAX_MSG_BYTES; i++) {
        sent[i] = (unsigned char)(i * 7);
    }
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        zx_handle_t handles[ZX_CHANNEL_MAX_MSG_HANDLES];
        uint32_t len = 0;
        uint32_t count = 0;
        new_channel(way, ends);
        for (size_t i = 0; i < ZX_CHANNEL_MAX_MSG_HANDLES; i++) {
            handles[i] = new_event();
        }
        zx_koid_t last = basic_of(handles[63]).koid;
        assert_ok(zx_channel_write(ends[0], 0, sent, ZX_CHANNEL_MAX_MSG_BYTES, handles, 64));
        assert_ok(
            zx_channel_read(ends[1], 0, got, handles, ZX_CHANNEL_MAX_MSG_BYTES, 64, &len, &count));
        assert_int_equal(len, ZX_CHANNEL_MAX_MSG_BYTES);
        assert_int_equal(count, 64);
        assert_memory_equal(sent, got, len);
        assert_int_equal(basic_of(handles[63]).koid, last);
        assert_ok(zx_handle_close_many(handles, 64));
        assert_ok(zx_handle_close_many(ends, 2));
    }
    free(sent);
    free(got);
}

static void write_judges_in_order(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        zx_handle_t read_only;
        new_channel(way, ends);
        zx_handle_t event = new_event();
        zx_handle_t no_write[2];
        new_channel(way, no_write);
        assert_ok(zx_handle_replace(no_write[0], ZX_RIGHT_READ, &read_only));
        const uint32_t too_long = ZX_CHANNEL_MAX_MSG_BYTES + 1;
        /* each row is wrong in all that the rows below are, too */
        assert_status(zx_channel_write(0, 4, NULL, too_long, NULL, 65), ZX_ERR_INVALID_ARGS);
        assert_status(zx_channel_write(0, 0, NULL, too_long, NULL, 65), ZX_ERR_BAD_HANDLE);
        assert_status(zx_channel_write(event, 0, NULL, too_long, NULL, 65), ZX_ERR_WRONG_TYPE);
        assert_status(zx_channel_write(read_only, 0, NULL, too_long, NULL, 65),
                      ZX_ERR_ACCESS_DENIED);
        assert_status(zx_channel_write(ends[0], 0, "", too_long, NULL, 65), ZX_ERR_OUT_OF_RANGE);
        assert_status(zx_channel_write(ends[0], 0, NULL, 1, NULL, 0), ZX_ERR_INVALID_ARGS);
        assert_status(zx_channel_write(ends[0], 0, NULL, 0, NULL, 65), ZX_ERR_OUT_OF_RANGE);
        assert_status(zx_channel_write(ends[0], 0, NULL, 0, NULL, 1), ZX_ERR_INVALID_ARGS);
        assert_status(read_nothing(ends[1]), ZX_ERR_SHOULD_WAIT);
        const zx_handle_t all[] = {ends[0], ends[1], event, read_only, no_write[1]};
        assert_ok(zx_handle_close_many(all, 5));
    }
}

/* A handle that a failing write takes along. */
static void expect_consumed(zx_status_t expected, zx_handle_t end, uint32_t options,
                            zx_handle_t bad)
{
    zx_handle_t pair[2];
    assert_ok(zx_eventpair_create(0, &pair[0], &pair[1]));
    const zx_handle_t handles[] = {bad, pair[0]};
    assert_status(zx_channel_write(end, options, NULL, 0, handles, 2), expected);
    assert_false(is_valid(pair[0]));
    assert_int_equal(signals_of(pair[1]), ZX_EVENTPAIR_PEER_CLOSED);
    assert_ok(zx_handle_close(pair[1]));
}

static void a_failing_write_consumes_the_handles(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        new_channel(way, ends);
        zx_handle_t event = new_event();
        zx_handle_t closed = new_event();
        zx_handle_t fixed = dup_with(event, ZX_RIGHT_WAIT);
        assert_ok(zx_handle_close(closed));
        expect_consumed(ZX_ERR_INVALID_ARGS, ends[0], 8, new_event());
        expect_consumed(ZX_ERR_BAD_HANDLE, 0, 0, new_event());
        expect_consumed(ZX_ERR_WRONG_TYPE, event, 0, new_event());
        expect_consumed(ZX_ERR_BAD_HANDLE, ends[0], 0, closed);
        expect_consumed(ZX_ERR_ACCESS_DENIED, ends[0], 0, fixed);
        expect_consumed(ZX_ERR_NOT_SUPPORTED, ends[0], 0, ends[0]);
        assert_false(is_valid(ends[0]) || is_valid(fixed));
        assert_status(read_nothing(ends[1]), ZX_ERR_PEER_CLOSED);
        expect_consumed(ZX_ERR_PEER_CLOSED, ends[1], 0, new_event());
        assert_ok(zx_handle_close(ends[1]));
        assert_ok(zx_handle_close(event));
    }
}

static void a_handle_that_comes_twice_is_bad(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        new_channel(way, ends);
        zx_handle_t event = new_event();
        const zx_handle_t twice[] = {event, event};
        assert_status(zx_channel_write(ends[0], 0, NULL, 0, twice, 2), ZX_ERR_BAD_HANDLE);
        assert_false(is_valid(event));
        assert_status(read_nothing(ends[1]), ZX_ERR_SHOULD_WAIT);
        assert_ok(zx_handle_close_many(ends, 2));
    }
}

static void the_own_end_without_transfer_is_denied_first(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    zx_handle_t fixed;
    new_channel(IN_MEMORY, ends);
    assert_ok(zx_handle_replace(ends[0], ZX_RIGHT_WRITE, &fixed));
    assert_status(zx_channel_write(fixed, 0, NULL, 0, &fixed, 1), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_handle_close(ends[1]));
}

static void z214_reading_judges_in_order(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        zx_handle_t other[2];
        zx_handle_t write_only;
        char bytes[4];
        uint32_t len = 77;
        uint32_t count = 77;
        new_channel(way, ends);
        new_channel(way, other);
        zx_handle_t event = new_event();
        assert_ok(zx_handle_replace(other[0], ZX_RIGHT_WRITE, &write_only));
        assert_status(zx_channel_read(0, 2, bytes, NULL, 4, 0, &len, &count), ZX_ERR_BAD_HANDLE);
        assert_status(zx_channel_read(event, 2, bytes, NULL, 4, 0, &len, &count),
                      ZX_ERR_WRONG_TYPE);
        assert_status(zx_channel_read(write_only, 2, bytes, NULL, 4, 0, &len, &count),
                      ZX_ERR_ACCESS_DENIED);
        assert_status(zx_channel_read(ends[1], 2, bytes, NULL, 4, 0, &len, &count),
                      ZX_ERR_NOT_SUPPORTED);
        assert_status(zx_channel_read(ends[1], 0, bytes, NULL, 4, 0, &len, &count),
                      ZX_ERR_SHOULD_WAIT);
        assert_int_equal(len, 77);
        assert_int_equal(count, 77);
        write_text(ends[0], "last");
        assert_ok(zx_handle_close(ends[0]));
        assert_int_equal(signals_of(ends[1]), ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED);
        expect_text(ends[1], "last"); /* what is queued stays readable */
        assert_status(read_nothing(ends[1]), ZX_ERR_PEER_CLOSED);
        assert_int_equal(signals_of(ends[1]), ZX_CHANNEL_PEER_CLOSED);
        const zx_handle_t all[] = {ends[1], event, write_only, other[1]};
        assert_ok(zx_handle_close_many(all, 4));
    }
}

static void a_message_that_does_not_fit_stays(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        zx_handle_t room[2] = {0};
        char bytes[8] = "";
        uint32_t len = 0;
        uint32_t count = 0;
        new_channel(way, ends);
        zx_handle_t pair[2];
        assert_ok(zx_eventpair_create(0, &pair[0], &pair[1]));
        assert_ok(zx_channel_write(ends[0], 0, "abcde", 5, pair, 1));
        write_text(ends[0], "next");
        assert_status(zx_channel_read(ends[1], 0, bytes, room, 4, 2, &len, &count),
                      ZX_ERR_BUFFER_TOO_SMALL);
        assert_int_equal(len, 5);
        assert_int_equal(count, 1);
        len = count = 0;
        assert_status(zx_channel_read(ends[1], 0, NULL, room, 8, 2, &len, &count),
                      ZX_ERR_BUFFER_TOO_SMALL);
        assert_status(zx_channel_read(ends[1], 0, bytes, NULL, 8, 2, &len, &count),
                      ZX_ERR_BUFFER_TOO_SMALL);
        assert_int_equal(len, 5);
        assert_int_equal(count, 1);
        assert_int_equal(bytes[0], 0);
        assert_int_equal(signals_of(pair[1]), 0);
        assert_status(
            zx_channel_read(ends[1], ZX_CHANNEL_READ_MAY_DISCARD, NULL, NULL, 0, 0, NULL, NULL),
            ZX_ERR_BUFFER_TOO_SMALL);
        assert_int_equal(signals_of(pair[1]), ZX_EVENTPAIR_PEER_CLOSED); /* it is gone */
        expect_text(ends[1], "next");
        const zx_handle_t all[] = {ends[0], ends[1], pair[1]};
        assert_ok(zx_handle_close_many(all, 3));
    }
}

static void handles_of_all_kinds_keep_rights_and_koids(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        zx_handle_t sent[4];
        zx_handle_info_t got[4];
        zx_info_handle_basic_t before[4];
        zx_handle_t others[2];
        uint32_t count = 0;
        new_channel(way, ends);
        sent[0] = new_vmo(PAGE, 0);
        assert_ok(zx_vmo_write(sent[0], "hello", 0, 5));
        sent[1] = new_event();
        assert_ok(zx_handle_replace(sent[1], ZX_RIGHT_TRANSFER | ZX_RIGHT_SIGNAL, &sent[1]));
        assert_ok(zx_eventpair_create(0, &sent[2], &others[0]));
        assert_ok(zx_channel_create(0, &sent[3], &others[1]));
        for (int i = 0; i < 4; i++) {
            before[i] = basic_of(sent[i]);
        }
        assert_ok(zx_channel_write(ends[0], 0, NULL, 0, sent, 4));
        for (int i = 0; i < 4; i++) {
            assert_false(is_valid(sent[i]));
        }
        assert_ok(zx_channel_read_etc(ends[1], 0, NULL, got, 0, 4, NULL, &count));
        assert_int_equal(count, 4);
        for (int i = 0; i < 4; i++) {
            zx_info_handle_basic_t after = basic_of(got[i].handle);
            assert_memory_equal(&after, &before[i], sizeof(after));
            assert_int_equal(got[i].type, before[i].type);
            assert_int_equal(got[i].rights, before[i].rights);
            assert_int_equal(got[i].unused, 0);
        }
        char text[6] = "";
        assert_ok(zx_vmo_read(got[0].handle, text, 0, 5));
        assert_string_equal(text, "hello");
        write_text(got[3].handle, "through");
        expect_text(others[1], "through");
        assert_ok(zx_object_signal_peer(got[2].handle, 0, ZX_USER_SIGNAL_1));
        wait_for(others[0], ZX_USER_SIGNAL_1);
        for (int i = 0; i < 4; i++) {
            assert_ok(zx_handle_close(got[i].handle));
        }
        wait_for(others[0], ZX_EVENTPAIR_PEER_CLOSED);
        wait_for(others[1], ZX_CHANNEL_PEER_CLOSED);
        assert_ok(zx_handle_close_many(others, 2));
        assert_ok(zx_handle_close_many(ends, 2));
    }
}

static void z124_handles_of_an_unread_message_live_until_it_goes(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    zx_handle_t child = ZX_HANDLE_INVALID;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    new_channel(IN_MEMORY, ends);
    assert_ok(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 0, PAGE, &child));
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &child, 1));
    assert_int_equal(signals_of(vmo) & ZX_VMO_ZERO_CHILDREN, 0);
    assert_ok(zx_handle_close(ends[0])); /* the message stays */
    assert_int_equal(signals_of(vmo) & ZX_VMO_ZERO_CHILDREN, 0);
    assert_ok(zx_handle_close(ends[1]));
    assert_int_equal(signals_of(vmo), ZX_VMO_ZERO_CHILDREN);
    assert_ok(zx_handle_close(vmo));
}

static void closing_an_end_closes_what_it_was_sent(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        zx_handle_t pair[2];
        new_channel(way, ends);
        assert_ok(zx_eventpair_create(0, &pair[0], &pair[1]));
        assert_ok(zx_channel_write(ends[0], 0, NULL, 0, pair, 1));
        assert_int_equal(signals_of(pair[1]), 0);
        assert_ok(zx_handle_close(ends[1]));
        wait_for(pair[1], ZX_EVENTPAIR_PEER_CLOSED);
        wait_for(ends[0], ZX_CHANNEL_PEER_CLOSED);
        assert_int_equal(signals_of(ends[0]), ZX_CHANNEL_PEER_CLOSED);
        assert_ok(zx_handle_close(ends[0]));
        assert_ok(zx_handle_close(pair[1]));
    }
}

/* Each channel lies unread in the next one: closing the last closes all, without a deep stack. */
static void channels_within_channels_close_one_after_the_other(void **state)
{
    (void)state;
    enum { DEPTH = 200 };
    zx_handle_t inner = ZX_HANDLE_INVALID;
    zx_handle_t outer[2];
    zx_handle_t pair[2];
    assert_ok(zx_eventpair_create(0, &pair[0], &pair[1]));
    inner = pair[0];
    for (int i = 0; i < DEPTH; i++) {
        new_channel(IN_MEMORY, outer);
        assert_ok(zx_channel_write(outer[0], 0, NULL, 0, &inner, 1));
        assert_ok(zx_handle_close(outer[0]));
        inner = outer[1];
    }
    assert_int_equal(signals_of(pair[1]), 0);
    assert_ok(zx_handle_close(inner));
    assert_int_equal(signals_of(pair[1]), ZX_EVENTPAIR_PEER_CLOSED);
    assert_ok(zx_handle_close(pair[1]));
}

static void parts_make_one_message(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        new_channel(way, ends);
        zx_channel_iovec_t parts[] = {
            {.buffer = "ab",  .capacity = 2},
            {.buffer = NULL,  .capacity = 0},
            {.buffer = "cde", .capacity = 3}
        };
        const uint32_t parted = ZX_CHANNEL_WRITE_USE_IOVEC;
        assert_ok(zx_channel_write(ends[0], parted, parts, 3, NULL, 0));
        expect_text(ends[1], "abcde");
        assert_ok(zx_channel_write(ends[0], parted, NULL, 0, NULL, 0));
        expect_text(ends[1], "");
        assert_status(
            zx_channel_write(ends[0], parted, parts, ZX_CHANNEL_MAX_MSG_IOVECS + 1, NULL, 0),
            ZX_ERR_OUT_OF_RANGE);
        parts[1].capacity = 1;
        assert_status(zx_channel_write(ends[0], parted, parts, 3, NULL, 0), ZX_ERR_INVALID_ARGS);
        parts[1] = (zx_channel_iovec_t){.buffer = "x", .capacity = ZX_CHANNEL_MAX_MSG_BYTES};
        assert_status(zx_channel_write(ends[0], parted, parts, 3, NULL, 0), ZX_ERR_OUT_OF_RANGE);
        parts[1] = (zx_channel_iovec_t){.reserved = 1};
        assert_status(zx_channel_write(ends[0], parted, parts, 3, NULL, 0), ZX_ERR_INVALID_ARGS);
        assert_ok(zx_handle_close_many(ends, 2));
    }
}

static void dispositions_judge_in_order(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        new_channel(way, ends);
        zx_handle_t event = new_event();
        const zx_rights_t more = ZX_RIGHT_WRITE;
        zx_handle_disposition_t rows[] = {
            {2,                 new_event(),       ZX_OBJ_TYPE_VMO,    more,                           77             },
            {ZX_HANDLE_OP_MOVE, ZX_HANDLE_INVALID, ZX_OBJ_TYPE_VMO,    more,                           77             },
            {ZX_HANDLE_OP_MOVE, dup_with(event,    ZX_RIGHT_WAIT),     ZX_OBJ_TYPE_VMO,                more,            77},
            {ZX_HANDLE_OP_MOVE,                 new_event(),                  ZX_OBJ_TYPE_VMO,         more,       77         },
            {ZX_HANDLE_OP_MOVE,                 new_event(),                  ZX_OBJ_TYPE_EVENT,         more,     77},
            {ZX_HANDLE_OP_DUPLICATE,                 dup_with(event,             ZX_RIGHT_TRANSFER), ZX_OBJ_TYPE_VMO, more,   77},
            {ZX_HANDLE_OP_MOVE,               new_event(),                                ZX_OBJ_TYPE_EVENT,                                  ZX_RIGHT_SIGNAL,                                       77   },
        };
        const zx_status_t results[] = {ZX_ERR_INVALID_ARGS,
                                       ZX_ERR_BAD_HANDLE,
                                       ZX_ERR_ACCESS_DENIED,
                                       ZX_ERR_WRONG_TYPE,
                                       ZX_ERR_INVALID_ARGS,
                                       ZX_ERR_ACCESS_DENIED,
                                       ZX_OK};
        assert_status(zx_channel_write_etc(ends[0], 0, NULL, 0, rows, 7), ZX_ERR_INVALID_ARGS);
        for (int i = 0; i < 7; i++) {
            assert_status(rows[i].result, results[i]);
            assert_int_equal(is_valid(rows[i].handle), i == 5); /* what is not moved stays */
        }
        assert_ok(zx_handle_close(rows[5].handle));
        assert_status(read_nothing(ends[1]), ZX_ERR_SHOULD_WAIT);
        assert_ok(zx_handle_close(event));
        assert_ok(zx_handle_close_many(ends, 2));
    }
}

/* A call that is refused as a whole takes what is to be moved, too, and leaves what is not. */
static void refused_dispositions(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    new_channel(IN_MEMORY, ends);
    zx_handle_disposition_t rows[] = {
        {ZX_HANDLE_OP_DUPLICATE, new_event(), ZX_OBJ_TYPE_NONE, ZX_RIGHT_SAME_RIGHTS, 77},
        {ZX_HANDLE_OP_MOVE,      new_event(), ZX_OBJ_TYPE_NONE, ZX_RIGHT_SAME_RIGHTS, 77},
    };
    assert_status(zx_channel_write_etc(ends[0], 4, NULL, 0, rows, 2), ZX_ERR_INVALID_ARGS);
    assert_true(is_valid(rows[0].handle) && !is_valid(rows[1].handle));
    /* Its own end goes nowhere, whatever it is taken for and with more rights than there are. */
    zx_handle_disposition_t own = {ZX_HANDLE_OP_MOVE, ends[0], ZX_OBJ_TYPE_EVENT, ZX_RIGHT_EXECUTE,
                                   77};
    assert_status(zx_channel_write_etc(ends[0], 0, NULL, 0, &own, 1), ZX_ERR_NOT_SUPPORTED);
    assert_status(own.result, ZX_ERR_NOT_SUPPORTED);
    assert_false(is_valid(ends[0]));
    assert_ok(zx_handle_close(rows[0].handle));
    assert_ok(zx_handle_close(ends[1]));
}

static void dispositions_move_and_duplicate(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        zx_handle_info_t got[2];
        new_channel(way, ends);
        zx_handle_t event = new_event();
        zx_handle_disposition_t rows[] = {
            {ZX_HANDLE_OP_DUPLICATE, event, ZX_OBJ_TYPE_EVENT, ZX_RIGHT_SAME_RIGHTS, 77},
            {ZX_HANDLE_OP_MOVE,      event, ZX_OBJ_TYPE_NONE,  ZX_RIGHT_SIGNAL,      77},
        };
        zx_koid_t koid = basic_of(event).koid;
        assert_ok(zx_channel_write_etc(ends[0], 0, NULL, 0, rows, 2));
        assert_ok(rows[0].result);
        assert_ok(rows[1].result);
        assert_false(is_valid(event));
        assert_ok(zx_channel_read_etc(ends[1], 0, NULL, got, 0, 2, NULL, NULL));
        assert_int_equal(got[0].rights, ZX_DEFAULT_EVENT_RIGHTS);
        assert_int_equal(got[1].rights, ZX_RIGHT_SIGNAL);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(basic_of(got[i].handle).koid, koid);
            assert_ok(zx_handle_close(got[i].handle));
        }
        assert_ok(zx_handle_close_many(ends, 2));
    }
}

static void what_has_no_descriptor_travels_within_the_process_only(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    zx_handle_t port = ZX_HANDLE_INVALID;
    new_channel(IN_MEMORY, ends);
    assert_ok(zx_port_create(0, &port));
    zx_koid_t koid = basic_of(port).koid;
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &port, 1));
    assert_ok(zx_channel_read(ends[1], 0, NULL, &port, 0, 1, NULL, NULL));
    assert_int_equal(basic_of(port).koid, koid);
    assert_true(sysmem_handle_fd(ends[0]) >= 0);
    assert_status(zx_channel_write(ends[0], 0, NULL, 0, &port, 1), ZX_ERR_NOT_SUPPORTED);
    assert_false(is_valid(port));
    assert_ok(zx_handle_close_many(ends, 2));
}

/* Writing does not wait for a reader who sleeps, and loses nothing; nor does closing. */
static void writing_never_blocks(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        uint32_t got = 0;
        new_channel(way, ends);
        for (uint32_t i = 0; i < COUNT; i++) {
            assert_ok(zx_channel_write(ends[0], 0, &i, sizeof(i), NULL, 0));
        }
        assert_ok(zx_handle_close(ends[0]));
        for (uint32_t i = 0; i < COUNT; i++) {
            wait_for(ends[1], ZX_CHANNEL_READABLE);
            assert_ok(zx_channel_read(ends[1], 0, &got, NULL, sizeof(got), 0, NULL, NULL));
            assert_int_equal(got, i);
        }
        wait_for(ends[1], ZX_CHANNEL_PEER_CLOSED);
        assert_status(read_nothing(ends[1]), ZX_ERR_PEER_CLOSED);
        assert_ok(zx_handle_close(ends[1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_as_they_were_written),
        cmocka_unit_test(the_largest_message),
        cmocka_unit_test(write_judges_in_order),
        cmocka_unit_test(a_failing_write_consumes_the_handles),
        cmocka_unit_test(a_handle_that_comes_twice_is_bad),
        cmocka_unit_test(the_own_end_without_transfer_is_denied_first),
        cmocka_unit_test(z214_reading_judges_in_order),
        cmocka_unit_test(a_message_that_does_not_fit_stays),
        cmocka_unit_test(handles_of_all_kinds_keep_rights_and_koids),
        cmocka_unit_test(z124_handles_of_an_unread_message_live_until_it_goes),
        cmocka_unit_test(closing_an_end_closes_what_it_was_sent),
        cmocka_unit_test(channels_within_channels_close_one_after_the_other),
        cmocka_unit_test(parts_make_one_message),
        cmocka_unit_test(dispositions_judge_in_order),
        cmocka_unit_test(refused_dispositions),
        cmocka_unit_test(dispositions_move_and_duplicate),
        cmocka_unit_test(what_has_no_descriptor_travels_within_the_process_only),
        cmocka_unit_test(writing_never_blocks),
    };
    return RUN_ZX_TESTS(tests);
}
