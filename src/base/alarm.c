/* A sorted list: alarms are mostly set for a fixed time from now, so that a new one belongs at the
 * end. */
#include "base/alarm.h"

#include <stddef.h>

static struct alarm *alarm_of(struct list *link)
{
    return container_of(link, struct alarm, link);
}

void alarms_init(struct alarms *alarms, void (*changed)(struct alarms *alarms))
{
    list_init(&alarms->set);
    alarms->changed = changed;
}

void alarm_init(struct alarm *alarm, void (*ring)(struct alarm *alarm))
{
    *alarm = (struct alarm){.ring = ring};
    list_init(&alarm->link);
}

void alarm_set(struct alarms *alarms, struct alarm *alarm, uint64_t due_ns)
{
    list_remove(&alarm->link);
    alarm->due_ns = due_ns;
    struct list *before = alarms->set.prev;
    while (before != &alarms->set && alarm_of(before)->due_ns > due_ns) {
        before = before->prev;
    }
    list_append(before->next, &alarm->link);
    if (before == &alarms->set && alarms->changed != NULL) {
        alarms->changed(alarms);
    }
}

void alarm_cancel(struct alarm *alarm)
{
    list_remove(&alarm->link);
}

uint64_t alarms_next(const struct alarms *alarms)
{
    return list_is_empty(&alarms->set) ? UINT64_MAX : alarm_of(alarms->set.next)->due_ns;
}

bool alarms_ring(struct alarms *alarms, uint64_t now_ns)
{
    if (alarms_next(alarms) > now_ns) {
        return false;
    }
    struct alarm *alarm = alarm_of(alarms->set.next);
    list_remove(&alarm->link);
    alarm->ring(alarm);
    return true;
}
