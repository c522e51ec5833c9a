/* How an end leaves the process: what is queued for it goes into its socket first, so that it is
 * read where it arrives. */
#include <pthread.h>

#include "base/fd.h"
#include "zx/endpoint.h"

/* Of a message in a message in ...; the kernel has a limit for descriptors, too. */
#define MAX_DEPTH 4

/* What a socket takes at once for certain, with the send buffer that it is made with. */
#define ROOM_FRAMES 64
#define ROOM_BYTES  ((size_t)64 * 1024)

/* One thread at a time moves ends; it may meet others in their messages. Above all pairs' locks. */
static pthread_mutex_t leaving = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static unsigned depth;

void endpoint_leave_lock(void)
{
    (void)pthread_mutex_lock(&leaving);
}

void endpoint_leave_unlock(void)
{
    (void)pthread_mutex_unlock(&leaving);
}

static zx_status_t inbox_can_leave(struct endpoint *endpoint)
{
    zx_status_t status = ZX_OK;
    list_for_each (it, &endpoint->inbox) {
        status = parcel_can_leave(container_of(it, struct parcel, link));
        if (status != ZX_OK) {
            break;
        }
    }
    return status;
}

static bool has_room(const struct endpoint *endpoint)
{
    size_t count = 0;
    list_for_each (it, &endpoint->inbox) {
        const struct parcel *parcel = container_of(it, struct parcel, link);
        count += 1 + parcel->handle_count;
    }
    return count <= ROOM_FRAMES && endpoint->inbox_size <= ROOM_BYTES;
}

/* Under the pair's lock. */
static zx_status_t check(struct endpoint *endpoint)
{
    struct pair *pair = endpoint->pair;
    if (list_is_empty(&endpoint->inbox)) {
        return ZX_OK;
    }
    bool has_way = pair->ends[1 - endpoint->side] != NULL || has_room(endpoint);
    return pair->is_local && has_way ? inbox_can_leave(endpoint) : ZX_ERR_BAD_STATE;
}

zx_status_t endpoint_can_leave(struct endpoint *endpoint)
{
    struct pair *pair = endpoint->pair;
    zx_status_t status = ZX_ERR_NOT_SUPPORTED;
    endpoint_leave_lock();
    if (depth < MAX_DEPTH && !pair->is_visited) {
        depth++;
        pair->is_visited = true;
        (void)pthread_mutex_lock(&pair->lock);
        status = check(endpoint);
        (void)pthread_mutex_unlock(&pair->lock);
        pair->is_visited = false;
        depth--;
    }
    endpoint_leave_unlock();
    return status;
}

/* Sends messages to an end, through the other one or what that left behind. */
static zx_status_t send_all(struct list *parcels, struct endpoint *to, struct endpoint *from)
{
    zx_status_t first = ZX_OK;
    while (!list_is_empty(parcels)) {
        struct parcel *parcel = container_of(parcels->next, struct parcel, link);
        struct frame *frame;
        list_remove(&parcel->link);
        zx_status_t status = frame_from_parcel(parcel, &frame);
        if (status == ZX_OK) {
            (void)pthread_mutex_lock(&to->pair->lock);
            if (from != NULL) {
                status = endpoint_send_frame(from, frame);
            } else {
                status = frame_send(to->left_fd, frame) == 0 ? ZX_OK : ZX_ERR_NO_RESOURCES;
                frame_free(frame);
            }
            (void)pthread_mutex_unlock(&to->pair->lock);
        }
        first = first != ZX_OK ? first : status;
    }
    return first;
}

/* An end with messages that stayed may be among these itself: somebody must hear when nobody else
 * is left. */
static void settle(struct endpoint *endpoint)
{
    if (!list_is_empty(&endpoint->inbox)) {
        (void)endpoint_watch(endpoint);
    }
    endpoint_look(endpoint);
    object_stir(&endpoint->object);
}

/* With the pair marked as moving. */
static zx_status_t move_queues(struct endpoint *endpoint, struct endpoint *other,
                               struct list *queue, struct list *others_queue)
{
    struct pair *pair = endpoint->pair;
    zx_status_t status = send_all(queue, endpoint, other);
    if (other != NULL) {
        zx_status_t back = send_all(others_queue, other, endpoint);
        status = status != ZX_OK ? status : back;
    }
    (void)pthread_mutex_lock(&pair->lock);
    pair->is_moving = false;
    fd_close(&endpoint->left_fd); /* now the kernel can tell that the other end is closed */
    settle(endpoint);
    if (other != NULL) {
        settle(other);
    }
    (void)pthread_cond_broadcast(&pair->moved);
    (void)pthread_mutex_unlock(&pair->lock);
    return status;
}

static void take_queue(struct endpoint *endpoint, struct list *ret_queue)
{
    list_init(ret_queue);
    list_move_all(ret_queue, &endpoint->inbox);
    endpoint->inbox_size = 0;
    endpoint->inbox_handles = 0;
}

/* Ports' observers are served in memory until then, and by the pump from then on. */
static zx_status_t watch_observed(struct endpoint *endpoint)
{
    return endpoint != NULL && endpoint->is_observed ? endpoint_watch(endpoint) : ZX_OK;
}

/* Under the pair's lock: takes what is to move, and has everybody else wait. */
static zx_status_t begin_move(struct endpoint *endpoint, struct endpoint *other,
                              struct list *ret_queue, struct list *ret_others_queue)
{
    struct pair *pair = endpoint->pair;
    zx_status_t status = check(endpoint);
    if (status == ZX_OK) {
        status = watch_observed(endpoint);
    }
    if (status == ZX_OK) {
        status = watch_observed(other);
    }
    if (status != ZX_OK) {
        return status;
    }
    take_queue(endpoint, ret_queue);
    list_init(ret_others_queue);
    if (other != NULL) {
        object_ref(&other->object);
        /* Else they stay: whoever has that end reads them here, before those that come. */
        if (has_room(other) && inbox_can_leave(other) == ZX_OK) {
            take_queue(other, ret_others_queue);
        }
    }
    pair->is_local = false;
    pair->is_moving = true;
    return ZX_OK;
}

static zx_status_t expose(struct endpoint *endpoint)
{
    struct pair *pair = endpoint->pair;
    struct list queue;
    struct list others_queue;
    (void)pthread_mutex_lock(&pair->lock);
    if (!pair->is_local) {
        (void)pthread_mutex_unlock(&pair->lock);
        return ZX_OK;
    }
    struct endpoint *other = pair->ends[1 - endpoint->side];
    zx_status_t status = begin_move(endpoint, other, &queue, &others_queue);
    (void)pthread_mutex_unlock(&pair->lock);
    if (status == ZX_OK) {
        status = move_queues(endpoint, other, &queue, &others_queue);
        if (other != NULL) {
            object_unref(&other->object);
        }
    }
    return status;
}

zx_status_t endpoint_expose(struct endpoint *endpoint)
{
    struct pair *pair = endpoint->pair;
    struct list dropped;
    zx_status_t status = ZX_ERR_NOT_SUPPORTED;
    list_init(&dropped);
    endpoint_leave_lock();
    if (depth < MAX_DEPTH && !pair->is_visited) {
        depth++;
        pair->is_visited = true;
        /* What closes meanwhile may be the very ends that move. */
        struct list *before = parcels_defer(&dropped);
        status = expose(endpoint);
        (void)parcels_defer(before);
        pair->is_visited = false;
        depth--;
    }
    endpoint_leave_unlock();
    parcels_drop(&dropped);
    return status;
}
