/* A message may hold the very end that it is to be read from, or that of a pair whose messages hold
 * this one's. Once the program has closed what led there, nothing is left that could close them.
 *
 * Starting with a pair, all pairs are reached that its messages lead to. Those that have a handle
 * elsewhere than in these messages live, and all that they lead to. The others are stranded. Those
 * that were reached stand still meanwhile, as if they moved. */
#include <assert.h>

#include "zx/endpoint.h"

/* NULL: no object with messages. */
static struct pair *pair_of(struct object *object)
{
    return object->kind->type == ZX_OBJ_TYPE_CHANNEL ? endpoint_of(object)->pair : NULL;
}

/* Calls `visit` for each handle to a channel in the messages of a pair. */
static void visit_messages(const struct pair *pair,
                           void (*visit)(struct pair *found, struct list *arg), struct list *arg)
{
    for (size_t i = 0; i < 2; i++) {
        if (pair->ends[i] == NULL) {
            continue;
        }
        list_for_each (it, &pair->ends[i]->inbox) {
            const struct parcel *parcel = container_of(it, struct parcel, link);
            for (uint32_t j = 0; j < parcel->handle_count; j++) {
                struct pair *found = pair_of(parcel->handles[j].object);
                if (found != NULL) {
                    visit(found, arg);
                }
            }
        }
    }
}

/* Whether all that can still be read from a pair is to be read here: it is local, or the other end
 * is closed wherever it was. */
static bool is_complete(const struct pair *pair)
{
    bool is_ended = pair->is_local;
    for (size_t i = 0; i < 2; i++) {
        struct endpoint *end = pair->ends[i];
        if (end != NULL && !is_ended) {
            (void)pthread_mutex_lock(&end->object.lock);
            is_ended = (end->object.signals & ZX_CHANNEL_PEER_CLOSED) != 0;
            (void)pthread_mutex_unlock(&end->object.lock);
        }
    }
    return is_ended;
}

/* One of which an end is in another process is not looked into: it lives. */
static void reach(struct pair *pair, struct list *reached)
{
    if (pair->is_reached) {
        return;
    }
    pair->is_reached = true;
    pair->is_live = false;
    pair->found = 0;
    pair_ref(pair);
    list_append(reached, &pair->reached_link);
    (void)pthread_mutex_lock(&pair->lock);
    assert(!pair->is_moving); /* nobody else can move one */
    pair->is_moving = is_complete(pair);
    (void)pthread_mutex_unlock(&pair->lock);
}

static void find(struct pair *pair, struct list *reached)
{
    reach(pair, reached);
    pair->found++;
}

static void revive(struct pair *pair, struct list *living)
{
    if (!pair->is_live) {
        pair->is_live = true;
        list_remove(&pair->reached_link);
        list_append(living, &pair->reached_link);
    }
}

static bool has_outside_handles(const struct pair *pair)
{
    unsigned handles = 0;
    for (size_t i = 0; i < 2; i++) {
        handles += pair->ends[i] == NULL ? 0 : atomic_load(&pair->ends[i]->object.handles);
    }
    return handles != pair->found;
}

/* Takes the living out of those that were reached. */
static void find_living(struct list *reached, struct list *ret_living)
{
    list_init(ret_living);
    list_for_each_safe (it, next, reached) {
        struct pair *pair = container_of(it, struct pair, reached_link);
        if (!pair->is_moving || has_outside_handles(pair)) {
            revive(pair, ret_living);
        }
    }
    list_for_each (it, ret_living) {
        const struct pair *pair = container_of(it, struct pair, reached_link);
        if (pair->is_moving) {
            visit_messages(pair, revive, ret_living);
        }
    }
}

static void take_messages(struct pair *pair, struct list *dropped)
{
    for (size_t i = 0; i < 2; i++) {
        if (pair->ends[i] != NULL) {
            list_move_all(dropped, &pair->ends[i]->inbox);
            pair->ends[i]->inbox_size = 0;
            pair->ends[i]->inbox_handles = 0;
        }
    }
}

/* Lets everybody go on. */
static void release(struct list *reached)
{
    list_for_each_safe (it, next, reached) {
        struct pair *pair = container_of(it, struct pair, reached_link);
        list_remove(it);
        pair->is_reached = false;
        (void)pthread_mutex_lock(&pair->lock);
        pair->is_moving = false;
        (void)pthread_cond_broadcast(&pair->moved);
        (void)pthread_mutex_unlock(&pair->lock);
        pair_unref(pair);
    }
}

void pair_free_stranded(struct pair *pair)
{
    struct list reached;
    struct list living;
    struct list dropped;
    list_init(&reached);
    list_init(&dropped);
    endpoint_leave_lock();
    reach(pair, &reached);
    list_for_each (it, &reached) {
        const struct pair *next = container_of(it, struct pair, reached_link);
        if (next->is_moving) {
            visit_messages(next, find, &reached);
        }
    }
    find_living(&reached, &living);
    list_for_each (it, &reached) {
        take_messages(container_of(it, struct pair, reached_link), &dropped);
    }
    release(&reached);
    release(&living);
    endpoint_leave_unlock();
    parcels_drop(&dropped);
}
