/* Rounds of the floor and of the real thing by turns, so that whatever else the machine does meets
 * both, and what they come to. */
#ifndef BENCH_ROUNDS_H
#define BENCH_ROUNDS_H

#include <stddef.h>
#include <stdint.h>

#define ROUNDS_MAX 99

enum { FLOOR, REAL, SUBJECTS };

/* Nanoseconds: the median of what the rounds came to. */
struct measured {
    double p50;
    double p99;
};

struct comparison {
    struct measured of[SUBJECTS];
    double ratio_p50; /* the median of the rounds' ratios */
    double ratio_p99;
};

struct rounds {
    double p50[SUBJECTS][ROUNDS_MAX];
    double p99[SUBJECTS][ROUNDS_MAX];
};

/* Who goes in this turn (0 or 1) of a round: the floor first in even rounds, else the real thing.
 */
static inline uint32_t rounds_turn(uint32_t round, uint32_t turn)
{
    return (turn + round) % SUBJECTS;
}

/* Keeps what the samples of one subject in one round came to. Sorts them. */
void rounds_record(struct rounds *rounds, uint32_t subject, uint32_t round, int64_t *times,
                   size_t count);

/* `count` rounds of both. Sorts what was kept. */
void rounds_summarize(struct rounds *rounds, uint32_t count, struct comparison *ret);

#endif
