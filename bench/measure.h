/* What is measured of a subject, and how: rounds of the floor and of the real thing by turns, so
 * that whatever else the machine does meets both. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>

#include "rounds.h"
#include "subject.h"
#include "syscount.h"

struct measure {
    const char *name;  /* for programs */
    const char *title; /* for people */
    uint32_t buffers;  /* of a cycle; 0: a Sync */
    uint32_t samples;  /* in each round */
    uint32_t counted;  /* cycles whose system calls are counted */
    double goal;       /* ratio of the p50 that is to be reached */
};

enum { MEASURE_SYNC, MEASURE_CYCLE_4, MEASURE_CYCLE_128, MEASURES };

extern const struct measure measures[MEASURES];

/* Runs `rounds` (at most ROUNDS_MAX) rounds against servers that listen at the two paths. 0
 * or -errno. */
int measure_compare(const struct measure *measure, const char *const paths[SUBJECTS],
                    uint32_t rounds, struct comparison *ret);

/* Counts the system calls of `measure->counted` cycles of a subject and a server of its own. 0, or
 * as syscount_run(). */
int measure_count(const struct measure *measure, const struct subject *subject,
                  struct syscount *ret);

#endif
