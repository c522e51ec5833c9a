#include "zx/endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <zircon/syscalls.h>

#include "base/fd.h"
#include "os/socket_name.h"
#include "zx/handle.h"
#include "zx/pump.h"
#include "zx/status.h"
#include "zx/stray.h"

void endpoint_lock(struct endpoint *endpoint)
{
    struct pair *pair = endpoint->pair;
    (void)pthread_mutex_lock(&pair->lock);
    while (pair->is_moving) {
        (void)pthread_cond_wait(&pair->moved, &pair->lock);
    }
}

void endpoint_unlock(struct endpoint *endpoint)
{
    (void)pthread_mutex_unlock(&endpoint->pair->lock);
}

/* --- Pairs --- */

static struct pair *pair_new(bool is_local)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    if (pair != NULL) {
        (void)pthread_mutex_init(&pair->lock, NULL);
        (void)pthread_cond_init(&pair->moved, NULL);
        atomic_init(&pair->references, 1);
        pair->is_local = is_local;
    }
    return pair;
}

void pair_ref(struct pair *pair)
{
    (void)atomic_fetch_add(&pair->references, 1);
}

void pair_unref(struct pair *pair)
{
    if (atomic_fetch_sub(&pair->references, 1) == 1) {
        (void)pthread_cond_destroy(&pair->moved);
        (void)pthread_mutex_destroy(&pair->lock);
        free(pair);
    }
}

/* --- Objects --- */

/* The last handle has gone: the other end learns it at once, whoever still uses this one. */
static void endpoint_orphan(struct object *object)
{
    struct endpoint *endpoint = endpoint_of(object);
    struct pair *pair = endpoint->pair;
    struct list dropped;
    list_init(&dropped);
    endpoint_lock(endpoint);
    struct endpoint *other = pair->ends[1 - endpoint->side];
    bool is_stranded = pair->is_local && other != NULL && !list_is_empty(&other->inbox) &&
                       endpoint_may_be_stranded(other);
    endpoint->is_open = false;
    pair->ends[endpoint->side] = NULL;
    list_move_all(&dropped, &endpoint->inbox);
    if (pair->is_local && other != NULL) {
        if (!list_is_empty(&other->inbox)) {
            other->left_fd =
                endpoint->watch == NULL ? fd_take(&endpoint->fd) : fd_dup(endpoint->fd);
        }
        object_update_signals(&other->object, ZX_CHANNEL_WRITABLE, ZX_CHANNEL_PEER_CLOSED);
    } else if (!list_is_empty(&endpoint->outbox)) {
        endpoint->is_lingering = true; /* the pump's now */
        object_ref(object);
    }
    endpoint_unlock(endpoint);
    parcels_drop(&dropped);
    if (is_stranded) {
        pair_free_stranded(pair);
    }
}

static bool pair_is_local(struct pair *pair)
{
    (void)pthread_mutex_lock(&pair->lock); /* the other end may be about to leave */
    bool is_local = pair->is_local;
    (void)pthread_mutex_unlock(&pair->lock);
    return is_local;
}

static void endpoint_free(struct object *object)
{
    struct endpoint *endpoint = endpoint_of(object);
    list_for_each_safe (it, next, &endpoint->outbox) {
        frame_free(container_of(it, struct frame, link));
    }
    parcels_drop(&endpoint->inbox);
    pump_watch_free(endpoint->watch); /* after all that takes locks: others may wait for the pump */
    fd_close(&endpoint->left_fd);
    if (pair_is_local(endpoint->pair)) {
        fd_close(&endpoint->fd); /* nobody has ever sent anything over it */
    }
    stray_close_end(&endpoint->fd);
    pair_unref(endpoint->pair);
    free(endpoint);
}

static int *endpoint_fd(struct object *object)
{
    return &endpoint_of(object)->fd;
}

int endpoint_take_fd(struct object *object)
{
    struct endpoint *endpoint = endpoint_of(object);
    endpoint_lock(endpoint);
    bool is_sole = object_is_sole(object) && endpoint->watch == NULL;
    int fd = is_sole ? fd_take(&endpoint->fd) : fd_dup(endpoint->fd);
    if (fd >= 0 && atomic_load(&object->handles) == 1) {
        endpoint->is_open = false;
    }
    endpoint_unlock(endpoint);
    return fd;
}

/* Only the maker of a pair knows both koids from the start. An end that came from elsewhere learns
 * the other one's when the daemon has bound that to its name, which may be after it arrived here.
 */
static zx_koid_t endpoint_related_koid(struct object *object)
{
    const struct endpoint *endpoint = endpoint_of(object);
    if (endpoint->related_koid != ZX_KOID_INVALID) {
        return endpoint->related_koid;
    }
    struct socket_name name;
    return socket_name_of_peer(endpoint->fd, &name) == SOCKET_NAME_OK ? name.koid : ZX_KOID_INVALID;
}

static void endpoint_refresh(struct object *object)
{
    struct endpoint *endpoint = endpoint_of(object);
    endpoint_lock(endpoint);
    endpoint_look(endpoint);
    endpoint_unlock(endpoint);
}

/* A hang-up is reported whether it is asked for or not; once it is known, and while a message is
 * unread, there is nothing new that poll() could say without saying it for ever. */
static int endpoint_poll_fd(struct object *object, short *ret_events)
{
    struct endpoint *endpoint = endpoint_of(object);
    endpoint_lock(endpoint);
    (void)pthread_mutex_lock(&object->lock);
    zx_signals_t active = object->signals;
    (void)pthread_mutex_unlock(&object->lock);
    bool is_done = endpoint->pair->is_local || (active & ZX_CHANNEL_PEER_CLOSED) != 0;
    bool is_ready = (active & ZX_CHANNEL_READABLE) != 0 && list_is_empty(&endpoint->calls);
    *ret_events = endpoint_is_full(endpoint) || is_ready ? 0 : POLLIN;
    int fd = is_done ? -1 : endpoint->fd;
    endpoint_unlock(endpoint);
    return fd;
}

static zx_status_t endpoint_watch_object(struct object *object)
{
    struct endpoint *endpoint = endpoint_of(object);
    endpoint_lock(endpoint);
    zx_status_t status = endpoint->pair->is_local ? ZX_OK : endpoint_watch(endpoint);
    endpoint->is_observed = true;
    endpoint_unlock(endpoint);
    return status;
}

static const struct object_kind eventpair_kind = {
    .type = ZX_OBJ_TYPE_EVENTPAIR,
    .default_rights = ZX_DEFAULT_EVENTPAIR_RIGHTS,
    .settable = ZX_USER_SIGNAL_ALL | ZX_EVENTPAIR_SIGNALED,
    .free = endpoint_free,
    .orphan = endpoint_orphan,
    .fd = endpoint_fd,
    .refresh = endpoint_refresh,
    .poll_fd = endpoint_poll_fd,
    .watch = endpoint_watch_object,
    .signal_peer = endpoint_signal_peer,
    .related_koid = endpoint_related_koid,
};

static const struct object_kind channel_kind = {
    .type = ZX_OBJ_TYPE_CHANNEL,
    .default_rights = ZX_DEFAULT_CHANNEL_RIGHTS,
    .settable = ZX_USER_SIGNAL_ALL,
    .free = endpoint_free,
    .orphan = endpoint_orphan,
    .fd = endpoint_fd,
    .refresh = endpoint_refresh,
    .poll_fd = endpoint_poll_fd,
    .watch = endpoint_watch_object,
    .signal_peer = endpoint_signal_peer,
    .related_koid = endpoint_related_koid,
};

/* Takes the descriptor on success. */
static struct endpoint *endpoint_new(const struct object_kind *kind, struct pair *pair,
                                     unsigned side, int fd, const struct form *form)
{
    struct endpoint *endpoint = calloc(1, sizeof(*endpoint));
    if (endpoint == NULL) {
        return NULL;
    }
    zx_signals_t first = kind == &channel_kind ? ZX_CHANNEL_WRITABLE : ZX_SIGNAL_NONE;
    object_init(&endpoint->object, kind, form->koid, first | (form->signals & kind->settable));
    endpoint->fd = fd;
    endpoint->left_fd = -1;
    endpoint->is_open = true;
    endpoint->related_koid = form->related_koid;
    list_init(&endpoint->inbox);
    list_init(&endpoint->calls);
    list_init(&endpoint->outbox);
    endpoint->side = side;
    endpoint->pair = pair;
    pair->ends[side] = endpoint;
    pair_ref(pair);
    return endpoint;
}

zx_status_t endpoint_from_fd(int fd, const struct form *form, struct object **ret_object)
{
    struct form full = *form;
    if (!socket_is_channel_end(fd)) {
        return ZX_ERR_WRONG_TYPE;
    }
    if (full.koid == ZX_KOID_INVALID && socket_koid(fd, &full.koid) < 0) {
        return ZX_ERR_WRONG_TYPE;
    }
    const struct object_kind *kind =
        form->type == ZX_OBJ_TYPE_CHANNEL ? &channel_kind : &eventpair_kind;
    struct pair *pair = pair_new(false);
    struct endpoint *endpoint = pair == NULL ? NULL : endpoint_new(kind, pair, 0, fd, &full);
    if (pair != NULL) {
        pair_unref(pair);
    }
    if (endpoint == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    *ret_object = &endpoint->object;
    return ZX_OK;
}

/* Both ends, for the sockets of a pair, which they own on success. */
static bool ends_new(const struct object_kind *kind, const int fds[2], struct object *ret_ends[2])
{
    struct pair *pair = pair_new(true);
    struct endpoint *ends[2] = {NULL, NULL};
    zx_koid_t koids[2];
    if (pair == NULL) {
        return false;
    }
    if (socket_koid(fds[0], &koids[0]) == 0 && socket_koid(fds[1], &koids[1]) == 0) {
        for (unsigned i = 0; i < 2; i++) {
            const struct form form = {.koid = koids[i], .related_koid = koids[1 - i]};
            ends[i] = endpoint_new(kind, pair, i, fds[i], &form);
        }
    }
    bool is_complete = ends[0] != NULL && ends[1] != NULL;
    for (int i = 0; i < 2; i++) {
        if (is_complete) {
            ret_ends[i] = &ends[i]->object;
        } else if (ends[i] != NULL) {
            ends[i]->fd = -1; /* the caller's still */
            object_unref(&ends[i]->object);
        }
    }
    pair_unref(pair);
    return is_complete;
}

static zx_status_t pair_create(const struct object_kind *kind, zx_handle_t *ret_handle0,
                               zx_handle_t *ret_handle1)
{
    int fds[2];
    struct object *ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
        return status_from_errno(errno);
    }
    if (!ends_new(kind, fds, ends)) {
        fd_close(&fds[0]);
        fd_close(&fds[1]);
        return ZX_ERR_NO_MEMORY;
    }
    return handle_new_pair(ends, kind->default_rights, ret_handle0, ret_handle1);
}

zx_status_t zx_eventpair_create(uint32_t options, zx_handle_t *out0, zx_handle_t *out1)
{
    if (options != 0) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    if (out0 == NULL || out1 == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    return pair_create(&eventpair_kind, out0, out1);
}

zx_status_t zx_channel_create(uint32_t options, zx_handle_t *out0, zx_handle_t *out1)
{
    if (options != 0 || out0 == NULL || out1 == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    return pair_create(&channel_kind, out0, out1);
}
