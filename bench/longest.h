/* The longest aggregations that are legal: how they grow with the participants, with the pairs of
 * pixel format and modifier that each has, and with the combinations of group children; and what
 * explaining a failure takes. */
#ifndef BENCH_LONGEST_H
#define BENCH_LONGEST_H

#include <stdbool.h>
#include <stdint.h>

#define LONGEST_CASES 9

struct longest_case {
    uint32_t participants;
    uint32_t pairs;        /* of each */
    uint32_t combinations; /* that are tried: only the last one will do. 1: there is no group */
    bool explained;        /* nothing will do, and it is found out why */
};

extern const struct longest_case longest_cases[LONGEST_CASES];

/* Nanoseconds of each case, made once. 0, or -ENOMEM, or -EPROTO when the solver found another
 * thing than it should. */
int longest_measure(double ret[LONGEST_CASES]);

#endif
