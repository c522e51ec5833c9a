#include "base/log_limit.h"

enum log_limit_verdict log_limit_count(struct log_limit *limit, uint64_t now_ns,
                                       uint32_t *ret_dropped)
{
    *ret_dropped = 0;
    if (limit->lines == 0 || now_ns - limit->begun_ns >= LOG_LIMIT_WINDOW_NS) {
        *ret_dropped = limit->dropped;
        *limit = (struct log_limit){.begun_ns = now_ns};
    }
    if (limit->lines < LOG_LIMIT_LINES) {
        limit->lines++;
        return LOG_LIMIT_WRITE;
    }
    limit->dropped++;
    return limit->dropped == 1 ? LOG_LIMIT_SAY_SO : LOG_LIMIT_DROP;
}
