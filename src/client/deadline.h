/* Waiting until an absolute time of the monotonic clock, in nanoseconds. ZX_TIME_INFINITE: for
 * ever; a time that is past: look once. */
#ifndef CLIENT_DEADLINE_H
#define CLIENT_DEADLINE_H

#include <pthread.h>
#include <stdbool.h>

#include <zircon/types.h>

/* The time in `duration` nanoseconds from now. */
zx_time_t deadline_after(zx_duration_t duration);

/* Waits until one of poll(2)'s events is there; 0: the deadline is past. A descriptor of -1 is
 * never ready. */
short deadline_poll(int fd, short events, zx_time_t deadline);

/* pthread_cond_wait(); false: the deadline is past. */
bool deadline_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, zx_time_t deadline);

#endif
