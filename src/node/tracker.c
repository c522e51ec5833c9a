#include "node/tracker.h"

#include <stdlib.h>

bool tracker_add(struct list *trackers, int fd, uid_t uid, uint32_t buffers_remaining)
{
    struct tracker *tracker = malloc(sizeof(*tracker));
    if (tracker == NULL) {
        return false;
    }
    *tracker = (struct tracker){.fd = fd, .uid = uid, .buffers_remaining = buffers_remaining};
    list_append(trackers, &tracker->link);
    return true;
}

uint32_t tracker_spend_reached(struct list *trackers, uint32_t remaining, struct list *spent)
{
    uint32_t count = 0;
    list_for_each_safe (link, next, trackers) {
        struct tracker *tracker = container_of(link, struct tracker, link);
        if (remaining <= tracker->buffers_remaining) {
            list_remove(&tracker->link);
            list_append(spent, &tracker->link);
            count++;
        }
    }
    return count;
}

uint32_t tracker_spend_all(struct list *trackers, struct list *spent)
{
    return tracker_spend_reached(trackers, 0, spent);
}

int tracker_take_fd(struct list *spent, uid_t *ret_uid)
{
    struct tracker *tracker = container_of(spent->next, struct tracker, link);
    int fd = tracker->fd;
    *ret_uid = tracker->uid;
    list_remove(&tracker->link);
    free(tracker);
    return fd;
}
