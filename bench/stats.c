#include "stats.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int compare_values(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

int64_t stats_percentile(int64_t *times, size_t count, unsigned percent)
{
    assert(count > 0 && percent >= 1 && percent <= 100);
    qsort(times, count, sizeof(times[0]), compare_times);
    return times[(count * percent + 99) / 100 - 1];
}

double stats_median(double *values, size_t count)
{
    assert(count > 0);
    qsort(values, count, sizeof(values[0]), compare_values);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

int64_t stats_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
