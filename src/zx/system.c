/* The machine and its clock. */
#include <time.h>
#include <unistd.h>

#include <zircon/syscalls.h>

uint32_t zx_system_get_page_size(void)
{
    return (uint32_t)getpagesize();
}

zx_time_t zx_clock_get_monotonic(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail: the clock always exists */
    return (zx_time_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

zx_time_t zx_deadline_after(zx_duration_t nanoseconds)
{
    zx_time_t deadline;
    if (__builtin_add_overflow(zx_clock_get_monotonic(), nanoseconds, &deadline)) {
        return ZX_TIME_INFINITE; /* now is positive, so only the upper end can be passed */
    }
    return deadline;
}
