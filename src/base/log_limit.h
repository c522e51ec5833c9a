/* How many lines one cause may write: who makes mistakes on purpose must not fill the log. Time is
 * given, not asked for. Not thread-safe. */
#ifndef BASE_LOG_LIMIT_H
#define BASE_LOG_LIMIT_H

#include <stdint.h>

/* Lines of one window of a second. Enough for a report on a collection with many participants. */
#define LOG_LIMIT_LINES     200
#define LOG_LIMIT_WINDOW_NS 1000000000u

/* Zeroed: nothing was written yet. */
struct log_limit {
    uint64_t begun_ns;
    uint32_t lines;   /* written in this window */
    uint32_t dropped; /* in this window */
};

enum log_limit_verdict {
    LOG_LIMIT_WRITE,
    LOG_LIMIT_SAY_SO, /* the first line too many: write instead that lines are dropped */
    LOG_LIMIT_DROP,
};

/* One line more, at `now_ns` of a clock that does not go back. *ret_dropped: how many lines of the
 * former window to tell of first; 0: none. */
enum log_limit_verdict log_limit_count(struct log_limit *limit, uint64_t now_ns,
                                       uint32_t *ret_dropped);

#endif
