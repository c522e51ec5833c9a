#include "channel_test.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "zx/handle.h"

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

struct wait {
    zx_wait_item_t items[3];
    zx_status_t status;
};

static void *wait_for_ever(void *arg)
{
    struct wait *wait = arg;
    wait->status = zx_object_wait_many(wait->items, 3, ZX_TIME_INFINITE);
    return NULL;
}

/* Whether a thread waits through a handle. */
static bool is_waited_for(zx_handle_t handle)
{
    struct handle_use use;
    assert_ok(handle_get(handle, ZX_OBJ_TYPE_NONE, 0, &use));
    (void)pthread_mutex_lock(&use.object->lock);
    bool is_waited = !list_is_empty(&use.object->observers);
    (void)pthread_mutex_unlock(&use.object->lock);
    object_unref(use.object);
    return is_waited;
}

/* Z220 for many: one of the handles is closed while a thread waits for all. */
static void z220_closing_one_of_many_ends_the_wait(void **state)
{
    (void)state;
    for (size_t closed = 0; closed < 3; closed++) {
        zx_handle_t end = 0;
        struct wait wait = {.status = 77};
        assert_ok(zx_channel_create(0, &wait.items[1].handle, &end));
        assert_true(closed == 0 || sysmem_handle_fd(end) >= 0); /* waits for the socket, too */
        wait.items[0] = (zx_wait_item_t){new_event(), ZX_EVENT_SIGNALED, 77};
        wait.items[1].waitfor = ZX_CHANNEL_READABLE;
        wait.items[2] = (zx_wait_item_t){new_event(), ZX_EVENT_SIGNALED, 77};
        assert_ok(zx_object_signal(wait.items[2].handle, 0, ZX_USER_SIGNAL_3));
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, wait_for_ever, &wait), 0);
        while (!is_waited_for(wait.items[2].handle)) { /* the last one that it begins with */
            (void)sched_yield();
        }
        assert_ok(zx_handle_close(wait.items[closed].handle));
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_status(wait.status, ZX_ERR_CANCELED);
        const zx_signals_t active[3] = {0, ZX_CHANNEL_WRITABLE, ZX_USER_SIGNAL_3};
        for (size_t i = 0; i < 3; i++) {
            zx_signals_t seen = wait.items[i].pending;
            assert_int_equal(seen & ZX_SIGNAL_HANDLE_CLOSED,
                             i == closed ? ZX_SIGNAL_HANDLE_CLOSED : 0);
            assert_int_equal(seen & ~ZX_SIGNAL_HANDLE_CLOSED, active[i]);
            assert_status(zx_handle_close(wait.items[i].handle),
                          i == closed ? ZX_ERR_BAD_HANDLE : ZX_OK);
        }
        assert_ok(zx_handle_close(end));
    }
}

static void do_nothing(int number)
{
    (void)number;
}

/* A signal of the program's that the thread handles is no end of its wait. */
static void a_wait_goes_on_after_a_signal(void **state)
{
    (void)state;
    struct wait wait = {.status = 77};
    const struct sigaction action = {.sa_handler = do_nothing}; /* without SA_RESTART */
    struct sigaction before;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    for (int i = 0; i < 3; i++) {
        wait.items[i] = (zx_wait_item_t){new_event(), ZX_EVENT_SIGNALED, 77};
    }
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_ever, &wait), 0);
    while (!is_waited_for(wait.items[2].handle)) {
        (void)sched_yield();
    }
    for (int i = 0; i < 20; i++) { /* at whatever point it is */
        assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
        (void)poll(NULL, 0, 1);
    }
    assert_ok(zx_object_signal(wait.items[1].handle, 0, ZX_EVENT_SIGNALED));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_ok(wait.status);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(wait.items[i].pending, i == 1 ? ZX_EVENT_SIGNALED : 0);
        assert_ok(zx_handle_close(wait.items[i].handle));
    }
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z208_signals_of_the_other_end),
        cmocka_unit_test(wait_many_judges_in_order),
        cmocka_unit_test(z220_closing_one_of_many_ends_the_wait),
        cmocka_unit_test(a_wait_goes_on_after_a_signal),
    };
    return RUN_ZX_TESTS(tests);
}
