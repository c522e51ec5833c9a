#include "node/tracker.h"

#include <stdlib.h>

#include "base/fd.h"

bool tracker_add(struct list *trackers, int fd, uint32_t buffers_remaining)
{
    struct tracker *tracker = malloc(sizeof(*tracker));
    if (tracker == NULL) {
        fd_close(&fd);
        return false;
    }
    *tracker = (struct tracker){.fd = fd, .buffers_remaining = buffers_remaining};
    list_append(trackers, &tracker->link);
    return true;
}

uint32_t tracker_close_reached(struct list *trackers, uint32_t remaining)
{
    uint32_t closed = 0;
    list_for_each_safe (link, next, trackers) {
        struct tracker *tracker = container_of(link, struct tracker, link);
        if (remaining <= tracker->buffers_remaining) {
            list_remove(&tracker->link);
            fd_close(&tracker->fd);
            free(tracker);
            closed++;
        }
    }
    return closed;
}

uint32_t tracker_close_all(struct list *trackers)
{
    return tracker_close_reached(trackers, 0);
}
