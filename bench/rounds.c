#include "rounds.h"

#include "stats.h"

void rounds_record(struct rounds *rounds, uint32_t subject, uint32_t round, int64_t *times,
                   size_t count)
{
    rounds->p50[subject][round] = (double)stats_percentile(times, count, 50);
    rounds->p99[subject][round] = (double)stats_percentile(times, count, 99);
}

void rounds_summarize(struct rounds *rounds, uint32_t count, struct comparison *ret)
{
    double ratios[2][ROUNDS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        ratios[0][i] = rounds->p50[REAL][i] / rounds->p50[FLOOR][i];
        ratios[1][i] = rounds->p99[REAL][i] / rounds->p99[FLOOR][i];
    }
    for (int i = 0; i < SUBJECTS; i++) {
        ret->of[i].p50 = stats_median(rounds->p50[i], count);
        ret->of[i].p99 = stats_median(rounds->p99[i], count);
    }
    ret->ratio_p50 = stats_median(ratios[0], count);
    ret->ratio_p99 = stats_median(ratios[1], count);
}
