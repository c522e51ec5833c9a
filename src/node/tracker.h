/* Eventpair ends that clients gave to be closed when something is over. */
#ifndef NODE_TRACKER_H
#define NODE_TRACKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"

struct tracker {
    struct list link;
    int fd;                     /* owned */
    uid_t uid;                  /* who gave it */
    uint32_t buffers_remaining; /* AttachLifetimeTracking */
};

/* Appends a tracker for `fd`, which it then owns. False: no memory, and fd is still the caller's.
 */
bool tracker_add(struct list *trackers, int fd, uid_t uid, uint32_t buffers_remaining);

/* Moves those whose time has come, now that `remaining` buffers are left, to the end of `spent`.
 * Returns how many. */
uint32_t tracker_spend_reached(struct list *trackers, uint32_t remaining, struct list *spent);

/* Moves all. Returns how many. */
uint32_t tracker_spend_all(struct list *trackers, struct list *spent);

/* Frees the first of `spent`, which is not empty. The caller closes its end: others may hold
 * duplicates, and that is all that is done to it. */
int tracker_take_fd(struct list *spent, uid_t *ret_uid);

#endif
