/* The longest aggregations that are legal: how they grow with the participants. */
#ifndef BENCH_LONGEST_H
#define BENCH_LONGEST_H

#include <stdint.h>

#define LONGEST_CASES 3

extern const uint32_t longest_participants[LONGEST_CASES];

/* Nanoseconds of each case, made once. 0, or -ENOMEM, or -EPROTO when the solver found nothing. */
int longest_measure(double ret[LONGEST_CASES]);

#endif
