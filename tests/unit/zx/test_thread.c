#include "zx_test.h"

#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>

#include "zx/thread.h"

/* What a thread saw of itself. */
struct sight {
    sem_t is_there;
    sigset_t blocked;
    bool is_detached;
};

static void *look(void *arg)
{
    struct sight *sight = arg;
    pthread_attr_t attributes;
    int state = -1;
    (void)pthread_sigmask(SIG_SETMASK, NULL, &sight->blocked);
    (void)pthread_getattr_np(pthread_self(), &attributes);
    (void)pthread_attr_getdetachstate(&attributes, &state);
    (void)pthread_attr_destroy(&attributes);
    sight->is_detached = state == PTHREAD_CREATE_DETACHED;
    (void)sem_post(&sight->is_there);
    return arg;
}

static void signals_are_the_programs(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct sight sight = {.is_detached = false};
        pthread_t thread;
        sigset_t before;
        sigset_t after;
        assert_int_equal(sem_init(&sight.is_there, 0, 0), 0);
        assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
        assert_int_equal(thread_start(i == 0 ? &thread : NULL, look, &sight), 0);
        assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
        assert_int_equal(sem_wait(&sight.is_there), 0);
        if (i == 0) {
            void *result = NULL;
            assert_int_equal(pthread_join(thread, &result), 0);
            assert_ptr_equal(result, &sight);
        }
        assert_int_equal(sight.is_detached, i == 1);
        const int signals[] = {SIGINT, SIGTERM, SIGUSR1, SIGALRM, SIGIO, SIGCHLD};
        for (size_t s = 0; s < sizeof(signals) / sizeof(signals[0]); s++) {
            assert_int_equal(sigismember(&sight.blocked, signals[s]), 1);
            assert_int_equal(sigismember(&after, signals[s]), sigismember(&before, signals[s]));
        }
        assert_int_equal(sem_destroy(&sight.is_there), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_are_the_programs),
    };
    return RUN_ZX_TESTS(tests);
}
