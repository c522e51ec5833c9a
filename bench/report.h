/* What a run of sysmem-bench found, for people and for programs. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "longest.h"
#include "measure.h"
#include "objects.h"

struct report {
    uint32_t rounds;
    bool has_times;
    struct comparison times[MEASURES];
    struct comparison objects[OBJECTS_CASES]; /* ratios of 0: not possible here */
    struct measured solve;
    double longest[LONGEST_CASES]; /* nanoseconds */
    bool has_calls;
    const char *no_calls; /* why not */
    struct syscount calls[MEASURES][SUBJECTS];
};

/* To standard output. */
void report_print(const struct report *report);
void report_print_json(const struct report *report);

/* Whether the floor makes no more calls of any kind than the real thing, in all measures. Otherwise
 * says on standard error which. */
bool report_floor_is_low(const struct report *report);

#endif
