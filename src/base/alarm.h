/* Things to be done at a time, for modules that know no event loop: whoever owns the loop asks when
 * the next one is due, and rings them. Not thread-safe. */
#ifndef BASE_ALARM_H
#define BASE_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct alarm {
    struct list link;
    uint64_t due_ns; /* monotonic clock */
    void (*ring)(struct alarm *alarm);
};

/* All that are set, the next one first. */
struct alarms {
    struct list set;
    void (*changed)(struct alarms *alarms); /* the next one is another; may be NULL */
};

void alarms_init(struct alarms *alarms, void (*changed)(struct alarms *alarms));

/* An alarm that is not set. */
void alarm_init(struct alarm *alarm, void (*ring)(struct alarm *alarm));

/* Sets it, or sets it anew. */
void alarm_set(struct alarms *alarms, struct alarm *alarm, uint64_t due_ns);

/* Takes it back; harmless if it is not set. */
void alarm_cancel(struct alarm *alarm);

/* When the next one is due; UINT64_MAX: none is set. */
uint64_t alarms_next(const struct alarms *alarms);

/* Rings the next one, if it is due. False: it is not. */
bool alarms_ring(struct alarms *alarms, uint64_t now_ns);

#endif
