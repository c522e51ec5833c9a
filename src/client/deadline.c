#include "client/deadline.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

static zx_time_t now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time); /* cannot fail */
    return time.tv_sec * ZX_SEC(1) + time.tv_nsec;
}

static struct timespec to_timespec(zx_time_t time)
{
    time = time > 0 ? time : 0;
    return (struct timespec){.tv_sec = time / ZX_SEC(1), .tv_nsec = time % ZX_SEC(1)};
}

zx_time_t deadline_after(zx_duration_t duration)
{
    zx_time_t result;
    return __builtin_add_overflow(now(), duration, &result) ? ZX_TIME_INFINITE : result;
}

short deadline_poll(int fd, short events, zx_time_t deadline)
{
    struct pollfd ready = {.fd = fd, .events = events};
    for (;;) {
        struct timespec left = {0};
        if (deadline > 0 && deadline != ZX_TIME_INFINITE) {
            left = to_timespec(deadline - now());
        }
        int count = ppoll(&ready, 1, deadline == ZX_TIME_INFINITE ? NULL : &left, NULL);
        if (count > 0) {
            return ready.revents;
        }
        if (count == 0 || errno != EINTR) {
            return 0;
        }
    }
}

bool deadline_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, zx_time_t deadline)
{
    if (deadline == ZX_TIME_INFINITE) {
        return pthread_cond_wait(cond, lock) == 0;
    }
    struct timespec until = to_timespec(deadline);
    return pthread_cond_clockwait(cond, lock, CLOCK_MONOTONIC, &until) == 0;
}
