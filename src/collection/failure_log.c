#include "collection/failure_log.h"

#include <assert.h>

void failure_log_init(struct failure_log *log)
{
    *log = (struct failure_log){0};
    list_init(&log->failures);
}

static void forget(struct failure_log *log, struct failure *failure)
{
    list_remove(&failure->link);
    log->count--;
    failure_unref(failure);
}

/* How many there are of this uid, and the oldest of them. */
static uint32_t count_of(const struct failure_log *log, uid_t owner, struct failure **ret_oldest)
{
    uint32_t count = 0;
    list_for_each (link, &log->failures) {
        struct failure *failure = container_of(link, struct failure, link);
        if (failure->owner == owner && count++ == 0) {
            *ret_oldest = failure;
        }
    }
    return count;
}

static void forget_of_most(struct failure_log *log)
{
    struct failure *chosen = NULL;
    uint32_t most = 0;
    list_for_each (link, &log->failures) {
        struct failure *oldest = NULL;
        uint32_t count = count_of(log, container_of(link, struct failure, link)->owner, &oldest);
        if (count > most) {
            most = count;
            chosen = oldest;
        }
    }
    assert(chosen != NULL);
    forget(log, chosen);
}

void failure_log_add(struct failure_log *log, struct failure *failure)
{
    struct failure *oldest = NULL;
    if (count_of(log, failure->owner, &oldest) == FAILURE_LOG_MAX_PER_UID) {
        forget(log, oldest);
    } else if (log->count == FAILURE_LOG_SIZE) {
        forget_of_most(log);
    }
    failure->number = ++log->last_number;
    list_append(&log->failures, &failure_ref(failure)->link);
    log->count++;
}

void failure_log_deinit(struct failure_log *log)
{
    list_for_each_safe (link, next, &log->failures) {
        forget(log, container_of(link, struct failure, link));
    }
}
