/* The object calls by themselves, in this process, against the bare system calls that they stand
 * on. */
#ifndef BENCH_OBJECTS_H
#define BENCH_OBJECTS_H

#include <stdint.h>

#include "rounds.h"

struct scene;

struct objects_case {
    const char *name;  /* for programs */
    const char *title; /* for people */
    uint32_t mappings; /* that the region, and so the process, has already */
    double goal;       /* ratio of the p50 that is to be reached */
    /* Nanoseconds that one sample took, for FLOOR and for REAL; -errno. */
    int64_t (*take[SUBJECTS])(const struct scene *scene);
};

#define OBJECTS_CASES 7

extern const struct objects_case objects_cases[OBJECTS_CASES];

/* Ratios of 0 where the system does not allow a case: vm.max_map_count is too low. `rounds` at most
 * ROUNDS_MAX. 0 or -errno; -EPROTO: a call failed. */
int objects_measure(uint32_t rounds, struct comparison ret[OBJECTS_CASES]);

#endif
