/* Times of one thing done over and over, and what they come to. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Sorts the times (nanoseconds) and returns the one that `percent` of them do not exceed (nearest
 * rank). count > 0. */
int64_t stats_percentile(int64_t *times, size_t count, unsigned percent);

/* The middle value; the mean of the two middle ones of an even number. Sorts. count > 0. */
double stats_median(double *values, size_t count);

/* The monotonic clock, in nanoseconds. */
int64_t stats_now(void);

#endif
