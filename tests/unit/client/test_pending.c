/* The register of outstanding calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/pending.h"

static void calls_are_found_by_number_until_unlinked(void **state)
{
    (void)state;
    struct pending pending;
    pending_init(&pending);
    struct call calls[3] = {0};
    for (int i = 0; i < 3; i++) {
        calls[i].txid = pending_new_txid(&pending);
        pending_add(&pending, &calls[i]);
    }
    assert_int_equal(calls[0].txid, 1);
    assert_ptr_equal(pending_find(&pending, calls[1].txid), &calls[1]);
    assert_null(pending_find(&pending, 99));
    list_remove(&calls[1].link);
    assert_null(pending_find(&pending, calls[1].txid));
}

static void numbers_in_use_are_not_given_again(void **state)
{
    (void)state;
    struct pending pending;
    pending_init(&pending);
    struct call old = {.txid = 1};
    pending_add(&pending, &old);
    pending.last_txid = UINT32_MAX;
    assert_int_equal(pending_new_txid(&pending), 2); /* neither 0 nor 1 */
}

static void the_first_call_is_the_oldest_whose_callback_is_not_running(void **state)
{
    (void)state;
    struct pending pending;
    pending_init(&pending);
    assert_null(pending_first(&pending));
    struct call calls[2] = {
        {.txid = 1, .delivering = true},
        {.txid = 2        }
    };
    pending_add(&pending, &calls[0]);
    assert_null(pending_first(&pending));
    pending_add(&pending, &calls[1]);
    assert_ptr_equal(pending_first(&pending), &calls[1]);
}

struct sleeper {
    struct pending pending;
    pthread_mutex_t lock;
    pthread_t thread;
    bool woken;
};

static void *sleep_for_call_2(void *arg)
{
    struct sleeper *sleeper = arg;
    (void)pthread_mutex_lock(&sleeper->lock);
    sleeper->woken = pending_sleep(&sleeper->pending, 2, &sleeper->lock, ZX_TIME_INFINITE);
    (void)pthread_mutex_unlock(&sleeper->lock);
    return NULL;
}

/* Locks once the thread sleeps. */
static void lock_asleep(struct sleeper *sleeper)
{
    (void)pthread_mutex_lock(&sleeper->lock);
    while (list_is_empty(&sleeper->pending.waiters)) {
        (void)pthread_mutex_unlock(&sleeper->lock);
        (void)sched_yield();
        (void)pthread_mutex_lock(&sleeper->lock);
    }
}

static void start_sleeper(struct sleeper *sleeper, struct call *call)
{
    *sleeper = (struct sleeper){.woken = false};
    pending_init(&sleeper->pending);
    pending_add(&sleeper->pending, call);
    assert_int_equal(pthread_mutex_init(&sleeper->lock, NULL), 0);
    assert_int_equal(pthread_create(&sleeper->thread, NULL, sleep_for_call_2, sleeper), 0);
    lock_asleep(sleeper);
}

static void end_sleeper(struct sleeper *sleeper)
{
    (void)pthread_mutex_unlock(&sleeper->lock);
    assert_int_equal(pthread_join(sleeper->thread, NULL), 0);
    assert_true(sleeper->woken);
    assert_true(list_is_empty(&sleeper->pending.waiters));
    (void)pthread_mutex_destroy(&sleeper->lock);
}

static void a_complete_call_wakes_its_thread(void **state)
{
    (void)state;
    struct sleeper sleeper;
    struct call call = {.txid = 2};
    start_sleeper(&sleeper, &call);
    pending_wake(&sleeper.pending, 1); /* another's */
    pending_wake(&sleeper.pending, 2);
    end_sleeper(&sleeper);
}

static void the_role_of_the_reader_wakes_a_thread_that_may_read(void **state)
{
    (void)state;
    struct sleeper sleeper;
    struct call call = {.txid = 2};
    start_sleeper(&sleeper, &call);
    pending_pass_role(&sleeper.pending);
    end_sleeper(&sleeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_found_by_number_until_unlinked),
        cmocka_unit_test(numbers_in_use_are_not_given_again),
        cmocka_unit_test(the_first_call_is_the_oldest_whose_callback_is_not_running),
        cmocka_unit_test(a_complete_call_wakes_its_thread),
        cmocka_unit_test(the_role_of_the_reader_wakes_a_thread_that_may_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
