#include "channel_test.h"

static void z208_signals_of_the_other_end(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        new_channel(way, ends);
        assert_ok(zx_object_signal(ends[0], 0, ZX_USER_SIGNAL_0));
        assert_int_equal(signals_of(ends[0]), ZX_USER_SIGNAL_0 | ZX_CHANNEL_WRITABLE);
        assert_int_equal(signals_of(ends[1]), ZX_CHANNEL_WRITABLE);
        assert_ok(zx_object_signal_peer(ends[0], 0, ZX_USER_SIGNAL_3));
        assert_int_equal(signals_of(ends[1]), ZX_USER_SIGNAL_3 | ZX_CHANNEL_WRITABLE);
        assert_ok(zx_object_signal_peer(ends[0], ZX_USER_SIGNAL_3, ZX_USER_SIGNAL_4));
        assert_int_equal(signals_of(ends[1]), ZX_USER_SIGNAL_4 | ZX_CHANNEL_WRITABLE);
        zx_handle_t event = new_event();
        assert_status(zx_object_signal_peer(0, 0, 1), ZX_ERR_BAD_HANDLE);
        assert_status(zx_object_signal_peer(event, 0, 1), ZX_ERR_ACCESS_DENIED);
        assert_status(zx_object_signal_peer(ends[0], 0, 1), ZX_ERR_INVALID_ARGS);
        assert_ok(zx_handle_close(ends[1]));
        assert_status(zx_object_signal_peer(ends[0], 0, 1), ZX_ERR_INVALID_ARGS);
        assert_status(zx_object_signal_peer(ends[0], 0, ZX_USER_SIGNAL_0), ZX_ERR_PEER_CLOSED);
        assert_ok(zx_handle_close(ends[0]));
        assert_ok(zx_handle_close(event));
    }
}

static void wait_many_judges_in_order(void **state)
{
    (void)state;
    zx_handle_t event = new_event();
    zx_handle_t bare = dup_with(event, ZX_RIGHT_SIGNAL);
    zx_wait_item_t items[2] = {
        {event, ZX_EVENT_SIGNALED, 77},
        {bare,  0,                 77}
    };
    assert_status(zx_object_wait_many(NULL, ZX_WAIT_MANY_MAX_ITEMS + 1, 0), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_object_wait_many(NULL, 1, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_wait_many(items, 2, 0), ZX_ERR_ACCESS_DENIED);
    items[1].handle = ZX_HANDLE_INVALID;
    assert_status(zx_object_wait_many(items, 2, 0), ZX_ERR_BAD_HANDLE);
    assert_int_equal(items[0].pending, 77);
    zx_time_t deadline = zx_deadline_after(ZX_MSEC(2));
    assert_status(zx_object_wait_many(NULL, 0, deadline), ZX_ERR_TIMED_OUT);
    assert_true(zx_clock_get_monotonic() >= deadline);
    assert_ok(zx_object_signal(event, 0, ZX_USER_SIGNAL_1));
    assert_status(zx_object_wait_many(items, 1, 0), ZX_ERR_TIMED_OUT);
    assert_int_equal(items[0].pending, ZX_USER_SIGNAL_1); /* also then */
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    assert_ok(zx_object_wait_many(items, 1, 0));
    assert_int_equal(items[0].pending, ZX_USER_SIGNAL_1 | ZX_EVENT_SIGNALED);
    assert_ok(zx_handle_close(event));
    assert_ok(zx_handle_close(bare));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z208_signals_of_the_other_end),
        cmocka_unit_test(wait_many_judges_in_order),
    };
    return RUN_ZX_TESTS(tests);
}
