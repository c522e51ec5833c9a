#include "zx_test.h"

#include <pthread.h>

static zx_handle_t new_event(void)
{
    zx_handle_t event = ZX_HANDLE_INVALID;
    assert_ok(zx_event_create(0, &event));
    return event;
}

static void event_options_and_rights(void **state)
{
    (void)state;
    zx_handle_t out = 77;
    assert_status(zx_event_create(1, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_event_create(0, NULL), ZX_ERR_INVALID_ARGS);
    assert_int_equal(out, 77);
    zx_handle_t event = new_event();
    assert_int_equal(basic_of(event).rights, 0xD003);
    assert_int_equal(basic_of(event).type, ZX_OBJ_TYPE_EVENT);
    assert_int_equal(signals_of(event), 0);
    assert_ok(zx_handle_close(event));
}

static void satisfied_waits_succeed_whatever_the_deadline(void **state)
{
    (void)state;
    zx_handle_t event = new_event();
    zx_signals_t observed = 0;
    const zx_signals_t both = ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_1;
    assert_ok(zx_object_signal(event, 0, both));
    const zx_time_t deadlines[] = {ZX_TIME_INFINITE_PAST, 0, zx_deadline_after(ZX_SEC(9)),
                                   ZX_TIME_INFINITE};
    for (size_t i = 0; i < 4; i++) {
        assert_ok(zx_object_wait_one(event, ZX_EVENT_SIGNALED, deadlines[i], &observed));
        assert_int_equal(observed, both);
    }
    assert_ok(zx_object_wait_one(event, ZX_EVENT_SIGNALED, 0, NULL));
    assert_status(zx_object_wait_one(event, 0, 0, &observed), ZX_ERR_TIMED_OUT);
    assert_int_equal(observed, both);
    assert_ok(zx_handle_close(event));
}

static void unsatisfied_waits_time_out_at_the_deadline(void **state)
{
    (void)state;
    zx_handle_t event = new_event();
    zx_signals_t observed = 77;
    zx_time_t deadline = zx_deadline_after(ZX_MSEC(20));
    assert_status(zx_object_wait_one(event, ZX_EVENT_SIGNALED, deadline, &observed),
                  ZX_ERR_TIMED_OUT);
    assert_true(zx_clock_get_monotonic() >= deadline);
    assert_int_equal(observed, 0);
    assert_status(zx_object_wait_one(event, ZX_EVENT_SIGNALED, ZX_TIME_INFINITE_PAST, &observed),
                  ZX_ERR_TIMED_OUT);
    assert_ok(zx_handle_close(event));
}

static void wait_judges_handle_then_right(void **state)
{
    (void)state;
    zx_handle_t event = new_event();
    zx_handle_t bare = dup_with(event, ZX_RIGHT_SIGNAL);
    zx_signals_t observed = 77;
    assert_status(zx_object_wait_one(0, 1, 0, &observed), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_wait_one(bare, 1, 0, &observed), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(observed, 77);
    assert_ok(zx_handle_close(event));
    assert_ok(zx_handle_close(bare));
}

static void z211_signal_masks(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t event = new_event();
    zx_handle_t bare = dup_with(event, ZX_RIGHT_WAIT);
    zx_handle_t channel[2];
    assert_ok(zx_channel_create(0, &channel[0], &channel[1]));
    assert_status(zx_object_signal(vmo, 0, ZX_VMO_ZERO_CHILDREN), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_signal(vmo, ZX_VMO_ZERO_CHILDREN, 0), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_object_signal(vmo, 0, ZX_USER_SIGNAL_0));
    assert_int_equal(signals_of(vmo), ZX_USER_SIGNAL_0 | ZX_VMO_ZERO_CHILDREN);
    assert_status(zx_object_signal(event, 0, ZX_CHANNEL_READABLE), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_signal(channel[0], 0, 1U << 3), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_signal(event, 0, ZX_SIGNAL_HANDLE_CLOSED), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_signal(bare, 0, ZX_CHANNEL_READABLE), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_signal(0, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_ok(zx_object_signal(event, 0, ZX_USER_SIGNAL_ALL | ZX_EVENT_SIGNALED));
    /* cleared before set */
    assert_ok(zx_object_signal(event, ZX_USER_SIGNAL_ALL | ZX_EVENT_SIGNALED, ZX_USER_SIGNAL_3));
    assert_int_equal(signals_of(event), ZX_USER_SIGNAL_3);
    const zx_handle_t all[] = {vmo, event, bare, channel[0], channel[1]};
    assert_ok(zx_handle_close_many(all, 5));
}

struct wait {
    pthread_t thread;
    zx_handle_t handle;
    zx_signals_t wanted;
    zx_status_t status;
    zx_signals_t observed;
};

static void *wait_thread(void *arg)
{
    struct wait *wait = arg;
    wait->status =
        zx_object_wait_one(wait->handle, wait->wanted, ZX_TIME_INFINITE, &wait->observed);
    return NULL;
}

static void wait_start(struct wait *wait, zx_handle_t handle, zx_signals_t wanted)
{
    *wait = (struct wait){.handle = handle, .wanted = wanted, .status = 77};
    assert_int_equal(pthread_create(&wait->thread, NULL, wait_thread, wait), 0);
}

/* Lets the other threads run for long enough that some of them wait already; right for any order.
 */
static void let_others_run(void)
{
    zx_handle_t event = new_event();
    assert_status(zx_object_wait_one(event, 1U << 3, zx_deadline_after(ZX_MSEC(2)), NULL),
                  ZX_ERR_TIMED_OUT);
    assert_ok(zx_handle_close(event));
}

static void signals_wake_all_who_wait_for_them(void **state)
{
    (void)state;
    zx_handle_t event = new_event();
    struct wait waits[3];
    wait_start(&waits[0], event, ZX_EVENT_SIGNALED);
    wait_start(&waits[1], event, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_0);
    wait_start(&waits[2], event, ZX_USER_SIGNAL_0);
    let_others_run();
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(waits[i].thread, NULL), 0);
        assert_ok(waits[i].status);
        assert_true((waits[i].observed & ZX_EVENT_SIGNALED) != 0);
    }
    assert_ok(zx_object_signal(event, 0, ZX_USER_SIGNAL_0));
    assert_int_equal(pthread_join(waits[2].thread, NULL), 0);
    assert_ok(waits[2].status);
    assert_int_equal(waits[2].observed, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_0);
    assert_ok(zx_handle_close(event));
}

static void z220_closing_the_handle_ends_the_wait(void **state)
{
    (void)state;
    zx_handle_t pair[2];
    assert_ok(zx_eventpair_create(0, &pair[0], &pair[1]));
    zx_handle_t copy = dup_with(pair[0], ZX_RIGHT_SAME_RIGHTS);
    struct wait closed;
    struct wait kept;
    wait_start(&closed, copy, ZX_USER_SIGNAL_0);
    wait_start(&kept, pair[0], ZX_USER_SIGNAL_0);
    let_others_run();
    assert_ok(zx_handle_close(copy));
    assert_int_equal(pthread_join(closed.thread, NULL), 0);
    /* BAD_HANDLE: closed before the thread got there */
    assert_true(closed.status == ZX_ERR_CANCELED || closed.status == ZX_ERR_BAD_HANDLE);
    if (closed.status == ZX_ERR_CANCELED) {
        assert_int_equal(closed.observed, ZX_SIGNAL_HANDLE_CLOSED);
    }
    assert_ok(zx_object_signal(pair[0], 0, ZX_USER_SIGNAL_0)); /* the other waits on */
    assert_int_equal(pthread_join(kept.thread, NULL), 0);
    assert_ok(kept.status);
    assert_ok(zx_handle_close_many(pair, 2));
}

static void a_wait_ends_when_the_peer_closes(void **state)
{
    (void)state;
    zx_handle_t pair[2];
    assert_ok(zx_eventpair_create(0, &pair[0], &pair[1]));
    struct wait wait;
    wait_start(&wait, pair[0], ZX_EVENTPAIR_PEER_CLOSED);
    let_others_run();
    assert_ok(zx_handle_close(pair[1]));
    assert_int_equal(pthread_join(wait.thread, NULL), 0);
    assert_ok(wait.status);
    assert_int_equal(wait.observed, ZX_EVENTPAIR_PEER_CLOSED);

    /* A dead peer does not keep other waits from sleeping, nor from their signals. */
    assert_status(zx_object_wait_one(pair[0], ZX_USER_SIGNAL_0, zx_deadline_after(ZX_MSEC(5)),
                                     &wait.observed),
                  ZX_ERR_TIMED_OUT);
    assert_int_equal(wait.observed, ZX_EVENTPAIR_PEER_CLOSED);
    wait_start(&wait, pair[0], ZX_USER_SIGNAL_0);
    let_others_run();
    assert_ok(zx_object_signal(pair[0], 0, ZX_USER_SIGNAL_0));
    assert_int_equal(pthread_join(wait.thread, NULL), 0);
    assert_ok(wait.status);
    assert_ok(zx_handle_close(pair[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_options_and_rights),
        cmocka_unit_test(satisfied_waits_succeed_whatever_the_deadline),
        cmocka_unit_test(unsatisfied_waits_time_out_at_the_deadline),
        cmocka_unit_test(wait_judges_handle_then_right),
        cmocka_unit_test(z211_signal_masks),
        cmocka_unit_test(signals_wake_all_who_wait_for_them),
        cmocka_unit_test(z220_closing_the_handle_ends_the_wait),
        cmocka_unit_test(a_wait_ends_when_the_peer_closes),
    };
    return RUN_ZX_TESTS(tests);
}
