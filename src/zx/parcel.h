/* A channel's message within the process: bytes, and handles that are in no table meanwhile. */
#ifndef ZX_PARCEL_H
#define ZX_PARCEL_H

#include "base/list.h"
#include "zx/handle.h"

struct parcel {
    struct list link;
    uint32_t len;                  /* bytes */
    uint32_t handle_count;         /* that are there; room is for as many as were asked for */
    struct loose_handle handles[]; /* the bytes follow them */
};

/* Makes a message of `len` bytes, not set yet, with room for `max_handles` and none there. NULL: no
 * memory. */
struct parcel *parcel_new(uint32_t len, uint32_t max_handles, unsigned char **ret_bytes);

/* The bytes of a message that was made with room for just the handles that are there. */
unsigned char *parcel_bytes(struct parcel *parcel);

/* Closes the handles and frees the message; NULL is fine. Handles to channels with messages with
 * handles ... are closed one after the other, however deep they lie. No lock may be held. */
void parcel_drop(struct parcel *parcel);

/* The same for a list of them, which is empty afterwards. */
void parcels_drop(struct list *parcels);

/* Has what this thread drops from now on wait in `queue`. Give what it returns to the next call,
 * which ends that, and then drop the queue. */
struct list *parcels_defer(struct list *queue);

#endif
