#include "zx/parcel.h"

#include <stdlib.h>

struct parcel *parcel_new(uint32_t len, uint32_t max_handles, unsigned char **ret_bytes)
{
    size_t head = sizeof(struct parcel) + max_handles * sizeof(struct loose_handle);
    struct parcel *parcel = malloc(head + len);
    if (parcel == NULL) {
        return NULL;
    }
    list_init(&parcel->link);
    parcel->len = len;
    parcel->handle_count = 0;
    *ret_bytes = (unsigned char *)parcel + head;
    return parcel;
}

unsigned char *parcel_bytes(struct parcel *parcel)
{
    return (unsigned char *)&parcel->handles[parcel->handle_count];
}

static void parcel_free(struct parcel *parcel)
{
    for (uint32_t i = 0; i < parcel->handle_count; i++) {
        loose_handle_drop(parcel->handles[i]);
    }
    free(parcel);
}

/* Closing a channel's end drops its messages, and with them further ends: those wait here until
 * the first is done, instead of deepening the stack. */
static _Thread_local struct list *dropping;

void parcels_drop(struct list *parcels)
{
    struct list queue;
    struct list *to = dropping == NULL ? &queue : dropping;
    list_init(&queue);
    list_move_all(to, parcels);
    if (dropping != NULL) {
        return;
    }
    dropping = &queue;
    while (!list_is_empty(&queue)) {
        struct parcel *parcel = container_of(queue.next, struct parcel, link);
        list_remove(&parcel->link);
        parcel_free(parcel);
    }
    dropping = NULL;
}

struct list *parcels_defer(struct list *queue)
{
    struct list *before = dropping;
    dropping = queue;
    return before;
}

void parcel_drop(struct parcel *parcel)
{
    struct list one;
    if (parcel != NULL) {
        list_init(&one);
        list_append(&one, &parcel->link);
        parcels_drop(&one);
    }
}
