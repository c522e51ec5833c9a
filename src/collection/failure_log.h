/* The last allocations that failed, for who asks later. Bounded: as many in all, and as many of
 * collections that one uid made. Not charged to anybody. */
#ifndef COLLECTION_FAILURE_LOG_H
#define COLLECTION_FAILURE_LOG_H

#include <stdint.h>

#include "base/list.h"
#include "collection/failure.h"

#define FAILURE_LOG_SIZE        64
#define FAILURE_LOG_MAX_PER_UID 16

struct failure_log {
    struct list failures; /* the oldest first */
    uint32_t count;
    uint64_t last_number;
};

void failure_log_init(struct failure_log *log);

/* Takes a reference. Where there is no room, the oldest one goes of the uid that has most; of this
 * uid where it has as many as it may. */
void failure_log_add(struct failure_log *log, struct failure *failure);

void failure_log_deinit(struct failure_log *log);

#endif
