/* Eventpair ends that clients gave to be closed when something is over. */
#ifndef NODE_TRACKER_H
#define NODE_TRACKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct tracker {
    struct list link;
    int fd;                     /* owned */
    uint32_t buffers_remaining; /* AttachLifetimeTracking */
};

/* Appends a tracker for `fd`, which it then owns. False: no memory, and fd is closed. */
bool tracker_add(struct list *trackers, int fd, uint32_t buffers_remaining);

/* Closes those that asked for at most `remaining` buffers. Others may hold duplicates of the end,
 * so closing is all that is done to it. Returns how many were closed. */
uint32_t tracker_close_reached(struct list *trackers, uint32_t remaining);

/* Closes all. Returns how many. */
uint32_t tracker_close_all(struct list *trackers);

#endif
